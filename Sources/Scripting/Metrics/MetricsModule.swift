import Corpus
import Evaluation
import LuaBridge
import LyceumKit
import Workbench

extension Scripting {
    /// `metrics`: how close is it?
    static func metricsModule(_ environment: ScriptEnvironment) -> LuaModule {
        LuaModule(
            name: "metrics", summary: "Scores with intervals, tests of differences, and baselines.",
            functions: [
                rouge(environment), compare(environment), classification(environment), latency(environment),
                lead,
                LuaFunction(
                    name: "clock",
                    summary: "Wall-clock seconds of a clock that only goes forward, for timing.",
                    returns: "a number; only differences mean something",
                    example: "local start = metrics.clock()\nprint(metrics.clock() - start)",
                    body: { _ in [.number((ContinuousClock.now - clockStart).seconds)] }),
            ] + pluginMetrics(environment))
    }

    private static let clockStart = ContinuousClock.now

    static let columnOptions: [OptionDeclaration] = [
        .column("prediction", default: "prediction", "the column of generated texts (for a dataset)"),
        .column(
            "reference", "the column of human texts, or of lists of them (for a dataset, required)"),
    ]

    /// With which run scores are recorded.
    static let runOption = OptionDeclaration.integer(
        "run", default: nil, in: 1...1_000_000_000,
        "the number of the run to record the scores with; else the one that made the predictions")

    static let bootstrapOptions: [OptionDeclaration] = [
        .number("confidence", default: 0.95, in: 0.01...0.999, "of the intervals"),
        .integer("resamples", default: 1000, in: 1...1_000_000, "bootstrap samples"),
        .integer("seed", default: 42, "equal seeds give equal intervals"),
    ]

    private static let rougeOptions: [OptionDeclaration] =
        columnOptions + [
            .list(
                "types", of: .string, default: ["rouge1", "rouge2", "rougeL", "rougeLsum"],
                "rouge1 … rouge9, rougeL, rougeLsum"),
            .boolean("stemmer", default: false, "stems words by Porter's rules, NLTK's variant"),
            .choice(
                "split", RougeOptions.Split.allCases.map(\.rawValue), default: "newline",
                "where rougeLsum splits sentences: at line breaks, or by punctuation rules"),
            .choice(
                "tokenizer", RougeOptions.Tokenization.allCases.map(\.rawValue), default: "google",
                "rouge_score's tokens (a–z and 0–9 only), or those of every script"),
            .object(
                "tokens", "value",
                "a function text → count or list, or a student whose vocabulary counts: adds the mean length in tokens"
            ),
        ] + bootstrapOptions

    private static func rouge(_ environment: ScriptEnvironment) -> LuaFunction {
        LuaFunction(
            name: "rouge", summary: "ROUGE of predictions against references, equal to rouge_score's.",
            parameters: [
                LuaParameter(
                    "predictions", .either([.object("dataset"), .list("strings")]),
                    "a dataset with both columns, or a list of texts"),
                LuaParameter(
                    "references", .either([.options(rougeOptions + [runOption]), .list("strings")]),
                    "the options for a dataset, or a list of texts, or of lists of texts if there are several each"
                ),
                LuaParameter(
                    "options", .options(rougeOptions + [runOption]), "for two lists", optional: true),
            ],
            returns: "a score: score.rouge1.fmeasure, .precision, .recall, .ci, .signature; printed × 100",
            errors: ["a missing column", "nothing to score", "lists of different length"],
            example:
                "local s = metrics.rouge({ \"the cat sat\" }, { \"the cat sat down\" }, { stemmer = true })\n"
                + "print(s.rouge1.fmeasure, s.rouge1.ci[1], s.signature)",
            body: { call in
                let data = (call.value(1).object as? DatasetObject)?.dataset
                let options = try call.options(
                    data == nil ? 3 : 2, declared: rougeOptions + [runOption])
                let scored = try pairs(call, data, options.values)
                let report = try rougeReport(scored, options, environment)
                try environment.session.record(scored, data, options.values) {
                    report.evaluation(data: $0)
                } figures: {
                    report.rowFigures
                }
                return [.object(ScoreObject(report))]
            })
    }

    private static func rougeReport(
        _ scored: ScoredTexts, _ options: LuaOptions, _ environment: ScriptEnvironment
    ) throws -> RougeReport {
        let plain = options.values
        return try Rouge.score(
            predictions: scored.predictions, multipleReferences: scored.references,
            options: try RougeOptions(
                kinds: (plain.optionalStrings("types") ?? []).map(RougeKind.init),
                stemmer: try plain.bool("stemmer"),
                split: try plain.choice("split"),
                tokenizer: try plain.choice("tokenizer"),
                confidence: try plain.double("confidence"), resamples: try plain.int("resamples"),
                seed: try plain.int("seed")),
            countTokens: try tokenCounter(options, function: plain.function),
            job: environment.job("scoring"))
    }

    private static func compare(_ environment: ScriptEnvironment) -> LuaFunction {
        let options =
            rougeOptions + [.list("names", of: .string, "what the systems are called; A, B, … if left out")]
        return LuaFunction(
            name: "compare",
            summary:
                "Is the difference real? Paired bootstrap and approximate randomisation of ROUGE on the same texts, corrected by Holm if there are more than two systems.",
            parameters: [
                LuaParameter(
                    "a", .either([.object("dataset"), .object("score")]),
                    "a dataset with both columns, or a score of metrics.rouge"),
                LuaParameter(
                    "b", .either([.object("dataset"), .object("score")]), "the same rows, answered by another"
                ),
                LuaParameter(
                    "options", .either([.options(options), .object("dataset"), .object("score")]),
                    "further systems, and last the options", optional: true),
            ],
            isVariadic: true,
            returns:
                "a score: score.pairs lists measure, a, b, difference, ci, p_bootstrap, p_randomization, p_holm",
            errors: ["other texts, another number of them, or another way to score"],
            example: "local a = metrics.rouge({ \"the cat\", \"a dog\" }, { \"the cat\", \"a dog\" })\n"
                + "local b = metrics.rouge({ \"the rat\", \"a dog\" }, { \"the cat\", \"a dog\" })\n"
                + "assert(metrics.compare(a, b, { names = { \"one\", \"two\" } }).pairs[1].difference > 0)",
            body: { call in
                var systems = call.arguments
                let table = systems.last?.table
                if table != nil { systems.removeLast() }
                let given = try LuaOptions(table, declared: options, function: call.name, state: call.state)
                let reports = try systems.enumerated().map { i, system -> RougeReport in
                    if let report = (system.object as? ScoreObject)?.report as? RougeReport { return report }
                    guard let data = (system.object as? DatasetObject)?.dataset else {
                        throw LyceumError.invalid(
                            "\(call.name): argument \(i + 1)",
                            expected: "a dataset or a score of metrics.rouge",
                            got: call.state.typeName(system), remedy: nil)
                    }
                    return try rougeReport(try pairs(call, data, given.values), given, environment)
                }
                return [
                    .object(
                        ScoreObject(
                            try RougeComparison(
                                reports, names: given.values.optionalStrings("names"),
                                confidence: try given.values.double("confidence"),
                                resamples: try given.values.int("resamples"),
                                seed: try given.values.int("seed"), job: environment.job("comparing"))))
                ]
            })
    }

    private static func classification(_ environment: ScriptEnvironment) -> LuaFunction {
        let options = columnOptions + bootstrapOptions + [runOption]
        return LuaFunction(
            name: "classification",
            summary: "How often predicted classes are right, equal to scikit-learn's figures.",
            parameters: [
                LuaParameter(
                    "predictions", .either([.object("dataset"), .list("strings")]),
                    "a dataset with both columns, or a list of classes"),
                LuaParameter(
                    "references", .either([.options(options), .list("strings")]),
                    "the options for a dataset, or a list of classes"),
                LuaParameter("options", .options(options), "for two lists", optional: true),
            ],
            returns:
                "a score: accuracy, kappa, macro, micro, weighted (each .precision, .recall, .f1), classes, confusion, labels",
            errors: ["a missing column", "nothing to score", "lists of different length"],
            example: "local s = metrics.classification({ \"net\", \"doc\" }, { \"net\", \"net\" })\n"
                + "assert(s.accuracy == 0.5 and s.classes.net.precision == 1)",
            body: { call in
                let data = (call.value(1).object as? DatasetObject)?.dataset
                let given = try call.options(data == nil ? 3 : 2, declared: options).values
                let scored = try pairs(call, data, given)
                let references = try scored.references.enumerated().map { row, labels in
                    guard let label = labels.first, labels.count == 1 else {
                        throw LyceumError.invalid(
                            "\(call.name), row \(row + 1)", expected: "one class",
                            got: "a list of \(labels.count)", remedy: nil)
                    }
                    return label
                }
                let report = try ClassificationReport(
                    predictions: scored.predictions, references: references,
                    confidence: try given.double("confidence"), resamples: try given.int("resamples"),
                    seed: try given.int("seed"), job: Job("scoring"))
                try environment.session.record(scored, data, given) {
                    report.evaluation(data: $0)
                } figures: {
                    zip(scored.predictions, references).map { ["accuracy": $0 == $1 ? 1 : 0] }
                }
                return [.object(ScoreObject(report))]
            })
    }

    /// Predictions and references, each of which may be several: of two columns, or of two lists.
    ///
    /// - Parameter first: the position of the predictions.
    static func pairs(
        _ call: LuaCall, _ data: Dataset?, _ options: Options, from first: Int = 1
    ) throws -> ScoredTexts {
        guard let data else {
            return ScoredTexts(
                predictions: try texts(call, first), references: try textLists(call, first + 1))
        }
        try data.requireRows("score")
        guard let reference = options.optionalString("reference") else {
            throw LyceumError.badOption(
                function: call.name, option: "reference", expected: "the column of references",
                got: "nothing (it is required)")
        }
        return ScoredTexts(
            predictions: try data.strings(try options.string("prediction")),
            references: try data.stringLists(reference))
    }

    /// A list of texts.
    private static func texts(_ call: LuaCall, _ position: Int) throws -> [String] {
        let elements = try call.table(position).elements()
        let texts = elements.compactMap(\.string)
        guard texts.count == elements.count else { throw call.mismatch(position, .list("strings")) }
        return texts
    }

    /// A list of texts or of lists of texts.
    private static func textLists(_ call: LuaCall, _ position: Int) throws -> [[String]] {
        try call.table(position).elements().map { element in
            if let text = element.string { return [text] }
            guard let elements = try element.table?.elements() else {
                throw call.mismatch(position, .list("strings"))
            }
            let texts = elements.compactMap(\.string)
            guard texts.count == elements.count else { throw call.mismatch(position, .list("strings")) }
            return texts
        }
    }
}
