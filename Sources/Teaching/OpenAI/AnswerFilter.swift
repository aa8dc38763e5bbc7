import HTTP
import LyceumKit

/// A teacher that decides whether reasoning is taken off its replies.
public protocol ReasoningTeacher: Teacher {
    /// Whether reasoning stays in the text.
    var keepsReasoning: Bool { get }
}

extension OpenAITeacher: ReasoningTeacher {
    /// What the option `reasoning` says.
    public var keepsReasoning: Bool { settings.keepsReasoning }
}

/// A reply that is shown as it comes, without the reasoning before the answer.
struct AnswerFilter {
    private var held = ""
    private var isAnswer: Bool
    private let separates: Bool

    init(separates: Bool) {
        self.separates = separates
        isAnswer = !separates
    }

    /// Takes a piece.
    ///
    /// - Returns: what may be shown now.
    mutating func take(_ piece: String) -> String {
        if isAnswer { return piece }
        held += piece
        if held.trimmed.isEmpty { return "" }
        guard Reasoning.mayBegin(held) else {
            isAnswer = true
            return held
        }
        let (answer, reasoning) = Reasoning.separated(held)
        // The block is closed once something stands behind it that begins no other.
        guard reasoning != nil, !answer.isEmpty, !Reasoning.mayBegin(answer) else { return "" }
        isAnswer = true
        return answer
    }

    /// What was held back to the end.
    mutating func finish() -> String {
        defer { isAnswer = true }
        return isAnswer ? "" : Reasoning.separated(held).answer
    }
}
