/// One HTTP request.
public struct HTTPRequest: Sendable {
    /// What is wanted.
    public enum Method: Sendable {
        case get
        /// The header of what `get` would give.
        case head
        case post
    }

    /// What is wanted.
    public let method: Method
    /// Where to; http or https.
    public let url: String
    /// Header fields in order. A value may hold a key, so a request is never printed.
    public let headers: [(name: String, value: String)]
    /// What is sent.
    public let body: [UInt8]
    /// The longest time from start to last byte, in seconds.
    public let timeout: Double
    /// The longest time until the connection stands, in seconds.
    public let connectTimeout: Double
    /// The longest time until an answer begins, in seconds; nil is `timeout`.
    public let firstByteTimeout: Double?
    /// The longest time without a single byte, in seconds; nil is `timeout`.
    public var stallTimeout: Double?
    /// The most bytes of an answer, after decompression.
    public let maximumBody: Int
    /// The most bytes of header fields, trailers and interim answers included.
    public let maximumHeader: Int
    /// The most redirects that are followed, and only to the same server: a key must not travel to another.
    public let maximumRedirects: Int
    /// Whether a proxy of the environment is passed by: no proxy leads to this very machine.
    public let bypassesProxy: Bool
    /// Whether the answer may come compressed; ranges of bytes make sense only if it does not.
    public var acceptsCompression = true

    /// Describes a request.
    public init(
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
public struct HTTPResponse: Sendable {
    /// The status, such as 200.
    public let status: Int
    /// Header fields by lower-case name; of equal names the last.
    public let headers: [String: String]
    /// The body, decompressed; without what a receiver took.
    public let body: [UInt8]
    /// Time from start to last byte, in seconds.
    public let seconds: Double

    /// Makes an answer; tests do.
    public init(status: Int, headers: [String: String], body: [UInt8], seconds: Double) {
        self.status = status
        self.headers = headers
        self.body = body
        self.seconds = seconds
    }
}

/// Why there is no answer.
public enum HTTPFailure: Error, Equatable {
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
    /// The receiver of the body wanted no more of it.
    case stopped
}

/// Takes the body of a successful answer (200 or 206) piece by piece; false ends the transfer.
public typealias HTTPReceiver = (
    _ status: Int, _ headers: [String: String], _ bytes: UnsafeRawBufferPointer
) -> Bool
