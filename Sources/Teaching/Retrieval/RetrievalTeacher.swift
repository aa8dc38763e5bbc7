import LyceumKit
import LyceumText

/// A teacher that is not a language model: it answers with text that people wrote about something similar.
///
/// It holds a background of real pairs, finds the ones nearest to a request by BM25, and puts its answer
/// together from them. It understands nothing and adds nothing: a baseline that says how far retrieval alone
/// goes, and a default that needs no server, no key and no network. Its answer never comes from the request's
/// own pair, should that be in the background.
public final class RetrievalTeacher: EmbeddedTeacher {
    /// What it can do with a request.
    public enum Task: String, Sendable, CaseIterable {
        /// Target to input: compose a text from sentences of the nearest inputs.
        case expand
        /// Input to target: the sentence or the neighbour's target that fits best.
        case summarize
        /// Input to label: the neighbours vote.
        case classify
    }

    /// The options of `teacher.open { "retrieval", … }`.
    public static let options: [OptionDeclaration] = [
        .object("corpus", "dataset", required: true, "the background: real pairs, disjoint from gold"),
        .string("input", required: true, "the background's column with the long side (or the text to label)"),
        .string("target", required: true, "the background's column with the short side (or the label)"),
        .choice(
            "task", Task.allCases.map(\.rawValue), default: nil,
            "what to do; else told from the prompt's variable: target is expanded, input is summarised"),
    ]

    /// The reason a reply ends with when nothing in the background shared a word with the request.
    public static let noMatch = "no_match"

    /// The kind under which it is opened.
    public let kind = "retrieval"
    /// What names it in tables.
    public let name = "retrieval (BM25)"

    private let background: Background
    private let inputName: String
    private let targetName: String
    private let task: Task?

    /// Indexes a background.
    ///
    /// - Parameters:
    ///   - pairs: real pairs, disjoint from what it will be asked about.
    ///   - inputName: the name of their input column, as prompts use it.
    ///   - targetName: the name of their target column.
    ///   - task: what to do with every request; nil tells it from the prompt's variable.
    ///   - job: progress and cancellation.
    /// - Throws: `LyceumError.empty` without pairs, `LyceumError.cancelled`.
    public init(
        pairs: [(input: String, target: String)], inputName: String, targetName: String, task: Task? = nil,
        job: Job = .silent()
    ) throws {
        guard !pairs.isEmpty else {
            throw LyceumError.empty(
                "the retrieval teacher's background", remedy: "give a corpus with at least one pair")
        }
        background = try Background(pairs: pairs, isLabelled: task == .classify, job: job)
        self.inputName = inputName
        self.targetName = targetName
        self.task = task
    }

    /// What it is, honestly, and what it holds.
    public var card: [(name: String, value: String)] {
        [
            ("what", "a baseline without a language model: answers with background text"),
            (
                "background",
                "\(background.inputs.count) pairs, \(background.index.terms.count) different words"
            ),
            (
                "reads",
                "\(targetName) (to expand), \(inputName) (to \((task == .classify ? Task.classify : .summarize).rawValue))"
            ),
            ("task", task?.rawValue ?? "told from the prompt's variable"),
        ]
    }

    /// Answers on all cores; see `Teacher.answer(_:job:receive:)`.
    public func answer(
        _ requests: [TeacherRequest], job: Job,
        receive: (_ index: Int, _ result: Result<TeacherReply, any Error>) throws -> Void
    ) throws {
        let questions = try requests.map(question)
        let background = self.background
        // Short pieces, so that what is answered is handed over and kept soon.
        for start in stride(from: 0, to: questions.count, by: 128) {
            try job.checkCancelled(kept: "\(start) of \(questions.count) replies received")
            let end = min(start + 128, questions.count)
            let answers = try Parallel.map(Array(questions[start..<end])) { question in
                let begin = Uptime.now
                let answer = Self.answer(question, from: background)
                return (answer, Uptime.now - begin)
            }
            for (offset, (answer, seconds)) in answers.enumerated() {
                try receive(start + offset, Self.reply(answer, seconds))
            }
        }
    }

    private struct Question: Sendable {
        let task: Task
        let text: String
    }

    private static func answer(_ question: Question, from background: Background) -> Background.Answer? {
        if question.text.allSatisfy(\.isWhitespace) { return nil }
        switch question.task {
        case .expand: return background.expand(question.text)
        case .summarize: return background.summarize(question.text)
        case .classify: return background.classify(question.text)
        }
    }

    private static func reply(
        _ answer: Background.Answer?, _ seconds: Double
    ) -> Result<TeacherReply, any Error> {
        guard let answer else {
            return .failure(LyceumError.empty("the text of the request", remedy: nil))
        }
        return .success(
            TeacherReply(
                text: answer.text, model: "bm25", finishReason: answer.isFound ? "stop" : noMatch,
                seconds: seconds))
    }

    /// What a request asks: its fields say more than its messages, which are written for a language model.
    private func question(_ request: TeacherRequest) throws -> Question {
        let plain: Task = task == .classify ? .classify : .summarize
        let target = request.fields[targetName]
        let input = request.fields[inputName]
        if let task {
            if let text = task == .expand ? target : input { return Question(task: task, text: text) }
        } else if let target, input == nil {
            return Question(task: .expand, text: target)
        } else if let input, target == nil {
            return Question(task: plain, text: input)
        }
        if request.fields.isEmpty {
            guard let message = request.messages.last(where: { $0.role == .user }) else {
                throw LyceumError.empty("the request", remedy: "give it a user message")
            }
            return Question(task: task ?? plain, text: message.content)
        }
        if let task, request.fields.count == 1, let only = request.fields.values.first {
            return Question(task: task, text: only)
        }
        throw LyceumError.invalid(
            "the prompt's variables",
            expected: "'\(targetName)' (to expand) or '\(inputName)' (to \(plain.rawValue))",
            got: request.fields.keys.sorted().map { "'\($0)'" }.joined(separator: ", "),
            remedy:
                "the retrieval teacher reads one of its background's columns; say which with input, target "
                + "and task in teacher.open")
    }
}
