import Corpus
import Evaluation
import Lab
import LyceumKit
import Prompting
import Teaching

/// A teacher that says how good answers are, or which of two is better.
///
/// Its questions go through the cache, budget, limits and lab of every generation.
///
/// Sources: Zheng et al., "Judging LLM-as-a-judge with MT-Bench and Chatbot Arena" (2023), both orders, a verdict that
/// depends on the order counts as a tie.
public struct Judge {
    /// Who judges.
    public let teacher: OpenTeacher
    /// What it is asked; with variables `task` and `answer`, or `answer_1` and `answer_2`, and `reference` if it wants it.
    public let prompt: PromptTemplate
    /// The lowest and highest grade, for a judge of single answers.
    public let scale: ClosedRange<Double>

    /// What the task was, and what was answered.
    public struct Item: Sendable {
        /// What was asked for.
        public let task: String
        /// What was answered: one text, or two that are compared.
        public let answers: [String]
        /// What a person would have answered, if that is known.
        public let reference: String?

        /// Describes it.
        public init(task: String, answers: [String], reference: String? = nil) {
            self.task = task
            self.answers = answers
            self.reference = reference
        }
    }

    /// Describes a judge.
    ///
    /// - Parameters:
    ///   - prompt: nil asks by the criterion.
    ///   - criterion: what makes an answer good, in words.
    ///   - isPairwise: whether it compares two answers.
    ///   - usesReference: whether the usual prompt shows the reference.
    ///   - scale: of a judge of single answers.
    /// - Throws: `LyceumError.badOption` for a prompt without the answers.
    public init(
        _ teacher: OpenTeacher, prompt: PromptTemplate? = nil, criterion: String? = nil, isPairwise: Bool,
        usesReference: Bool = false, scale: ClosedRange<Double> = 1...10
    ) throws {
        self.teacher = teacher
        self.scale = scale
        let variables = isPairwise ? ["answer_1", "answer_2"] : ["answer"]
        if let prompt {
            for name in variables where !prompt.columns.contains(name) {
                throw LyceumError.badOption(
                    function: "metrics.judge", option: "prompt",
                    expected: "a prompt with {{ \(name) }}; it may also have {{ task }} and {{ reference }}",
                    got: "one of \(prompt.variables.joined(separator: ", "))")
            }
            self.prompt = prompt
            return
        }
        let aim = criterion ?? "which does what the task asks for better: correct, complete, clear"
        let reference = usesReference ? "\n\n[A good answer, written by a person]\n{{ reference }}" : ""
        if isPairwise {
            self.prompt = try PromptTemplate(messages: [
                (
                    .system,
                    "You compare two answers to a task and decide which is better. The criterion: \(Self.literal(aim)). The order "
                        + "of the answers and their length do not matter."
                ),
                (
                    .user,
                    "[Task]\n{{ task }}\(reference)\n\n[Answer 1]\n{{ answer_1 }}\n\n[Answer 2]\n{{ answer_2 }}\n\n"
                        + "Which answer is better? Reply with one word: 1, 2 or tie."
                ),
            ])
        } else {
            let (low, high) = (NumberWords.short(scale.lowerBound), NumberWords.short(scale.upperBound))
            self.prompt = try PromptTemplate(messages: [
                (
                    .system,
                    "You grade an answer to a task from \(low) (useless) to \(high) (perfect). The criterion: \(Self.literal(criterion ?? "does it do what the task asks for: correct, complete, clear")). "
                        + "Its length does not matter."
                ),
                (
                    .user,
                    "[Task]\n{{ task }}\(reference)\n\n[Answer]\n{{ answer }}\n\nReply with the number only."
                ),
            ])
        }
    }

    /// A text that a template puts down as it is.
    private static func literal(_ text: String) -> String {
        text.contains("{")
            ? "{% raw %}\(text.replacing("{% endraw %}", with: ""))\(text.hasSuffix("{") ? " " : ""){% endraw %}"
            : text
    }

    /// What has to be said for the verdicts to be repeatable.
    public func signature(_ kind: String) -> String {
        let hash = GenerationStart.hash(ofPrompt: prompt.recordedSource).prefix(12)
        return "judge:\(teacher.teacher.name)|\(kind)|prompt:\(hash)"
    }

    // MARK: asking

    private func plan(_ records: [[String: Value]], named name: String) throws -> GenerationPlan {
        try GenerationPlan(
            Dataset(records: records, columns: ["task", "answer", "answer_1", "answer_2", "reference"]),
            prompt: prompt,
            output: "verdict", name: name)
    }

    private func ask(_ records: [[String: Value]], in session: WorkSession, named name: String) throws
        -> (replies: [String?], run: Int?)
    {
        let result = try session.generate(try plan(records, named: name), by: teacher)
        if let run = result.run { session.lab.attempt { try $0.tag(run: run, add: ["judge"]) } }
        return (result.answers.map { $0.isGood ? $0.reply?.reply.text : nil }, result.run)
    }

    private func fields(_ item: Item, _ answers: [(name: String, text: String)]) -> [String: Value] {
        var fields: [String: Value] = [
            "task": .string(item.task), "reference": .string(item.reference ?? ""), "answer": "",
            "answer_1": "",
            "answer_2": "",
        ]
        for (name, text) in answers { fields[name] = .string(text) }
        return fields
    }

    /// Grades of single answers; nil where the judge gave none that can be read.
    public func grades(of items: [Item], in session: WorkSession) throws -> [Double?] {
        if items.isEmpty { return [] }
        let (replies, _) = try ask(gradeQuestions(items), in: session, named: "judge: grades")
        return replies.map { $0.flatMap(grade) }
    }

    /// What grading answers would ask and cost; asks nothing.
    public func estimate(gradesOf items: [Item], in session: WorkSession) throws -> GenerationEstimate {
        if items.isEmpty { return GenerationEstimate() }
        return try session.estimate(try plan(gradeQuestions(items), named: "judge: grades"), by: teacher)
    }

    private func gradeQuestions(_ items: [Item]) -> [[String: Value]] {
        items.map { fields($0, [("answer", $0.answers.first ?? "")]) }
    }

    /// The last number of a reply, if it is on the scale.
    func grade(_ reply: String) -> Double? {
        let numbers = reply.matches(of: /-?[0-9]+(?:\.[0-9]+)?/).compactMap { match -> Double? in
            // "8/10" and "8 out of 10" are 8.
            let before = reply[..<match.range.lowerBound]
            if before.hasSuffix("/") || before.hasSuffix("out of ") || before.hasSuffix("/ ") { return nil }
            return Double(match.output)
        }
        guard let last = numbers.last, scale.contains(last) else { return nil }
        return last
    }

    /// Which of two answers is better, asked in both orders.
    public func verdicts(of items: [Item], in session: WorkSession) throws -> [PairVerdict] {
        if items.isEmpty { return [] }
        let records = items.flatMap { item -> [[String: Value]] in
            let (first, second) = (item.answers.first ?? "", item.answers.dropFirst().first ?? "")
            return [
                fields(item, [("answer_1", first), ("answer_2", second)]),
                fields(item, [("answer_1", second), ("answer_2", first)]),
            ]
        }
        let (replies, _) = try ask(records, in: session, named: "judge: pairs, both orders")
        return items.indices.map { place in
            PairVerdict(
                forward: replies[2 * place].flatMap(Self.choice),
                backward: replies[2 * place + 1].flatMap(Self.choice)?.turned)
        }
    }

    /// "1", "2" or "tie": the last such word of a reply.
    static func choice(_ reply: String) -> PairVerdict.Choice? {
        var found: PairVerdict.Choice?
        for word in reply.lowercased().split(whereSeparator: { !$0.isLetter && !$0.isNumber }) {
            switch word {
            case "1", "first": found = .first
            case "2", "second": found = .second
            case "tie", "equal", "neither", "both": found = .tie
            default: continue
            }
        }
        return found
    }

    /// Who wrote answers, if the judge did; nil if it did not, as far as anybody knows.
    public func wrote(_ data: Dataset, column: String, in session: WorkSession) -> String? {
        let own = teacher.teacher.name
        var writers = Set(
            data.provenanceValues(of: column).compactMap { $0.object?["model"]?.string })
        if let run = data.run(ofColumn: column),
            let record = session.lab.attempt({ try $0.run(run) }), let model = record.options["model"]?.string
        {
            writers.insert(model)
        }
        return writers.contains(own) ? own : nil
    }
}

/// A verdict on two answers, asked in both orders.
public struct PairVerdict: Sendable, Equatable {
    /// Which is better.
    public enum Choice: String, Sendable, CaseIterable {
        /// The first answer.
        case first
        /// The second.
        case second
        /// Neither.
        case tie

        var turned: Choice { self == .first ? .second : self == .second ? .first : .tie }
    }

    /// What was said with the first answer first; nil if it could not be read.
    public let forward: Choice?
    /// What was said with the second answer first, as a verdict on the same two.
    public let backward: Choice?

    /// Whether both orders say the same.
    public var isConsistent: Bool { forward != nil && forward == backward }
    /// What both orders say; a tie if they do not agree.
    public var choice: Choice { isConsistent ? forward ?? .tie : .tie }
    /// Whether one of the two could not be read.
    public var isUnread: Bool { forward == nil || backward == nil }
    /// 1 where the first is better, 0 where the second is, 0.5 for a tie.
    public var preference: Double { choice == .first ? 1 : choice == .second ? 0 : 0.5 }
}

/// Numbers in texts.
enum NumberWords {
    static func short(_ value: Double) -> String {
        Int(exactly: value).map { String($0) } ?? String(value)
    }
}
