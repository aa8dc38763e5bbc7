import LyceumKit

/// How much a teacher asks at once, how fast, and how long it waits: what the options say.
///
/// What the server says in its headers narrows these further; see `RequestPacer`.
struct RequestLimits: Sendable, Equatable {
    /// The most requests on their way at once.
    let concurrency: Int
    /// The most requests sent in a minute; nil leaves it to the server.
    let requestsPerMinute: Double?
    /// The most tokens of questions and replies in a minute; nil leaves it to the server.
    let tokensPerMinute: Double?
    /// How often a request is sent again.
    let retries: Int
    /// The longest time for one request from start to last byte, in seconds.
    let timeout: Double
    /// The longest time until the connection stands, in seconds.
    let connectTimeout: Double
    /// The longest time until an answer begins, in seconds; nil is `timeout`.
    let firstByteTimeout: Double?

    /// The options that are read here.
    static let options: [OptionDeclaration] = [
        .integer(
            "concurrency", default: 16, in: 1...1000,
            "the most requests at once; a busy server (429, 503) halves it for a while"),
        .number(
            "requests_per_minute", default: nil, in: 0.01...1e9,
            "the most requests in a minute; else as the server's x-ratelimit headers allow"),
        .number(
            "tokens_per_minute", default: nil, in: 1...1e12, unit: "tokens",
            "the most tokens in a minute, questions and replies together; else as the headers allow"),
        .integer(
            "retries", default: 5, in: 0...100,
            "how often a request is sent again after a passing fault; 0 sends each once"),
        .number("timeout", default: 600, in: 0.001...86_400, "the longest time for one request, in seconds"),
        .number(
            "connect_timeout", default: 10, in: 0.001...86_400,
            "the longest time until the connection stands, in seconds"),
        .number(
            "first_byte_timeout", default: nil, in: 0.001...86_400,
            "the longest time until an answer begins, in seconds; else timeout"),
    ]

    /// Reads options that were checked against `options`.
    init(_ options: Options) throws {
        concurrency = try options.int("concurrency")
        requestsPerMinute = options.optionalDouble("requests_per_minute")
        tokensPerMinute = options.optionalDouble("tokens_per_minute")
        retries = try options.int("retries")
        timeout = try options.double("timeout")
        connectTimeout = min(try options.double("connect_timeout"), timeout)
        firstByteTimeout = options.optionalDouble("first_byte_timeout")
    }

    /// As rows of a teacher's card.
    var card: [(name: String, value: String)] {
        var rows = [("concurrency", String(concurrency))]
        if let requestsPerMinute {
            rows.append(("limit", "\(Value.number(requestsPerMinute).text) requests a minute"))
        }
        if let tokensPerMinute {
            rows.append(("limit", "\(Value.number(tokensPerMinute).text) tokens a minute"))
        }
        return rows
    }
}
