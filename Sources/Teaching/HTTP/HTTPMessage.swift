/// One HTTP request.
struct HTTPRequest: Sendable {
    /// What is wanted.
    enum Method: Sendable {
        case get
        case post
    }

    let method: Method
    /// Where to; http or https.
    let url: String
    /// Header fields in order. A value may hold a key, so a request is never printed.
    let headers: [(name: String, value: String)]
    /// What is sent.
    let body: [UInt8]
    /// The longest time from start to last byte, in seconds.
    let timeout: Double
    /// The longest time until the connection stands, in seconds.
    let connectTimeout: Double
    /// The longest time until an answer begins, in seconds; nil is `timeout`.
    let firstByteTimeout: Double?
    /// The most bytes of an answer, after decompression.
    let maximumBody: Int
    /// The most bytes of header fields, trailers and interim answers included.
    let maximumHeader: Int
    /// The most redirects that are followed, and only to the same server: a key must not travel to another.
    let maximumRedirects: Int
    /// Whether a proxy of the environment is passed by: no proxy leads to this very machine.
    let bypassesProxy: Bool

    init(
        method: Method = .post, url: String, headers: [(name: String, value: String)], body: [UInt8],
        timeout: Double,
        connectTimeout: Double = 10, firstByteTimeout: Double? = nil, maximumBody: Int = 64 << 20,
        maximumHeader: Int = 256 << 10, maximumRedirects: Int = 0, bypassesProxy: Bool = false
    ) {
        self.method = method
        self.url = url
        self.headers = headers
        self.body = body
        self.timeout = timeout
        self.connectTimeout = connectTimeout
        self.firstByteTimeout = firstByteTimeout
        self.maximumBody = maximumBody
        self.maximumHeader = maximumHeader
        self.maximumRedirects = maximumRedirects
        self.bypassesProxy = bypassesProxy
    }
}

/// One HTTP answer, whatever its status.
struct HTTPResponse: Sendable {
    /// The status, such as 200.
    let status: Int
    /// Header fields by lower-case name; of equal names the last.
    let headers: [String: String]
    /// The body, decompressed.
    let body: [UInt8]
    /// Time from start to last byte, in seconds.
    let seconds: Double
}

/// Why there is no answer.
enum HTTPFailure: Error, Equatable {
    /// No connection could be made: no such host, refused, no route.
    case unreachable(String)
    /// A connection cannot be trusted or an address cannot be understood; trying again will not help.
    case refused(String)
    /// The time was up, after so many seconds.
    case timeout(Double)
    /// No answer had begun after so many seconds.
    case silent(Double)
    /// The connection broke before the answer was whole.
    case broken(String)
    /// The answer was larger than so many bytes.
    case tooLarge(Int)
    /// The header fields had more than so many bytes.
    case headerTooLarge(Int)
    /// The server redirected more than so many times.
    case tooManyRedirects(Int)
}
