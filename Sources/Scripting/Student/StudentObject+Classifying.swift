import LuaBridge
import LyceumKit
import Workbench

extension StudentObject {
    static func classify(_ environment: ScriptEnvironment) -> LuaFunction {
        LuaFunction(
            name: "classify", summary: "Classifies each row, each text of a list, or one text.",
            parameters: [
                LuaParameter(
                    "data", .either([.object("dataset"), .list("strings"), .string]), "what it reads"),
                LuaParameter(
                    "options",
                    .options([
                        .column("input", "the column it reads; required for a dataset"),
                        .string("output", default: "prediction", "the column that takes the label"),
                        .string(
                            "name", "makes a run of its own of this name; else it belongs to the training"),
                        .string(
                            "probability", default: "probability", "the column that takes its probability"),
                        .boolean(
                            "all_probabilities", default: false,
                            "the probability of every label: for a text a table of label = probability instead of the label, "
                                + "for a list a list of them, for a dataset a further column probability_all"),
                    ]), "also the architecture's own: see help \"gbdt\"", optional: true),
            ],
            returns:
                "the dataset plus both columns; for a list, a list of labels; for a text, the label. With all_probabilities "
                + "tables of label = probability, 0…1",
            errors: [
                "a student that does not classify (the message says who does)",
                "a student that has not been trained",
                "a missing column",
            ],
            example: """
                local d = data.from {
                  { text = "a cat and a dog", label = "pet" }, { text = "cats purr", label = "pet" },
                  { text = "a train on rails", label = "travel" }, { text = "trains are late", label = "travel" },
                }
                local gb = student.new("gbdt", { task = "classify", min_df = 1 })
                gb:train(d, { input = "text", target = "label", n_estimators = 2 })
                print(gb:classify(d, { input = "text" })[1].prediction, gb:classify "two cats")
                print(gb:classify("two cats", { all_probabilities = true }).pet)
                """,
            furtherOptions: { ($0.receiver as? StudentObject)?.architecture.classificationOptions ?? [] },
            body: { call in
                let object = try call.receiver(StudentObject.self)
                return try object.read(
                    call, environment, task: .classify, title: "classifying", verb: "classify",
                    options: object.architecture.classificationOptions,
                    shared: { try RankShares.classify($0, by: object.student, options: $1, job: $2) },
                    alone: { try object.student.classify($0, options: $1, job: $2) },
                    text: { $0.label },
                    values: { classes, options in
                        let wantsAll = try options.bool("all_probabilities")
                        return classes.map { wantsAll ? allProbabilities($0) : .string($0.label) }
                    },
                    columns: { data, classes, options, run in
                        let probability = try options.string("probability")
                        let output = try data.adding(
                            column: try options.string("output"), values: classes.map { .string($0.label) },
                            run: run
                        ).adding(
                            column: probability, values: classes.map { .number($0.probability) }, run: run)
                        guard try options.bool("all_probabilities") else { return output }
                        return try output.adding(
                            column: probability + "_all", values: classes.map(allProbabilities), run: run)
                    })
            })
    }

    /// The labels with their probabilities.
    private static func allProbabilities(_ classes: Classification) -> Value {
        let all = classes.probabilities.map { ($0.label, Value.number($0.probability)) }
        return .object(Dictionary(all, uniquingKeysWith: { first, _ in first }))
    }
}
