import Corpus
import LuaBridge
import LyceumKit
import Workbench

extension StudentObject {
    static func generate(_ environment: ScriptEnvironment) -> LuaFunction {
        LuaFunction(
            name: "generate",
            summary: "Writes one text for each row, for each text of a list, or for one text.",
            parameters: [
                LuaParameter(
                    "data", .either([.object("dataset"), .list("strings"), .string]), "what it reads"),
                LuaParameter(
                    "options",
                    .options([
                        .column("input", "the column it reads; required for a dataset"),
                        .string("output", default: "prediction", "the column it writes"),
                        .string(
                            "name", "makes a run of its own of this name; else it belongs to the training"),
                    ]), "also the architecture's own: see help \"t5\"", optional: true),
            ],
            returns:
                "the dataset plus the column; for a list, a list of texts; for a text, the answer. With num_return_sequences above 1 "
                + "also a column with \"_all\" behind its name that holds lists of texts; for a list, lists of texts",
            errors: [
                "a student that does not generate (the message says who does)",
                "a student that has not been trained", "a missing column",
            ],
            setUp: Scripting.exampleStudent,
            example:
                "local out = t5:generate(gold, { input = \"document\", max_new_tokens = 4 })\nassert(out[1].prediction)",
            furtherOptions: { ($0.receiver as? StudentObject)?.architecture.generationOptions ?? [] },
            body: { call in
                let object = try call.receiver(StudentObject.self)
                return try object.read(
                    call, environment, task: .generate, title: "generating", verb: "generate from",
                    options: object.architecture.generationOptions,
                    shared: { try RankShares.generate($0, by: object.student, options: $1, job: $2) },
                    alone: { try object.student.generate($0, options: $1, job: $2) },
                    text: { $0.text },
                    values: { answers, _ in
                        let hasSeveral = answers.contains { !$0.alternatives.isEmpty }
                        return answers.map { hasSeveral ? allTexts($0) : .string($0.text) }
                    },
                    columns: { data, answers, options, run in
                        let column = try options.string("output")
                        let output = try data.adding(
                            column: column, values: answers.map { .string($0.text) }, run: run)
                        guard answers.contains(where: { !$0.alternatives.isEmpty }) else { return output }
                        return try output.adding(column: column + "_all", values: answers.map(allTexts))
                    })
            })
    }

    /// The best text and the others.
    private static func allTexts(_ generation: GeneratedText) -> Value {
        .list(([generation.text] + generation.alternatives).map(Value.string))
    }
}
