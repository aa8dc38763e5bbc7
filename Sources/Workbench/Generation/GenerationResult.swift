import Corpus
import Lab
import LyceumKit

/// What a teacher made of a dataset.
public struct GenerationResult: Sendable {
    /// The answered rows with their answers.
    public let answered: Dataset
    /// The rows without an answer, with a column `reason`; nil if every row was answered.
    public let failed: Dataset?
    /// The number of the lab's run; nil if the lab has none of it.
    public let run: Int?
    /// The runs of the results that this one went on with, the oldest first.
    let earlierRuns: [Int]
    /// What was planned.
    public let plan: GenerationPlan
    /// What came of each question: those of a row stand together, in the order of their samples.
    public let answers: [AnswerState]

    /// Puts the answers into columns.
    init(_ plan: GenerationPlan, _ answers: [AnswerState], run: Int?, earlierRuns: [Int] = []) throws {
        self.plan = plan
        self.answers = answers
        self.run = run
        self.earlierRuns = earlierRuns
        let good = answers.filter(\.isGood)
        let others = answers.filter { !$0.isGood }
        var result = try plan.data.rows(good.map(\.row)).adding(
            column: plan.output, values: good.map { .string($0.reply?.reply.text ?? "") }, run: run,
            earlierRuns: earlierRuns)
        let logprobs = good.map { $0.reply?.reply.logprobs }
        if logprobs.contains(where: { $0 != nil }) {
            result = try result.adding(
                column: "\(plan.output)_logprobs",
                values: logprobs.map { $0.map { .list($0.map(\.value)) } ?? .null }, run: run)
        }
        let reasoning = good.map { $0.reply?.reply.reasoning }
        if reasoning.contains(where: { $0 != nil }) {
            let isTaken = plan.data.columns.contains("reasoning") || plan.output == "reasoning"
            result = try result.adding(
                column: isTaken ? "\(plan.output)_reasoning" : "reasoning",
                values: reasoning.map { $0.map(Value.string) ?? .null }, run: run)
        }
        let origins = Self.provenance(of: good, promptHash: Self.hash(of: plan))
        result = try result.attaching(provenance: Self.objects(origins, count: good.count), of: plan.output)
        if plan.showsProvenance { result = try result.adding(columns: origins, operation: "provenance") }
        answered = result
        if others.isEmpty {
            failed = nil
            return
        }
        var columns = [(name: "reason", values: others.map { Value.string($0.problem ?? "not asked") })]
        if plan.samples > 1 { columns.append(Self.samples(of: others)) }
        failed = try plan.data.rows(others.map(\.row)).adding(columns: columns, operation: "failed")
    }

    /// Whether every question has an answer that can be used.
    public var isComplete: Bool { failed == nil }

    /// Where each answer comes from: columns `teacher_row`, `teacher_model`, …, one row for each answered one.
    public var provenance: [(name: String, values: [Value])] {
        Self.provenance(of: answers.filter(\.isGood), promptHash: Self.hash(of: plan))
    }

    /// The columns as one object a row, without their common beginning.
    private static func objects(_ columns: [(name: String, values: [Value])], count: Int) -> [Value] {
        (0..<count).map { row in
            let fields = columns.compactMap { name, values -> (String, Value)? in
                values[row].isNull ? nil : (String(name.dropFirst("teacher_".count)), values[row])
            }
            return .object(Dictionary(fields, uniquingKeysWith: { first, _ in first }))
        }
    }

    private static func hash(of plan: GenerationPlan) -> String {
        String(GenerationStart.hash(ofPrompt: plan.promptSource).prefix(16))
    }

    /// Those that would be empty throughout are left out.
    private static func provenance(of answers: [AnswerState], promptHash: String) -> [(
        name: String, values: [Value]
    )] {
        func column(_ name: String, _ value: (StoredReply) -> Value?) -> (name: String, values: [Value]) {
            (name, answers.map { $0.reply.flatMap(value) ?? .null })
        }
        let columns = [
            (name: "teacher_row", values: answers.map { Value.integer($0.row + 1) }),
            samples(of: answers),
            (name: "teacher_seed", values: answers.map { $0.sent?.parameters["seed"] ?? .null }),
            column("teacher_template") { _ in .string(promptHash) },
            column("teacher_model") { .string($0.reply.model) },
            column("teacher_finish_reason") { .string($0.reply.finishReason) },
            column("teacher_prompt_tokens") { $0.reply.promptTokens.map(Value.integer) },
            column("teacher_completion_tokens") { $0.reply.completionTokens.map(Value.integer) },
            column("teacher_cost_usd") { $0.cost.map(Value.number) },
            column("teacher_estimated") { $0.reply.isEstimated ? .bool(true) : nil },
            column("teacher_seconds") { .number($0.reply.seconds) },
            column("teacher_time") { .string($0.created.text) },
        ]
        return columns.filter { !$0.values.allSatisfy(\.isNull) }
    }

    private static func samples(of answers: [AnswerState]) -> (name: String, values: [Value]) {
        ("teacher_sample", answers.map { .integer($0.sample + 1) })
    }
}
