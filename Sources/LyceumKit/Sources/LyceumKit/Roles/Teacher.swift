/// One message of a chat.
public struct ChatMessage: Sendable, Hashable {
    /// Who speaks.
    public enum Role: String, Sendable, Hashable {
        /// Sets the scene.
        case system
        /// Asks.
        case user
        /// Has answered; used for few-shot examples.
        case assistant
    }

    /// Who speaks.
    public let role: Role
    /// What is said.
    public let content: String

    /// Makes a message.
    public init(_ role: Role, _ content: String) {
        self.role = role
        self.content = content
    }
}

/// One question to a teacher.
public struct TeacherRequest: Sendable, Hashable {
    /// The chat so far, the question last.
    public let messages: [ChatMessage]
    /// The record's fields that the prompt put into the messages, by name.
    ///
    /// A language model reads the messages; a teacher that is none (retrieval) reads these instead.
    public let fields: [String: String]
    /// Which of several samples of the same question this is, counted from 0.
    public let sample: Int

    /// Makes a request.
    public init(messages: [ChatMessage], fields: [String: String] = [:], sample: Int = 0) {
        self.messages = messages
        self.fields = fields
        self.sample = sample
    }
}

/// One answer of a teacher.
public struct TeacherReply: Sendable, Equatable {
    /// The text.
    public var text: String
    /// The model, as the server named it.
    public var model: String
    /// Why it ended: "stop", "length", "content_filter", …
    public var finishReason: String
    /// Tokens of the question, if they are known.
    public var promptTokens: Int?
    /// Tokens of the answer, if they are known.
    public var completionTokens: Int?
    /// Whether the numbers of tokens are estimates, because the server did not say them.
    public var isEstimated = false
    /// Time from sending to the last byte, retries excluded, in seconds.
    public var seconds: Double
    /// The tokens of the answer with their probabilities, in order; nil if they were not asked for, or not told.
    public var logprobs: [TokenLogprob]?
    /// What the model thought before the answer, apart from the text; nil if nothing is known of that.
    public var reasoning: String?

    /// Makes a reply.
    public init(
        text: String, model: String, finishReason: String = "stop", promptTokens: Int? = nil,
        completionTokens: Int? = nil, seconds: Double = 0, logprobs: [TokenLogprob]? = nil,
        reasoning: String? = nil
    ) {
        self.text = text
        self.model = model
        self.finishReason = finishReason
        self.promptTokens = promptTokens
        self.completionTokens = completionTokens
        self.seconds = seconds
        self.logprobs = logprobs
        self.reasoning = reasoning
    }
}

extension TeacherReply {
    /// The finish reason of a reply that is not what the schema asks for.
    public static let schemaMismatch = "schema_mismatch"
    /// The finish reason of a reply of which only the beginning came.
    public static let brokenOff = "broken_off"
    /// The finish reason of what cannot be read as a reply; its text is what the server sent.
    public static let unreadable = "unreadable"

    /// Whether the same question may well get a whole reply: this one suffered from a passing fault.
    public var isWorthAskingAgain: Bool { [Self.brokenOff, Self.unreadable].contains(finishReason) }

    /// Why this reply is of no use: it was cut short, filtered, refused, or is empty; nil for a good one.
    public var defect: LyceumError? {
        switch finishReason {
        case "length", "max_tokens":
            return .failed(
                "the reply was cut short (finish_reason: \(finishReason))", remedy: "raise max_tokens")
        case "content_filter":
            return .failed("the server's content filter stopped the reply", remedy: nil)
        case Self.schemaMismatch:
            return .failed("the reply does not fit the schema", remedy: "ask with fresh = true, or otherwise")
        case Self.brokenOff: return .failed("the reply broke off", remedy: "ask again")
        case Self.unreadable: return .failed("the answer could not be read as a reply", remedy: "ask again")
        case "refusal":
            return .failed("the model refused" + (text.isEmpty ? "" : ": \(text.prefix(200))"), remedy: nil)
        default:
            if !text.allSatisfy(\.isWhitespace) { return nil }
            if reasoning != nil {
                return .failed(
                    "the reply holds reasoning and no answer (finish_reason: \(finishReason))",
                    remedy: "raise max_tokens")
            }
            return .failed("the reply is empty (finish_reason: \(finishReason))", remedy: nil)
        }
    }
}

/// A reply that came and is of no use: cut short, filtered, refused, empty.
///
/// A teacher gives it as the failure of its row. It was paid for like any other, so it is kept.
public struct UnusableReply: Error, CustomStringConvertible {
    /// What came.
    public let reply: TeacherReply
    /// Why it cannot be used, for a person.
    public let reason: LyceumError

    /// Pairs a reply with what is wrong with it.
    public init(_ reply: TeacherReply, _ reason: LyceumError) {
        self.reply = reply
        self.reason = reason
    }

    /// The reason.
    public var description: String { reason.description }
}

/// Something that answers requests: a language model behind an API, or an embedded stand-in.
///
/// A teacher is used from one thread.
public protocol Teacher: AnyObject {
    /// The kind under which it is opened ("openai", "retrieval").
    var kind: String { get }
    /// What names it in tables ("gpt-4o-mini", "retrieval (BM25)").
    var name: String { get }
    /// What the prompt shows of it, in order. Never a secret.
    var card: [(name: String, value: String)] { get }

    /// What is sent for a request. Replies are kept under it, so that the same question is never paid for twice,
    /// in whatever session it is asked.
    ///
    /// - Returns: nil if that does not decide the answer; then replies are kept for this session only. Whoever keeps
    ///   the reply adds the teacher's kind and the sample.
    func sent(_ request: TeacherRequest) -> SentRequest?

    /// Answers requests, several at a time if it can.
    ///
    /// - Parameters:
    ///   - requests: the questions.
    ///   - job: progress and cancellation.
    ///   - receive: called on the caller's thread as each answer arrives, in any order, with the request's
    ///     index and the reply or why there is none. What it throws ends the run.
    /// - Throws: an error that concerns all requests (no key, no server, budget spent), or
    ///   `LyceumError.cancelled`. What was received before stays received.
    func answer(
        _ requests: [TeacherRequest], job: Job,
        receive: (_ index: Int, _ result: Result<TeacherReply, any Error>) throws -> Void
    ) throws
}

extension Teacher {
    /// Nothing that could be told apart from another teacher of the same name.
    public func sent(_ request: TeacherRequest) -> SentRequest? { nil }
}
