/// What a server lets clients ask for.
public struct ServerLimits: Sendable, Equatable {
    /// Requests that may wait for a student, those that are being answered apart; more are refused with 429.
    public var queue = 256
    /// Requests that are decoded together.
    public var batch = 32
    /// Tokens, read and still to be written, of the requests that are decoded together.
    public var batchTokens = 65536
    /// Seconds from a request's arrival to its end.
    public var timeout = 120.0
    /// Bytes of a request's body.
    public var body = 1 << 20
    /// Inputs of one request.
    public var inputs = 64
    /// Tokens of one answer.
    public var newTokens = 1024
    /// Beams, or texts for one input.
    public var beams = 16
    /// Connections that are open at once.
    public var connections = 4096
    /// Seconds until a connection without a request is closed, and in which a request has to arrive as a whole.
    public var idle = 30.0
    /// Seconds from SIGTERM to the moment when no more connections are accepted.
    public var grace = 0.5
    /// Seconds that requests may take after that.
    public var drain = 60.0

    /// The defaults.
    public init() {}
}
