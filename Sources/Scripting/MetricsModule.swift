import Evaluation
import LuaBridge
import LyceumKit

extension Scripting {
    private static let rougeOptions: [OptionDeclaration] = [
        .string("prediction", default: "prediction", "the column of generated texts (for a dataset)"),
        .string("reference", "the column of human texts (for a dataset, required)"),
        .list(
            "types", of: .string, default: ["rouge1", "rouge2", "rougeL", "rougeLsum"],
            "rouge1 … rouge9, rougeL, rougeLsum"),
        .boolean("stemmer", default: false, "stems words by Porter's rules, NLTK's variant"),
        .choice(
            "split", RougeOptions.Split.allCases.map(\.rawValue), default: "newline",
            "where rougeLsum splits sentences: at line breaks, or by punctuation rules"),
        .number("confidence", default: 0.95, in: 0.01...0.999, "of the intervals"),
        .integer("resamples", default: 1000, in: 1...1_000_000, "bootstrap samples"),
        .integer("seed", default: 0, "equal seeds give equal intervals"),
    ]

    /// `metrics`: how close is it?
    static func metricsModule(_ environment: ScriptEnvironment) -> LuaModule {
        LuaModule(
            name: "metrics", summary: "Scores with intervals, and baselines.",
            functions: [
                LuaFunction(
                    name: "rouge",
                    summary: "ROUGE of predictions against references, equal to rouge_score's.",
                    parameters: [
                        LuaParameter(
                            "predictions", .either([.object("dataset"), .list("strings")]),
                            "a dataset with both columns, or a list of texts"),
                        LuaParameter(
                            "references", .either([.options(rougeOptions), .list("strings")]),
                            "the options for a dataset, or a list of texts"),
                        LuaParameter("options", .options(rougeOptions), "for two lists", optional: true),
                    ],
                    returns: "a score: score.rouge1.fmeasure, .precision, .recall, .ci; printed × 100",
                    errors: ["a missing column", "nothing to score", "lists of different length"],
                    example:
                        "local s = metrics.rouge({ \"the cat sat\" }, { \"the cat sat down\" }, { stemmer = true })\n"
                        + "print(s.rouge1.fmeasure, s.rouge1.ci[1], s.signature)",
                    body: { call in
                        let data = (call.value(1).object as? DatasetObject)?.dataset
                        let options = try call.options(data == nil ? 3 : 2, declared: rougeOptions).values
                        let predictions: [String]
                        let references: [String]
                        if let data {
                            try data.requireRows("score")
                            guard let reference = options.optionalString("reference") else {
                                throw LyceumError.badOption(
                                    function: call.name, option: "reference",
                                    expected: "the column of human texts", got: "nothing (it is required)")
                            }
                            predictions = try data.strings(try options.string("prediction"))
                            references = try data.strings(reference)
                        } else {
                            predictions = try texts(call, 1)
                            references = try texts(call, 2)
                        }
                        let report = try Rouge.score(
                            predictions: predictions, references: references,
                            options: try RougeOptions(
                                kinds: (options.optionalStrings("types") ?? []).map(RougeKind.init),
                                stemmer: try options.bool("stemmer"),
                                split: RougeOptions.Split(rawValue: try options.string("split")) ?? .newline,
                                confidence: try options.double("confidence"),
                                resamples: try options.int("resamples"), seed: try options.int("seed")),
                            job: Job("scoring"))
                        return [.object(ScoreObject(report))]
                    }),
                LuaFunction(
                    name: "lead", summary: "The lead baseline: each text's first sentences.",
                    parameters: [
                        LuaParameter("data", .object("dataset"), "the texts"),
                        LuaParameter(
                            "options",
                            .options([
                                .string("input", required: true, "the column of texts"),
                                .string("output", default: "prediction", "the column that takes the lead"),
                                .integer("sentences", default: 1, in: 1...1000, "sentences to take"),
                            ]), "how"),
                    ],
                    returns: "the dataset plus the column", errors: ["a missing column"],
                    example: "local d = data.from { { text = \"One. Two.\" } }\n"
                        + "assert(metrics.lead(d, { input = \"text\" })[1].prediction == \"One.\")",
                    body: { call in
                        let data = try call.object(1, DatasetObject.self).dataset
                        let options = try call.options(2).values
                        let count = try options.int("sentences")
                        let leads = try data.strings(try options.string("input")).map {
                            Value.string(Lead.sentences($0, count: count))
                        }
                        return [
                            .object(
                                DatasetObject(
                                    try data.adding(column: try options.string("output"), values: leads)))
                        ]
                    }),
                LuaFunction(
                    name: "clock",
                    summary: "Wall-clock seconds of a clock that only goes forward, for timing.",
                    returns: "a number; only differences mean something",
                    example: "local start = metrics.clock()\nprint(metrics.clock() - start)",
                    body: { _ in [.number((ContinuousClock.now - clockStart).seconds)] }),
            ])
    }

    private static let clockStart = ContinuousClock.now

    /// A list of texts.
    private static func texts(_ call: LuaCall, _ position: Int) throws -> [String] {
        let elements = try call.table(position).elements()
        let texts = elements.compactMap(\.string)
        guard texts.count == elements.count else { throw call.mismatch(position, .list("strings")) }
        return texts
    }
}
