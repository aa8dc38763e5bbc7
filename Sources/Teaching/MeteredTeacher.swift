import LyceumKit

/// A teacher that knows what it has used up.
public protocol MeteredTeacher: Teacher {
    /// What it has used since it was opened.
    var usage: TeacherUsage { get }

    /// What so many tokens cost, in USD; nil if the price is not known.
    func cost(promptTokens: Int, completionTokens: Int) -> Double?
}

extension MeteredTeacher {
    /// Not known.
    public func cost(promptTokens: Int, completionTokens: Int) -> Double? { nil }

    /// What a reply cost, in USD; nil if the price or the number of tokens is not known.
    public func cost(of reply: TeacherReply) -> Double? {
        reply.promptTokens.flatMap { prompt in
            reply.completionTokens.flatMap { cost(promptTokens: prompt, completionTokens: $0) }
        }
    }
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
