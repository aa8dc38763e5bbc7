import LyceumKit

/// Answered questions that a prompt shows before it asks its own (few-shot prompting, Brown et al. 2020).
///
/// With an answer's template each becomes a message of the user and one of the assistant; in any case the
/// templates of the prompt see them as the list `examples`.
public struct FewShotExamples: Sendable, Hashable {
    /// The variable under which templates see the records.
    static let variable = "examples"

    /// The examples, each an object of fields.
    public let records: [Value]
    /// The template of an example's question; nil takes the prompt's own.
    public let question: String?
    /// The template of an example's answer; nil if the prompt writes the examples out itself.
    public let answer: String?
    /// The examples as messages.
    private(set) var messages: [ChatMessage] = []

    /// Takes examples.
    ///
    /// - Parameters:
    ///   - records: objects of fields, all of them shown.
    ///   - question: the template of a question; nil takes the prompt's own.
    ///   - answer: the template of an answer; nil if the prompt writes the examples out itself.
    /// - Throws: `LyceumError.empty` without records.
    public init(_ records: [[String: Value]], question: String? = nil, answer: String? = nil) throws {
        if records.isEmpty {
            throw LyceumError.empty("the list of examples", remedy: "leave the option out for none")
        }
        self.records = records.map(Value.object)
        self.question = question
        self.answer = answer
    }

    /// The rows of so many that are shown: the first `n`, or `n` chosen at random.
    ///
    /// - Parameters:
    ///   - n: how many; nil for all.
    ///   - count: how many there are.
    ///   - seed: of the choice; nil takes the first ones.
    /// - Throws: `LyceumError.badOption` if there are not so many.
    public static func choice(_ n: Int?, of count: Int, seed: Int?) throws -> [Int] {
        guard let n else { return seed.map { Self.order(count, $0) } ?? Array(0..<count) }
        guard n <= count else {
            throw LyceumError.badOption(
                function: "prompt", option: "n", expected: "at most \(count), as many as there are examples",
                got: String(n))
        }
        return Array((seed.map { Self.order(count, $0) } ?? Array(0..<count)).prefix(n))
    }

    private static func order(_ count: Int, _ seed: Int) -> [Int] {
        var generator = SeededGenerator(seed: seed)
        return generator.permutation(count)
    }

    /// With its messages, which are the same for every record.
    func rendered(asking template: Template?) throws -> FewShotExamples {
        guard let answer else { return self }
        let question =
            try question.map { try Template($0, name: "prompt (question of the examples)") } ?? template
        guard let question else {
            throw LyceumError.invalid(
                "the examples", expected: "a template of their questions", got: "none",
                remedy: "give question = \"{{ column }}\", or a user message")
        }
        let reply = try Template(answer, name: "prompt (answer of the examples)")
        var result = self
        result.messages = try records.enumerated().flatMap { i, record in
            do {
                let fields = record.object ?? [:]
                return [
                    ChatMessage(.user, try question.render(fields)),
                    ChatMessage(.assistant, try reply.render(fields)),
                ]
            } catch LyceumError.file(let path, let line, let problem, let remedy) {
                throw LyceumError.file(
                    path: path, line: line, problem: "example \(i + 1): \(problem)", remedy: remedy)
            }
        }
        return result
    }
}
