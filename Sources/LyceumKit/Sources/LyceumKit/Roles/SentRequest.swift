/// A request to a teacher as it is sent: everything that decides what comes back, and nothing that is secret.
///
/// A reply is kept under it: an answer to one of two equal requests answers the other.
public struct SentRequest: Sendable, Hashable {
    /// The kind of teacher ("openai").
    public let kind: String
    /// The server's base URL without credentials, query and trailing slash; empty for a teacher without one.
    public let server: String
    /// The model that is asked for.
    public let model: String
    /// The chat as it is sent, the teacher's own system message included.
    public let messages: [ChatMessage]
    /// Everything else that is sent (`temperature`, `max_tokens`, `seed`, …).
    public let parameters: [String: Value]
    /// Which of several samples of the same question this is, counted from 0.
    public let sample: Int

    /// Describes a request.
    ///
    /// Left out of it, because who asks does not change what is answered and a secret must not be stored: user
    /// name, password and query of `server`, and parameters that carry a key or headers (`api_key`,
    /// `authorization`, `headers`, …); what is secret deeper inside is marked as such. So are parameters that are `null`: they are not sent.
    public init(
        kind: String = "", server: String = "", model: String, messages: [ChatMessage],
        parameters: [String: Value] = [:], sample: Int = 0
    ) {
        self.kind = kind
        self.server = Self.withoutCredentials(server)
        self.model = model
        self.messages = messages
        self.parameters = Secrets.redacted(
            parameters.filter { name, value in
                !value.isNull && !Self.secretParameters.contains(name.lowercased())
                    && !(Secrets.isSecret(name: name) && value.number == nil && value.bool == nil)
            }, tellsApart: true)
        self.sample = sample
    }

    /// The same request, as this sample of a question to this kind of teacher.
    ///
    /// - Parameters:
    ///   - kind: of the teacher: "openai".
    ///   - sample: which of several answers to the same question.
    ///   - more: what else decides the answer, as the build of the plugin that gives it.
    public func of(kind: String, sample: Int, adding more: [String: Value] = [:]) -> SentRequest {
        SentRequest(
            kind: kind, server: server, model: model, messages: messages,
            parameters: parameters.merging(more) { own, _ in own }, sample: sample)
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
        let start = rest[..<scheme.lowerBound].lowercased() + "://" + host.lowercased()
        // A path may hold a key, too; its hash tells it from others.
        return Secrets.address(start + afterScheme[authority.endIndex...], tellsApart: true)
    }
}
