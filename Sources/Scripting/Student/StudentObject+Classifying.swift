import LuaBridge
import LyceumKit
import Workbench

extension StudentObject {
    static func classify(_ environment: ScriptEnvironment) -> LuaFunction {
        LuaFunction(
            name: "classify", summary: "Names the class of each row, of each text of a list, or of one text.",
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
                    ]), "also the architecture's own: see help \"gbdt\"", optional: true),
            ],
            returns:
                "the dataset plus both columns; for a list, a list of labels; for a text, the label, its "
                + "probability (0…1) and a table of all labels' probabilities",
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
                print(gb:classify(d, { input = "text" })[1].prediction)
                """,
            furtherOptions: { ($0.receiver as? StudentObject)?.architecture.classificationOptions ?? [] },
            body: { call in
                let object = try call.receiver(StudentObject.self)
                try object.require(.classify, in: environment)
                let options = try call.options(2, adding: object.architecture.classificationOptions)
                let own = try options.values.only(object.architecture.classificationOptions)
                let title = "classifying with \(object.student.architecture)"
                if let data = (call.value(1).object as? DatasetObject)?.dataset {
                    try data.requireRows("classify")
                    let texts = try data.strings(try options.values.string("input"))
                    let (classes, run) = try environment.session.work(
                        object.opened, .classify, title, over: data, options: options.values,
                        name: options.values.optionalString("name")
                    ) { job in
                        try RankShares.classify(texts, by: object.student, options: own, job: job)
                    } predictions: {
                        $0.map(\.label)
                    }
                    let output = try data.adding(
                        column: try options.values.string("output"),
                        values: classes.map { .string($0.label) }, run: run
                    ).adding(
                        column: try options.values.string("probability"),
                        values: classes.map { .number($0.probability) }, run: run)
                    return [.object(DatasetObject(output))]
                }
                let job = environment.job(title)
                if let text = call.value(1).string {
                    guard let answer = try object.student.classify([text], options: own, job: job).first
                    else {
                        return [.nil]
                    }
                    let all = answer.probabilities.map { ($0.label, Value.number($0.probability)) }
                    return [
                        .string(answer.label), .number(answer.probability),
                        .data(.object(Dictionary(all, uniquingKeysWith: { first, _ in first }))),
                    ]
                }
                guard call.value(1).table != nil else { throw call.mismatch(1, nil) }
                let texts = try call.strings(1)
                let classes = try object.student.classify(texts, options: own, job: job)
                return [.data(.list(classes.map { .string($0.label) }))]
            })
    }
}
