import Corpus
import LuaBridge
import LyceumKit
import Prompting
import Workbench

// teacher:generate of one text, or of a list of texts, which are sent as they are.
extension TeacherObject {
    /// The options that mean something without a dataset.
    private static let textOptions = generateOptions.filter { ["name", "n", "fresh"].contains($0.name) }

    /// Answers one text with the answer alone, and a list of texts with a list of answers.
    ///
    /// It is a generation like that of a dataset: replies are kept, and what was asked before is not asked again.
    ///
    /// - Throws: `LyceumError.failed` if a text was not answered; the other answers are kept in the lab.
    static func generateTexts(
        _ call: LuaCall, by object: TeacherObject, in environment: ScriptEnvironment
    ) throws -> [LuaValue] {
        let isOne = call.value(1).string != nil
        guard isOne || call.value(1).table != nil else { throw call.mismatch(1, nil) }
        let texts = try isOne ? [call.string(1)] : listed(call)
        let options = try call.options(2, declared: textOptions + object.opened.callOptions) { name in
            generateOptions.contains { $0.name == name }
                ? "it belongs to a dataset; fill a prompt in with gpt:generate(p { name = value })" : nil
        }
        let values = options.values
        let samples = try values.int("n")
        var plan = try GenerationPlan(
            Dataset(records: texts.map { ["text": .string($0)] }), prompt: PromptTemplate("{{ text }}"),
            samples: samples, reuse: try values.bool("fresh") ? .none : .all,
            name: values.optionalString("name"))
        plan.showsFields = false
        let teacher = try object.opened.adjusted(try values.only(object.opened.callOptions))
        let run = GenerationRun(plan, by: teacher, in: environment.session)
        let answers = try finishing(run, call.state) { try run.ask() }.answers
        let missing = answers.filter { !$0.isGood }
        if let first = missing.first {
            let reason = first.problem ?? "it was not asked"
            throw LyceumError.failed(
                answers.count == 1
                    ? reason
                    : "\(missing.count) of \(answers.count) were not answered; text \(first.row + 1): \(reason)",
                remedy: answers.count == 1
                    ? nil : "the other answers are kept: the same call asks only for what is missing")
        }
        let replies = answers.map { Value.string($0.reply?.reply.text ?? "") }
        let rows =
            samples == 1
            ? replies
            : stride(from: 0, to: replies.count, by: samples).map {
                .list(Array(replies[$0..<min($0 + samples, replies.count)]))
            }
        return [.data(isOne ? rows.first ?? .null : .list(rows))]
    }

    private static func listed(_ call: LuaCall) throws -> [String] {
        if try call.elements(1).first?.table != nil {
            throw LyceumError.invalid(
                call.place(1), expected: "a dataset, a text or a list of texts", got: "a list of tables",
                remedy:
                    "a chat is asked with gpt(messages), rows with gpt:generate(data.from(rows), { prompt = p })"
            )
        }
        return try call.strings(1)
    }
}
