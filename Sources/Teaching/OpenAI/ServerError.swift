import LyceumKit

/// The error that a server's body describes.
///
/// What a server says of passing trouble counts wherever it says it: in the status, the headers or the body, where
/// types, codes and words of OpenAI, Anthropic, Google, OpenRouter, Hugging Face and llama.cpp are known.
struct ServerError {
    /// What is to be done about it, as far as the body says.
    enum Kind {
        /// It passes: the same request may be answered later.
        case passing
        /// The request itself is wrong, or not allowed.
        case lasting
        /// The body does not say.
        case unknown
    }

    /// Its text, fit to be shown.
    let message: String
    /// Whether it says that the account has no money left, which no waiting heals.
    let isOutOfFunds: Bool
    let kind: Kind
    /// Whether it says that the server has too much to do, or this client has asked too much.
    let isBusy: Bool
    /// The wait that it asks for, in seconds.
    let after: Double?
    /// Whether the body is an error as APIs write it, and no page of something else.
    let isFromAPI: Bool

    init(_ body: [UInt8], settings: OpenAISettings) {
        self.init(ServerJSON.read(body), body, settings: settings)
    }

    init(_ document: Value?, _ body: [UInt8] = [], settings: OpenAISettings) {
        // Google's compatible API puts the error into a list.
        let whole = (document?.list?.first ?? document)?.object
        let inner = whole?["error"]?.object ?? whole?["errors"]?.list?.first?.object
        let error = inner?["error"]?.object ?? inner
        // OpenAI and most others; Ollama and older servers; FastAPI; some proxies.
        let text =
            error?["message"]?.string ?? whole?["error"]?.string ?? whole?["detail"]?.string
            ?? whole?["message"]?.string ?? error?["code"]?.string
        isFromAPI = whole != nil && (text != nil || error != nil)
        var marks: [String] = []
        var codes: [Int] = []
        for fields in [error, whole].compactMap(\.self) {
            for name in ["code", "type", "status", "reason", "status_code", "name"] {
                if let mark = fields[name]?.string { marks.append(mark.lowercased()) }
                if let code = fields[name]?.integer ?? fields[name]?.string.flatMap(Int.init) {
                    codes.append(code)
                }
            }
        }
        let said = (text ?? "").lowercased()
        let broke = [
            "insufficient_quota", "billing_hard_limit_reached", "billing_not_active", "insufficient_funds",
        ]
        // Anthropic has only words for it.
        isOutOfFunds =
            marks.contains { mark in broke.contains { mark.contains($0) } }
            || said.contains("credit balance is too low") || codes.contains(402)
        isBusy =
            marks.contains { mark in Self.busy.contains { mark.contains($0) } }
            || Self.busyWords.contains { said.contains($0) }
            || codes.contains { [429, 503, 529].contains($0) }
        let isLasting = marks.contains { mark in Self.lasting.contains { mark.contains($0) } }
        let isPassing =
            isBusy || marks.contains { mark in Self.passing.contains { mark.contains($0) } }
            || codes.contains { [408, 409, 425, 429].contains($0) || (500..<600).contains($0) }
            || Self.passingWords.contains { said.contains($0) }
        kind = isLasting && !isBusy ? .lasting : isPassing ? .passing : isLasting ? .lasting : .unknown
        after = whole.flatMap { Self.wait(in: .object($0), depth: 0) } ?? Self.wait(in: said)
        if let text {
            message = settings.shown(text)
        } else {
            let excerpt = settings.shown(String(decoding: body.prefix(400), as: UTF8.self), limit: 120)
            message = excerpt.isEmpty ? "no explanation" : excerpt
        }
    }

    private static let busy = [
        "overloaded", "rate_limit", "ratelimit", "rate limit", "too_many_requests", "toomanyrequests",
        "resource_exhausted", "resourceexhausted", "throttl", "unavailable", "capacity", "busy",
    ]
    private static let busyWords = [
        "overloaded", "rate limit", "too many requests", "at capacity", "server is busy",
        "service unavailable",
    ]
    private static let passing = [
        "server_error", "servererror", "internal", "timeout", "timed_out", "try_again", "temporar", "loading",
        "deadline_exceeded", "bad_gateway", "gateway", "upstream", "api_error", "aborted",
    ]
    private static let passingWords = [
        "try again", "temporarily", "is loading", "currently loading", "loading model", "timed out",
        "timeout",
        "retry your request", "internal server error", "bad gateway",
    ]
    private static let lasting = [
        "invalid_request", "invalid_argument", "authentication", "permission", "not_found", "context_length",
        "content_policy", "content_filter", "unsupported", "invalid_api_key", "unauthenticated", "badrequest",
        "bad_request",
    ]
    private static let waitFields: Set<String> = [
        "retryafter", "retryafterms", "retryafterseconds", "retrydelay", "estimatedtime", "retryafters",
    ]

    /// The wait that a field somewhere in the body names.
    private static func wait(in value: Value, depth: Int) -> Double? {
        guard depth < 6 else { return nil }
        if let list = value.list {
            return list.prefix(50).lazy.compactMap { wait(in: $0, depth: depth + 1) }.first
        }
        guard let fields = value.object, fields.count < 100 else { return nil }
        for (name, field) in fields {
            let plain = name.lowercased().filter(\.isLetter)
            guard waitFields.contains(plain) else { continue }
            let number = field.number ?? field.string.flatMap { ResetTime.seconds($0) }
            if let number, number.isFinite, number > 0 {
                return plain == "retryafterms" ? number / 1000 : number
            }
        }
        return fields.values.lazy.compactMap { wait(in: $0, depth: depth + 1) }.first
    }

    /// The wait that the words of a message name: "Please try again in 20s", "retry after 5 seconds".
    private static func wait(in message: String) -> Double? {
        guard message.contains("again") || message.contains("retry") || message.contains("wait") else {
            return nil
        }
        let pattern = /(?:in|after|for) ([0-9][0-9hmsµu.]*) ?(milliseconds?|seconds?|minutes?|ms|sec|min)?/
        guard let match = message.prefix(2000).firstMatch(of: pattern) else { return nil }
        var number = String(match.1)
        while number.hasSuffix(".") { number.removeLast() }
        let factor: Double
        switch match.2.map(String.init) {
        case "ms"?, "millisecond"?, "milliseconds"?: factor = 0.001
        case "minute"?, "minutes"?, "min"?: factor = 60
        default: factor = 1
        }
        return ResetTime.seconds(number).map { $0 * factor }.flatMap { $0 > 0 ? $0 : nil }
    }
}
