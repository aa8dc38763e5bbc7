import LyceumKit

/// A teacher that knows what it has used up.
public protocol MeteredTeacher: Teacher {
    /// What it has used since it was opened.
    var usage: TeacherUsage { get }

    /// What so many tokens cost, in USD; nil if the price is not known.
    func cost(promptTokens: Int, completionTokens: Int) -> Double?

    /// What is left of its own budget, in USD; nil without one.
    var budgetLeft: Double? { get }

    /// Whether it is a server on this machine.
    var isOnThisMachine: Bool { get }
}

/// A teacher in this process: it answers without a server, and costs nothing.
public protocol EmbeddedTeacher: Teacher {}

extension MeteredTeacher {
    /// No budget.
    public var budgetLeft: Double? { nil }

    /// It is somewhere else.
    public var isOnThisMachine: Bool { false }

    /// Not known.
    public func cost(promptTokens: Int, completionTokens: Int) -> Double? { nil }

    /// What a reply cost, in USD; nil if the price or the number of tokens is not known.
    public func cost(of reply: TeacherReply) -> Double? {
        reply.promptTokens.flatMap { prompt in
            reply.completionTokens.flatMap { cost(promptTokens: prompt, completionTokens: $0) }
        }
    }
}

/// What a teacher may have used in all when it sends a request, for a piece of work with a budget of its own.
public struct SpendingCeiling: Sendable, Equatable {
    /// Requests; nil for any number.
    public var calls: Int?
    /// USD; nil for any amount.
    public var cost: Double?

    /// Describes a ceiling.
    public init(calls: Int? = nil, cost: Double? = nil) {
        self.calls = calls
        self.cost = cost
    }
}

/// A teacher that can be held to less than its own budget.
///
/// Money is reserved before a request is sent, so that the ceiling holds while many are on their way.
public protocol LimitedTeacher: MeteredTeacher {
    /// What `usage` may come to; nil for no ceiling. What would pass it ends the call, as a spent budget does.
    var ceiling: SpendingCeiling? { get set }
    /// Whether a request was refused because of the ceiling since it was set.
    var isAtCeiling: Bool { get }
    /// What counts: teachers with one account share `usage` and `ceiling`.
    var account: ObjectIdentifier { get }
}

/// An answer with the index of its request.
typealias GroupAnswer = TeacherRun.Answer

/// A teacher whose answers arrive several at a time, so that they can be kept with one commit.
protocol GroupTeacher: Teacher {
    /// As `answer(_:job:receive:)`; `receiveGroup` gets what arrived together, at least one.
    func answer(
        _ requests: [TeacherRequest], job: Job, receiveGroup: ([GroupAnswer]) throws -> Void
    ) throws
}
