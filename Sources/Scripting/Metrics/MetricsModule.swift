import Corpus
import Evaluation
import LuaBridge
import LyceumKit
import Workbench

extension Scripting {
    /// `metrics`: how close is it?
    static func metricsModule(_ environment: ScriptEnvironment) -> LuaModule {
        let own: [LuaFunction] =
            [
                rouge(environment), classification(environment),
            ] + builtInMetrics(environment) + [
                scoreByName(environment), compare(environment), latency(environment), lead,
                judge(environment), listMetrics(environment),
                LuaFunction(
                    name: "clock",
                    summary: "Seconds from a monotonic clock, for timing.",
                    returns: "a number; only differences mean something",
                    example: "local start = metrics.clock()\nprint(metrics.clock() - start)",
                    body: { _ in [.number(Uptime.now)] }),
            ]
        let taken = Set(own.map(\.name))
        let others = environment.plugins.metrics.filter { !taken.contains($0.id) }.map {
            pluginMetric($0, environment)
        }
        return LuaModule(
            name: "metrics", summary: "Scores with intervals, tests of differences, and baselines.",
            functions: own + others)
    }

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

    /// The options of every metric.
    static let commonOptions = columnOptions + bootstrapOptions + [runOption]

    /// Those of one metric.
    private static func commonOptions(_ needsReferences: Bool) -> [OptionDeclaration] {
        needsReferences ? commonOptions : commonOptions.filter { $0.name != "reference" }
    }

    // MARK: the metrics

    private static func rouge(_ environment: ScriptEnvironment) -> LuaFunction {
        metric(
            "rouge", "ROUGE of predictions against references, equal to rouge_score's.", environment,
            own: Metrics.rouge.options,
            returns: "a score: score.rouge1.fmeasure, .precision, .recall, .ci, .signature; printed × 100",
            example:
                "local s = metrics.rouge({ \"the cat sat\" }, { \"the cat sat down\" }, { stemmer = true })\n"
                + "print(s.rouge1.fmeasure, s.rouge1.ci[1], s.signature)")
    }

    private static func classification(_ environment: ScriptEnvironment) -> LuaFunction {
        metric(
            "classification", "How often predicted classes are right, equal to scikit-learn's figures.",
            environment,
            returns:
                "a score: accuracy, kappa, macro, micro, weighted (each .precision, .recall, .f1), classes, labels, and confusion with at most 1000 labels",
            example: "local s = metrics.classification({ \"net\", \"doc\" }, { \"net\", \"net\" })\n"
                + "assert(s.accuracy == 0.5 and s.classes.net.precision == 1)")
    }

    private static func pluginMetric(_ entry: PluginManifest.Entry, _ environment: ScriptEnvironment)
        -> LuaFunction
    {
        metric(
            entry.id, entry.summary, environment,
            returns: "a score: score.<figure>.mean, .ci, .values; recorded and compared like every other",
            example: "print(metrics.\(entry.id)({ \"a cat\" }, { \"a cat sat\" }))")
    }

    /// The function of a metric.
    ///
    /// - Parameter own: the metric's options; nil asks its plugin when they are needed.
    static func metric(
        _ id: String, _ summary: String, _ environment: ScriptEnvironment, own: [OptionDeclaration] = [],
        needsReferences: Bool = true, returns: String, example: String
    ) -> LuaFunction {
        let options = own + commonOptions(needsReferences)
        let texts: [LuaParameter] =
            needsReferences
            ? [
                LuaParameter(
                    "predictions", .either([.object("dataset"), .list("strings")]),
                    "a dataset with both columns, or a list of texts"),
                LuaParameter(
                    "references", .either([.options(options), .list("strings")]),
                    "the options for a dataset; or a list of texts, or of lists of texts if there are several each"
                ),
                LuaParameter("options", .options(options), "for two lists", optional: true),
            ]
            : [
                LuaParameter(
                    "predictions", .either([.object("dataset"), .list("strings")]),
                    "a dataset with the column, or a list of texts"),
                LuaParameter("options", .options(options), "how", optional: true),
            ]
        return LuaFunction(
            name: id, summary: summary, parameters: texts, returns: returns,
            errors: ["a missing column", "nothing to score"]
                + (needsReferences ? ["lists of different length"] : []),
            example: example,
            furtherOptions: { _ in
                // Opens the plugin, as the call itself will: only it knows its options.
                own.isEmpty ? (try? environment.plugins.metric(named: id))?.options ?? [] : []
            },
            body: { call in try score(call, try environment.plugins.metric(named: id), environment, from: 1) }
        )
    }

    private static func scoreByName(_ environment: ScriptEnvironment) -> LuaFunction {
        LuaFunction(
            name: "score",
            summary:
                "Scores texts by a metric that is named: metrics.score(\"rouge\", …) is metrics.rouge(…).",
            parameters: [
                LuaParameter(
                    "metric", .string, "an id of metrics.list()",
                    names: .suggestions { _ in
                        environment.plugins.metrics.map { LuaSuggestion($0.id, $0.summary) }
                    }),
                LuaParameter(
                    "predictions", .either([.object("dataset"), .list("strings")]),
                    "a dataset with both columns, or a list of texts"),
                LuaParameter(
                    "references", .either([.options(commonOptions), .list("strings")]),
                    "the options for a dataset, or a list of texts, or of lists of texts"),
                LuaParameter("options", .options(commonOptions), "for two lists", optional: true),
            ],
            returns: "a score",
            errors: ["a metric that is not known", "a missing column", "lists of different length"],
            example: "for _, id in ipairs { \"rouge\", \"bleu\", \"chrf\" } do\n"
                + "  print(metrics.score(id, { \"a cat\" }, { \"a cat\" }).score)\nend",
            furtherOptions: { site in
                site.arguments.first?.string.flatMap { try? environment.plugins.metric(named: $0) }?.options
                    ?? []
            },
            body: { call in
                try score(
                    call, try environment.plugins.metric(named: try call.string(1)), environment, from: 2)
            })
    }

    /// Scores what a call holds.
    ///
    /// - Parameter first: the position of the predictions.
    private static func score(
        _ call: LuaCall, _ metric: Metric, _ environment: ScriptEnvironment, from first: Int
    ) throws -> [LuaValue] {
        let data = (call.value(first).object as? DatasetObject)?.dataset
        // Two lists, or one where references are not needed; then come the options.
        let hasTargets =
            try data == nil
            && (metric.needsReferences || call.value(first + 1).table.map { try !$0.get(1).isNil } == true)
        let given = try call.options(
            hasTargets ? first + 2 : first + 1,
            declared: metric.options + commonOptions(metric.needsReferences))
        let texts = try pairs(
            call, data, given.values, from: first, needsReferences: metric.needsReferences)
        let origin = ScoreOrigin(
            data: data, column: try given.values.string("prediction"), run: given.values.optionalInt("run"))
        return [
            .object(
                ScoreObject(
                    try environment.session.score(
                        texts, by: metric, options: try own(given, metric),
                        functions: try functions(given, metric), students: try students(given, metric),
                        resampling: try resampling(given.values), origin: origin)))
        ]
    }

    static func own(_ given: LuaOptions, _ metric: Metric) throws -> Options {
        try given.values.only(metric.options.filter(\.isPlain))
    }

    /// The students among a metric's own options.
    static func students(_ given: LuaOptions, _ metric: Metric) throws -> [String: any Student] {
        var students: [String: any Student] = [:]
        for option in metric.options where option.kind == .object("student") {
            students[option.name] = try given.object(option.name, StudentObject.self)?.student
        }
        return students
    }

    static func functions(_ given: LuaOptions, _ metric: Metric) throws -> [String: (String) throws
        -> Int]
    {
        var functions: [String: (String) throws -> Int] = [:]
        for option in metric.options where !option.isPlain && option.kind != .object("student") {
            guard option.name != "tokens" else {
                functions["tokens"] = try tokenCounter(given, function: given.values.function)
                continue
            }
            functions[option.name] = given.function(option.name).map { function in
                { text in
                    guard let number = try function([.string(text)]).first?.integer else {
                        throw LyceumError.badOption(
                            function: given.values.function, option: option.name,
                            expected: "a function that returns a whole number",
                            got: "a function that returned something else")
                    }
                    return number
                }
            }
        }
        return functions
    }

    static func resampling(_ options: Options) throws -> Resampling {
        Resampling(
            confidence: try options.double("confidence"), resamples: try options.int("resamples"),
            seed: try options.int("seed"))
    }

    // MARK: comparing

    private static func compare(_ environment: ScriptEnvironment) -> LuaFunction {
        let options =
            columnOptions + bootstrapOptions + [
                .string(
                    "metric", default: "rouge", "by which datasets are scored; its options may stand here"),
                .list("names", of: .string, "what the systems are called; A, B, … if left out"),
                .boolean(
                    "sacrebleu", default: false,
                    "of bleu, chrf and ter also sacrebleu's own paired tests, with its trials and seed: each system "
                        + "against those before it"),
            ]
        func ownOptions(_ name: String?) -> [OptionDeclaration] {
            (try? environment.plugins.metric(named: name ?? "rouge"))?.options ?? []
        }
        return LuaFunction(
            name: "compare",
            summary:
                "Is the difference real? Paired tests of every figure of a metric on the same texts: bootstrap and approximate randomisation, McNemar for what is right or wrong; corrected by Holm if there are more than two systems.",
            parameters: [
                LuaParameter(
                    "systems", .list("datasets or scores"),
                    "two or more: datasets with both columns, or scores of one metric; the same rows, answered by each"
                ),
                LuaParameter("options", .options(options), "how", optional: true),
            ],
            returns:
                "a score: names, and pairs: a list of { measure, a, b, difference, ci, p_bootstrap, p_randomization, p_mcnemar, p_holm, p_sacrebleu_bs, p_sacrebleu_ar }",
            errors: ["scores of different texts, of another number of them, or computed in another way"],
            example: "local a = metrics.rouge({ \"the cat\", \"a dog\" }, { \"the cat\", \"a dog\" })\n"
                + "local b = metrics.rouge({ \"the rat\", \"a dog\" }, { \"the cat\", \"a dog\" })\n"
                + "assert(metrics.compare({ a, b }, { names = { \"one\", \"two\" } }).pairs[1].difference > 0)",
            furtherOptions: { _ in ownOptions(nil) },
            optionNames: [
                "metric": .suggestions { _ in
                    environment.plugins.metrics.map { LuaSuggestion($0.id, $0.summary) }
                }
            ],
            body: { call in
                let systems = try comparedSystems(call)
                let name = try call.value(2).table?.get("metric").string
                let given = try call.options(2, adding: ownOptions(name))
                let metric = try environment.plugins.metric(named: try given.values.string("metric"))
                let resampling = try resampling(given.values)
                let scores = try systems.enumerated().map { i, system -> Score in
                    if let score = (system.object as? ScoreObject)?.score { return score }
                    guard let data = (system.object as? DatasetObject)?.dataset else {
                        throw LyceumError.invalid(
                            "\(call.place(1)), element \(i + 1)",
                            expected: "a dataset or a score of a metric",
                            got: call.state.typeName(system), remedy: nil)
                    }
                    let texts = try pairs(
                        call, data, given.values, needsReferences: metric.needsReferences)
                    return try Score(
                        metric,
                        of: MetricInput(
                            predictions: texts.predictions, references: texts.references,
                            options: try own(given, metric), functions: try functions(given, metric),
                            students: try students(given, metric), resampling: resampling,
                            job: environment.job("scoring")))
                }
                return [
                    .object(
                        ScoreObject(
                            try environment.session.compare(
                                scores, names: given.values.optionalStrings("names"), resampling: resampling,
                                sacreBleu: try given.values.bool("sacrebleu")))
                    )
                ]
            })
    }

    /// The list of systems; the systems one after another, as it was written once, are an error that shows the list.
    private static func comparedSystems(_ call: LuaCall) throws -> [LuaValue] {
        guard call.value(1).table == nil else { return try call.elements(1) }
        throw LyceumError.invalid(
            call.place(1), expected: "a list of datasets or scores",
            got: call.state.typeName(call.value(1)),
            remedy: call.listInstead ?? "write metrics.compare({ a, b })")
    }

    private static func listMetrics(_ environment: ScriptEnvironment) -> LuaFunction {
        LuaFunction(
            name: "list",
            summary: "Lists the metrics: Lyceum's own and those of plugins; opens none of them.",
            returns: "a list of { id, summary }",
            example: "for _, m in ipairs(metrics.list()) do print(m.id, m.summary) end",
            body: { _ in
                [
                    .data(
                        .list(
                            environment.plugins.metrics.map {
                                ["id": .string($0.id), "summary": .string($0.summary)]
                            }))
                ]
            })
    }

    // MARK: texts

    /// Predictions and references, each of which may be several: of two columns, or of two lists.
    ///
    /// - Parameter first: the position of the predictions.
    static func pairs(
        _ call: LuaCall, _ data: Dataset?, _ options: Options, from first: Int = 1,
        needsReferences: Bool = true
    ) throws -> ScoredTexts {
        guard let data else {
            let predictions = try call.strings(first)
            if predictions.isEmpty {
                throw LyceumError.empty("the list of predictions", remedy: "there is nothing to score")
            }
            let references =
                needsReferences
                ? try call.stringLists(first + 1) : [[String]](repeating: [], count: predictions.count)
            return try ScoredTexts(predictions: predictions, references: references)
        }
        try data.requireRows("score")
        if !needsReferences {
            return try ScoredTexts(
                predictions: try data.strings(try options.string("prediction")),
                references: [[String]](repeating: [], count: data.count))
        }
        guard let reference = options.optionalString("reference") else {
            throw LyceumError.badOption(
                function: call.name, option: "reference", expected: "the column of references",
                got: "nothing (it is required)")
        }
        return try ScoredTexts(
            predictions: try data.strings(try options.string("prediction")),
            references: try data.stringLists(reference))
    }
}
