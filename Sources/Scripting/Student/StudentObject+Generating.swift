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
            example: Scripting.exampleStudent
                + "local out = t5:generate(gold, { input = \"document\", max_new_tokens = 4 })\nassert(out[1].prediction)",
            furtherOptions: { ($0.receiver as? StudentObject)?.architecture.generationOptions ?? [] },
            body: { call in
                let object = try call.receiver(StudentObject.self)
                try object.require(.generate, in: environment)
                let options = try call.options(2, adding: object.architecture.generationOptions)
                let own = try options.values.only(object.architecture.generationOptions)
                let title = "generating with \(object.student.architecture)"
                if let data = (call.value(1).object as? DatasetObject)?.dataset {
                    try data.requireRows("generate from")
                    let texts = try data.strings(try options.values.string("input"))
                    let (answers, run) = try environment.session.work(
                        object.opened, .generate, title, over: data, options: options.values,
                        name: options.values.optionalString("name")
                    ) { job in
                        try RankShares.generate(texts, by: object.student, options: own, job: job)
                    } predictions: {
                        $0.map(\.text)
                    }
                    let column = try options.values.string("output")
                    var output = try data.adding(
                        column: column, values: answers.map { .string($0.text) }, run: run)
                    if answers.contains(where: { !$0.alternatives.isEmpty }) {
                        output = try output.adding(column: column + "_all", values: answers.map(allTexts))
                    }
                    return [.object(DatasetObject(output))]
                }
                if let text = call.value(1).string {
                    let job = environment.shortJob(title)
                    guard let answer = try object.student.generate([text], options: own, job: job).first
                    else {
                        return [.nil]
                    }
                    return [answer.alternatives.isEmpty ? .string(answer.text) : .data(allTexts(answer))]
                }
                guard call.value(1).table != nil else { throw call.mismatch(1, nil) }
                let texts = try call.strings(1)
                let answers = try object.student.generate(texts, options: own, job: environment.job(title))
                let hasSeveral = answers.contains { !$0.alternatives.isEmpty }
                return [.data(.list(answers.map { hasSeveral ? allTexts($0) : .string($0.text) }))]
            })
    }

    /// The best text and the others.
    private static func allTexts(_ generation: GeneratedText) -> Value {
        .list(([generation.text] + generation.alternatives).map(Value.string))
    }
}
