import LyceumKit

/// A request to a teacher as it is sent: everything that decides what comes back, and nothing that is secret.
///
/// Two requests with the same `key` are the same question: an answer to one answers the other.
public struct ReplyRequest: Sendable, Hashable {
    /// The kind of teacher ("openai").
    public let kind: String
    /// The server's base URL without credentials, query and trailing slash; empty for an embedded teacher.
    public let server: String
    /// The model that is asked for.
    public let model: String
    /// The chat.
    public let messages: [ChatMessage]
    /// Everything else in the request's body (`temperature`, `max_tokens`, `seed`, …).
    public let parameters: [String: Value]
    /// Which of several samples of the same question this is, counted from 0.
    public let sample: Int

    /// Describes a request.
    ///
    /// Left out of it, because who asks does not change what is answered and a secret must not be stored: user
    /// name, password and query of `server`, and parameters that carry a key or headers (`api_key`,
    /// `authorization`, `headers`, …). So are parameters that are `null`: they are not sent.
    public init(
        kind: String, server: String = "", model: String, messages: [ChatMessage],
        parameters: [String: Value] = [:], sample: Int = 0
    ) {
        self.kind = kind
        self.server = Self.withoutCredentials(server)
        self.model = model
        self.messages = messages
        self.parameters = parameters.filter { name, value in
            !value.isNull && !Self.secretParameters.contains(name.lowercased())
        }
        self.sample = sample
    }

    /// The key under which the reply is kept.
    public var key: ReplyKey {
        let canonical: Value = .object([
            "kind": .string(kind), "server": .string(server), "model": .string(model),
            "messages": messagesValue, "parameters": Self.canonical(.object(parameters)),
            "sample": .integer(sample),
        ])
        return ReplyKey(digest: ContentDigest.hexadecimal(SHA256.hash(JSON.encode(canonical))))
    }

    /// The bytes of the chat as it is stored, which `TokenRates` relates tokens to.
    public var messageBytes: Int { JSON.encode(messagesValue).utf8.count }

    /// The chat as the API spells it: `[{"content":…,"role":…}]`.
    var messagesValue: Value {
        .list(messages.map { ["role": .string($0.role.rawValue), "content": .string($0.content)] })
    }

    /// The chat of such a list.
    static func messages(of value: Value) -> [ChatMessage] {
        (value.list ?? []).compactMap { message in
            message.object?["role"]?.string.flatMap(ChatMessage.Role.init).map {
                ChatMessage($0, message.object?["content"]?.string ?? "")
            }
        }
    }

    /// A value in which equal numbers look equal: 1.0 is 1.
    private static func canonical(_ value: Value) -> Value {
        switch value {
        case .number: return value.integer.map(Value.integer) ?? value
        case .list(let elements): return .list(elements.map(canonical))
        case .object(let fields): return .object(fields.mapValues(canonical))
        default: return value
        }
    }

    private static let secretParameters: Set<String> = [
        "api_key", "api-key", "apikey", "x-api-key", "authorization", "headers", "extra_headers",
        "extra_query",
    ]

    private static func withoutCredentials(_ address: String) -> String {
        var rest = address.prefix { $0 != "?" && $0 != "#" }
        while rest.hasSuffix("/") { rest.removeLast() }
        guard let scheme = rest.firstRange(of: "://") else { return String(rest) }
        let afterScheme = rest[scheme.upperBound...]
        let authority = afterScheme.prefix { $0 != "/" }
        let host = authority.lastIndex(of: "@").map { authority[authority.index(after: $0)...] } ?? authority
        return rest[..<scheme.lowerBound].lowercased() + "://" + host.lowercased()
            + afterScheme[authority.endIndex...]
    }
}

/// The SHA-256 of a request: the name under which its reply is kept.
public struct ReplyKey: Sendable, Hashable {
    /// 64 hexadecimal digits.
    public let digest: String
}
