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
    /// The most bytes of an answer's body, after decompression.
    let maximumBody: Int
    /// The most bytes of an answer's header fields and trailers.
    let maximumHeader: Int
    /// The most bytes of one event of a streamed reply.
    let maximumEvent: Int
    /// The most events of a streamed reply.
    let maximumEvents: Int
    /// The most redirects that are followed, to the same server only.
    let maximumRedirects: Int

    /// The options that are read here.
    static let options: [OptionDeclaration] = [
        .integer(
            "concurrency", default: 16, in: 1...1000,
            "maximum number of concurrent requests; a busy server (429, 503) halves it for a while"),
        .number(
            "requests_per_minute", default: nil, in: 0.01...1e9,
            "request limit per minute; else as the server's x-ratelimit headers allow"),
        .number(
            "tokens_per_minute", default: nil, in: 1...1e12, unit: "tokens",
            "token limit per minute, questions and replies together; else as the headers allow"),
        .integer(
            "retries", default: 5, in: 0...100,
            "how often a request is sent again after a passing fault; 0 sends each once"),
        .number("timeout", default: 600, in: 0.001...86_400, "the longest time for one request, in seconds"),
        .number(
            "connect_timeout", default: 10, in: 0.001...86_400,
            "connection timeout, in seconds"),
        .number(
            "first_byte_timeout", default: nil, in: 0.001...86_400,
            "the longest time until an answer begins, in seconds; else timeout"),
        .number(
            "max_body_mb", default: 64, in: 0.001...4096, unit: "MB",
            "the largest answer that is read; a larger one fails its row"),
        .number(
            "max_header_kb", default: 256, in: 1...65_536, unit: "kB",
            "the most header fields and trailers of an answer that are read (libcurl takes 100 kB in one field)"
        ),
        .number(
            "max_event_mb", default: 8, in: 0.001...4096, unit: "MB",
            "the longest event of a streamed reply that is read"),
        .integer(
            "max_events", default: 1_000_000, in: 1...Int(1e12),
            "maximum number of events in a streamed reply"),
        .integer(
            "max_redirects", default: 0, in: 0...20,
            "maximum number of redirects, only on the same server; a key is never sent to another"),
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
        maximumBody = Int(clamped: try options.double("max_body_mb") * 1_048_576)
        maximumHeader = Int(clamped: try options.double("max_header_kb") * 1024)
        maximumEvent = Int(clamped: try options.double("max_event_mb") * 1_048_576)
        maximumEvents = try options.int("max_events")
        maximumRedirects = try options.int("max_redirects")
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
