import LyceumKit
import LyceumText

/// What a student writes for the validation inputs while it is trained, and how good it is
/// (`predict_with_generate`, after transformers' `Seq2SeqTrainer`).
struct ValidationTexts {
    /// The measures that can choose the best weights; the caller's `ExampleSource.scorer` computes them.
    static let metrics = ["rouge1", "rouge2", "rougeL", "rougeLsum"]

    /// The options of training that they add.
    static let declarations: [OptionDeclaration] = [
        .boolean(
            "predict_with_generate", default: nil,
            "generate for valid at every validation and record its ROUGE (eval_rouge1, …); "
                + "metric_for_best_model = \"rouge1\" and the like imply it"),
        .integer(
            "generation_num_beams", default: 1, in: 1...1024, "beams of that generation"),
        .integer(
            "generation_max_length", default: nil, in: 1...65536, unit: "tokens",
            "the most tokens of its texts; else max_target_length"),
    ]

    private let search: DecodingOptions

    /// Reads the options; nil if no texts are asked for.
    ///
    /// - Parameters:
    ///   - options: checked against `declarations`, among others.
    ///   - settings: the run's.
    ///   - configuration: what the checkpoint says about generation.
    ///   - limit: the most tokens of a target in training.
    init?(
        _ options: Options, _ settings: TrainingOptions, configuration: GenerationConfiguration, limit: Int
    ) throws {
        let isNeeded = settings.metricForBestModel != TrainingOptions.loss
        let isWanted = options.values["predict_with_generate"]?.bool
        if isNeeded, isWanted == false {
            throw LyceumError.badOption(
                function: options.function, option: "predict_with_generate",
                expected: "true, which metric_for_best_model = '\(settings.metricForBestModel)' needs",
                got: "false")
        }
        guard isNeeded || isWanted == true else { return nil }
        let length = min(options.optionalInt("generation_max_length") ?? limit, limit)
        search = try DecodingOptions(
            Options(
                [
                    "num_beams": .integer(try options.int("generation_num_beams")),
                    "max_new_tokens": .integer(max(1, length)), "do_sample": false,
                ], declared: DecodingOptions.declarations(), function: options.function),
            configuration: configuration)
    }

    /// Writes a text for each source and scores it against the example's target.
    ///
    /// - Throws: `LyceumError.unsupported` if the examples come without a scorer.
    func score<Model: SequenceToSequenceModel>(
        _ examples: ExampleSource, _ pairs: TokenizedPairs, _ model: Model, _ tokenizer: any Tokenizer,
        _ settings: TrainingOptions, _ job: Job
    ) throws -> [String: Double] {
        guard let scorer = examples.scorer else {
            throw LyceumError.unsupported(
                "the validation data comes without a way to score texts",
                remedy: "choose metric_for_best_model = 'loss'")
        }
        model.eval()
        try noGrad { try model.setComputeType(settings.precision.computeType(on: model.device)) }
        defer { model.dropComputeType() }
        let texts = try Generator.generate(
            model, sources: pairs.sources, batchSize: settings.batchSize, options: search, job: job)
        return try scorer(
            zip(texts, pairs.words).map { try tokenizer.spell($0, words: $1) },
            (0..<examples.count).map { try examples.example(at: $0).target })
    }
}
