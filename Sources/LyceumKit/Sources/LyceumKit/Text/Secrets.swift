import Synchronization

/// What is secret: the one rule for everything that is stored or shown (the lab, reports, cards, `lyceum doctor`,
/// errors, the history).
///
/// Secret are values under names such as `api_key`, `token`, `password` or `authorization`; the user, the path and
/// the query of an address; and every key that this process uses, wherever a server repeats it.
public enum Secrets {
    /// What stands in place of a secret.
    public static let mark = "[secret]"

    private static let used = Mutex<Set<String>>([])
    private static let words: Set<String> = [
        "key", "apikey", "secret", "secrets", "token", "password", "passwd", "passphrase", "pwd",
        "authorization",
        "auth", "bearer", "credential", "credentials", "cookie", "signature", "sig", "sas", "jwt",
    ]
    /// Tokens of vocabularies, which are not secrets: `pad_token`, `stop_token`.
    private static let ordinary: Set<String> = [
        "bos", "eos", "pad", "unk", "mask", "sep", "cls", "stop", "start", "end", "special", "image",
        "decoder",
        "forced", "begin", "additional", "max", "min", "per", "id", "id2", "next", "last", "first", "every",
    ]
    /// Parts of paths that every server of an API has; any other may be a key.
    private static let plainPath: Set<String> = [
        "v1", "v1beta", "v2", "v3", "v4", "beta", "api", "openai", "chat", "completions", "messages",
        "inference",
        "serverless", "compatible-mode", "paas", "generate", "batches", "files", "models", "deployments",
    ]

    /// Remembers a key that is used, so that it is never shown. Short ones are placeholders of local servers ("x")
    /// and would take ordinary letters with them.
    public static func remember(_ value: String) {
        if value.utf8.count >= 5 { used.withLock { _ = $0.insert(value) } }
    }

    /// Whether a field of that name holds a secret: `api_key`, `X-Auth-Token`, `clientSecret`, but not `max_tokens`.
    public static func isSecret(name: String) -> Bool {
        var parts: [String] = []
        var word = ""
        var previousIsLower = false
        for character in name {
            let isLetter = character.isLetter || character.isNumber
            if !isLetter || (character.isUppercase && previousIsLower) {
                if !word.isEmpty { parts.append(word) }
                word = ""
            }
            if isLetter { word += character.lowercased() }
            previousIsLower = character.isLowercase
        }
        if !word.isEmpty { parts.append(word) }
        guard parts.contains(where: words.contains) else {
            // All in one word: "xapikey", "accesstoken".
            let whole = parts.joined()
            return ["apikey", "accesstoken", "authtoken", "secretkey"].contains { whole.contains($0) }
        }
        let secret = parts.filter(words.contains)
        return secret != ["token"] || !parts.contains(where: ordinary.contains)
    }

    /// A value without the secrets inside: texts, and everything in lists and tables, under a secret name become
    /// `[secret]`. Numbers and Booleans are never keys.
    ///
    /// - Parameters:
    ///   - value: what may hold secrets.
    ///   - tellsApart: whether different addresses stay different, by a hash of what is hidden.
    public static func redacted(_ value: Value, tellsApart: Bool = false) -> Value {
        switch value {
        case .string(let text): return .string(redacted(text, tellsApart: tellsApart))
        case .list(let elements): return .list(elements.map { redacted($0, tellsApart: tellsApart) })
        case .object(let fields): return .object(redacted(fields.values, tellsApart: tellsApart))
        default: return value
        }
    }

    /// The fields without the secrets inside.
    public static func redacted(_ fields: [String: Value], tellsApart: Bool = false) -> [String: Value] {
        var result = fields
        for (name, value) in fields {
            result[name] = isSecret(name: name) ? hidden(value) : redacted(value, tellsApart: tellsApart)
        }
        return result
    }

    private static func hidden(_ value: Value) -> Value {
        switch value {
        case .null, .bool, .integer, .number: return value
        default: return .string(mark)
        }
    }

    /// A text without any key that is in use.
    public static func withoutUsedKeys(_ text: String) -> String {
        let keys = used.withLock { $0 }
        if keys.isEmpty { return text }
        var result = text
        // The longest first: one key may begin with another.
        for key in keys.sorted(by: { $0.utf8.count > $1.utf8.count })
        where result.utf8.count >= key.utf8.count && result.contains(key) {
            result = result.replacing(key, with: "[key]")
        }
        return result
    }

    /// A text as it may be shown or stored: without keys in use, without what looks like an API key ("sk-…",
    /// "Bearer …"), and with addresses that show no more than the server.
    public static func redacted(_ text: String, tellsApart: Bool = false) -> String {
        var result = withoutUsedKeys(text)
        if result.contains("sk-") {
            result = result.replacing(/sk-[A-Za-z0-9_\-]{8,}/, with: "[key]")
        }
        if result.contains("://") {
            result = result.replacing(/[A-Za-z][A-Za-z0-9+.\-]{0,20}:\/\/[^\s"'<>\\]+/) {
                address(String($0.output), tellsApart: tellsApart)
            }
        }
        return result
    }

    /// Lua or JSON as it may be kept: texts that are given to a secret name (`api_key = "…"`, `["token"] = '…'`) become
    /// `[secret]`, and the rest is `redacted`.
    public static func redacted(code: String) -> String {
        var result = code
        if code.contains("=") || code.contains(":") {
            let pattern =
                /([A-Za-z_][A-Za-z0-9_\-]*)(["']?\]?\s*[=:]\s*)("(?:[^"\\\n]|\\.)*"|'(?:[^'\\\n]|\\.)*'|\[\[.*?\]\])/
            result = code.replacing(pattern) { match in
                isSecret(name: String(match.1)) ? "\(match.1)\(match.2)\"\(mark)\"" : String(match.0)
            }
        }
        return redacted(result)
    }

    /// An address without user, password and query, and with `[path]` for a path that may hold a key.
    ///
    /// - Parameters:
    ///   - text: the address.
    ///   - tellsApart: whether `[path]` comes with a hash of what it hides, so that different addresses stay different.
    public static func address(_ text: String, tellsApart: Bool = false) -> String {
        guard let scheme = text.firstRange(of: "://") else { return text }
        let rest = text[scheme.upperBound...]
        let authority = rest.prefix { !"/?#".contains($0) }
        let host = authority.lastIndex(of: "@").map { authority[authority.index(after: $0)...] } ?? authority
        let hidden = rest[authority.endIndex...]
        let path = hidden.prefix { $0 != "?" && $0 != "#" }
        let start = String(text[..<scheme.upperBound]) + host
        let isWhole = hidden.endIndex == path.endIndex
        if isPlain(path: path), isWhole || !tellsApart { return start + path }
        if path.wholeMatch(of: /\/\[path(-[0-9a-f]{16})?\]/) != nil { return start + path }
        return start + (tellsApart ? "/[path-\(FNV1a.hash(hidden.utf8).hexadecimal)]" : "/[path]")
    }

    /// Whether the path of an address may be shown as it is.
    public static func isPlain(path: some StringProtocol) -> Bool {
        path.split(separator: "/").allSatisfy { plainPath.contains($0.lowercased()) }
    }
}
