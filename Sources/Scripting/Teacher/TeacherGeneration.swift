import Corpus
import Lab
import LuaBridge
import LyceumKit
import Prompting
import Teaching
import Workbench

/// A dataset that a teacher goes over: the questions, in order, and what came of each.
///
/// It stays with the dataset that it makes, so that the rows that failed can be asked again.
final class TeacherGeneration {
    /// What to ask and how to show it.
    struct Settings {
        let prompt: PromptTemplate
        /// The column that takes the answers.
        let output: String
        /// How many answers each row gets.
        let samples: Int
        /// Whether columns tell where each answer comes from.
        let showsProvenance: Bool
    }

    /// What came of one question.
    struct Answer {
        /// The reply; nil if none came.
        var kept: KeptReply?
        /// Why there is no reply that can be used; nil for a good one, and for a question not asked yet.
        var problem: String?
        /// The seed it was asked with, if any.
        var seed: Int?

        var isGood: Bool { kept != nil && problem == nil }
    }

    /// The rows that are asked about.
    let data: Dataset
    let settings: Settings
    /// One for each question: those of a row stand together, in the order of their samples.
    var answers: [Answer]

    init(_ data: Dataset, _ settings: Settings) {
        self.data = data
        self.settings = settings
        answers = [Answer](repeating: Answer(), count: data.count * settings.samples)
    }

    /// A copy that can be asked on without changing this one.
    init(copying other: TeacherGeneration) {
        data = other.data
        settings = other.settings
        answers = other.answers
    }

    /// The questions without a good answer.
    var open: [Int] { answers.indices.filter { !answers[$0].isGood } }

    /// The row of a question, and which of its samples it is; both counted from 0.
    func place(of question: Int) -> (row: Int, sample: Int) {
        (question / settings.samples, question % settings.samples)
    }

    /// What a teacher is asked.
    ///
    /// - Throws: `LyceumError` naming what the prompt lacks in that row.
    func request(_ question: Int) throws -> TeacherRequest {
        let (row, sample) = place(of: question)
        return try settings.prompt.request(for: data.record(at: row), sample: sample)
    }

    /// Ends the record of a run that went through.
    ///
    /// - Parameters:
    ///   - log: the lab's record of the run.
    ///   - asked: how many questions it had.
    ///   - isDone: whether no answer is on its way any more.
    /// - Returns: the answered rows with their answers; the others, with the reason, are in its `failed`.
    /// - Throws: `LyceumError.failed` if nothing was answered and nothing is on its way.
    func close(_ log: GenerationLog, asked: Int, isDone: Bool) throws -> DatasetObject {
        if isDone, answers.allSatisfy({ !$0.isGood }), let problem = answers.first?.problem {
            log.finish(.failed, problem: problem, output: nil)
            throw LyceumError.failed(
                "none of the \(asked) requests was answered; the first: \(problem)", remedy: nil)
        }
        let made = try made(run: log.run)
        log.finish(.finished, output: made.dataset.fingerprint)
        return made
    }

    /// The answered rows with their answers; the others, with the reason, are in its `failed`.
    ///
    /// - Parameter run: the number of the lab's run that made them.
    private func made(run: Int?) throws -> DatasetObject {
        let good = answers.indices.filter { answers[$0].isGood }
        let others = open
        let texts = good.map { Value.string(answers[$0].kept?.reply.text ?? "") }
        var result = try data.rows(good.map { place(of: $0).row }).adding(
            column: settings.output, values: texts, run: run)
        let logprobs = good.map { answers[$0].kept?.reply.logprobs }
        if logprobs.contains(where: { $0 != nil }) {
            result = try result.adding(
                column: "\(settings.output)_logprobs",
                values: logprobs.map { $0.map { .list($0.map(\.value)) } ?? .null }, run: run)
        }
        if settings.showsProvenance {
            result = try result.adding(columns: provenance(of: good), operation: "provenance")
        }
        var failed: DatasetObject?
        if !others.isEmpty {
            var columns = [
                (name: "reason", values: others.map { Value.string(answers[$0].problem ?? "not asked") })
            ]
            if settings.samples > 1 { columns.append(samples(of: others)) }
            failed = DatasetObject(
                try data.rows(others.map { place(of: $0).row }).adding(columns: columns, operation: "failed"))
        }
        return DatasetObject(result, failed: failed, generation: self)
    }

    /// How a prompt is told apart from others: its messages as they were written, and its examples.
    static func source(of prompt: PromptTemplate) -> String {
        var parts = prompt.messages.map { "[\($0.role.rawValue)]\n\($0.template.source)" }
        if let examples = prompt.examples {
            let written: Value = [
                "question": examples.question.map(Value.string) ?? .null,
                "answer": examples.answer.map(Value.string) ?? .null, "records": .list(examples.records),
            ]
            parts.append("[examples]\n\(JSON.encode(written))")
        }
        return parts.joined(separator: "\n\n")
    }
}

extension TeacherGeneration {
    /// The columns that tell where answers come from. Those that would be empty throughout are left out.
    private func provenance(of questions: [Int]) -> [(name: String, values: [Value])] {
        func column(_ name: String, _ value: (KeptReply) -> Value?) -> (name: String, values: [Value]) {
            (name, questions.map { answers[$0].kept.flatMap(value) ?? .null })
        }
        let hash = String(Self.start(of: settings.prompt).promptHash.prefix(16))
        let columns = [
            (name: "teacher_row", values: questions.map { Value.integer(place(of: $0).row + 1) }),
            samples(of: questions),
            (name: "teacher_seed", values: questions.map { answers[$0].seed.map(Value.integer) ?? .null }),
            column("teacher_template") { _ in .string(hash) },
            column("teacher_model") { .string($0.reply.model) },
            column("teacher_finish_reason") { .string($0.reply.finishReason) },
            column("teacher_prompt_tokens") { $0.reply.promptTokens.map(Value.integer) },
            column("teacher_completion_tokens") { $0.reply.completionTokens.map(Value.integer) },
            column("teacher_cost_usd") { $0.cost.map(Value.number) },
            column("teacher_seconds") { .number($0.reply.seconds) },
            column("teacher_time") { .string($0.created.text) },
        ]
        return columns.filter { !$0.values.allSatisfy(\.isNull) }
    }

    private func samples(of questions: [Int]) -> (name: String, values: [Value]) {
        ("teacher_sample", questions.map { .integer(place(of: $0).sample + 1) })
    }

    /// The beginning of a record of a generation that knows no more than its prompt.
    private static func start(of prompt: PromptTemplate) -> GenerationStart {
        GenerationStart(
            title: "", teacher: "", model: "", prompt: source(of: prompt), inputData: "", rows: 0)
    }
}
