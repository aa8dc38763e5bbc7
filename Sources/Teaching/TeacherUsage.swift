import LyceumKit

/// What a teacher has used up.
public struct TeacherUsage: Sendable, Equatable {
    /// Requests sent, repeated ones included.
    public var calls = 0
    /// Tokens of the questions, as far as the server said.
    public var promptTokens = 0
    /// Tokens of the answers, as far as the server said.
    public var completionTokens = 0
    /// Answers whose server did not say how many tokens they took: theirs are estimated.
    public var estimatedReplies = 0
    /// What it cost, in USD; nil if the price is not known.
    public var cost: Double?
    /// Wall-clock time, in seconds.
    public var seconds = 0.0

    /// Makes a usage of nothing.
    ///
    /// - Parameter cost: 0 if the price is known.
    public init(cost: Double? = nil) { self.cost = cost }

    /// What was used since an earlier look.
    public func since(_ earlier: TeacherUsage) -> TeacherUsage {
        var difference = self
        difference.calls -= earlier.calls
        difference.promptTokens -= earlier.promptTokens
        difference.completionTokens -= earlier.completionTokens
        difference.estimatedReplies -= earlier.estimatedReplies
        difference.cost = cost.map { $0 - (earlier.cost ?? 0) }
        difference.seconds -= earlier.seconds
        return difference
    }
}
