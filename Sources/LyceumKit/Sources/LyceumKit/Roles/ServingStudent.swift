/// A student that answers several requests at once: requests join and leave between two steps of the decoder.
public protocol ServingStudent: Student {
    /// A session without requests.
    func decodingSession() throws -> any DecodingSession
}

/// Requests that are decoded together, each with its own options and length.
///
/// Used from one thread. Each text is what the student's `generate` would have written alone, and a seed means the
/// same.
public protocol DecodingSession: AnyObject {
    /// Requests that are not finished.
    var count: Int { get }

    /// Adds a request, which takes part from the next step on.
    ///
    /// - Parameters:
    ///   - text: the input, as `generate` takes it.
    ///   - options: checked against the architecture's `generationOptions`.
    /// - Returns: the request's number, which no other request of this session has.
    /// - Throws: if this request cannot be answered (too long, options that contradict each other); the others go on.
    func add(_ text: String, options: Options) throws -> Int

    /// Writes the next token of every request.
    ///
    /// - Returns: what became of each request that has something new.
    /// - Throws: if the step failed; then no request of this session can go on.
    func step() throws -> [DecodingEvent]

    /// Takes a request out, finished or not; an unknown number does nothing.
    func remove(_ request: Int)
}

/// What one step brought for one request.
public struct DecodingEvent: Sendable, Equatable {
    /// Where a request stands.
    public enum Progress: Sendable, Equatable {
        /// More of the text is final: what was appended (whole characters; beams say nothing before they end).
        case text(String)
        /// The request is finished and has left the session.
        case finished(GeneratedText, FinishReason, sourceTokens: Int)
        /// This request failed and has left the session.
        case failed(String)
    }

    /// Why a text ended.
    public enum FinishReason: String, Sendable, Equatable {
        /// The student wrote its end token.
        case stop
        /// The longest allowed text was reached.
        case length
    }

    /// The number that `add` returned.
    public let request: Int
    /// What happened.
    public let progress: Progress

    /// Makes an event.
    public init(request: Int, progress: Progress) {
        self.request = request
        self.progress = progress
    }
}
