import LyceumKit
import LyceumText

/// What a student writes for the validation inputs while it is trained, and how good it is
/// (`predict_with_generate`, after transformers' `Seq2SeqTrainer`).
struct ValidationTexts {
    /// The measures that can choose the best weights; the caller's `ExampleSource.scorer` computes them.
    static let metrics = ["rouge1", "rouge2", "rougeL", "rougeLsum"]

    /// The options of training that they add.
    struct Wishes: Settings {
        @Setting(
            "predict_with_generate",
            "generate for valid at every validation and record its ROUGE (eval_rouge1, …); "
                + "metric_for_best_model = \"rouge1\" and the like imply it")
        var isWanted: Bool?
        @Setting("generation_num_beams", in: 1...256, "beams of that generation")
        var beams = 1
        @Setting(
            "generation_max_length", in: 1...65536, unit: "tokens",
            "maximum tokens of its texts; else max_target_length")
        var maxLength: Int?
    }

    private let search: DecodingOptions

    /// Reads the options; nil if no texts are asked for.
    ///
    /// - Parameters:
    ///   - options: checked against `Wishes`, among others.
    ///   - settings: the run's.
    ///   - configuration: what the checkpoint says about generation.
    ///   - limit: the most tokens of a target in training.
    init?(
        _ options: Options, _ settings: TrainingOptions, configuration: GenerationConfiguration, limit: Int
    ) throws {
        let wishes = try Wishes(options)
        let isNeeded = settings.metricForBestModel != TrainingOptions.loss
        if isNeeded, wishes.isWanted == false {
            throw wishes.$isWanted.refusal(
                options,
                expected: "true, which metric_for_best_model = '\(settings.metricForBestModel)' needs")
        }
        guard isNeeded || wishes.isWanted == true else { return nil }
        let length = min(wishes.maxLength ?? limit, limit)
        search = try DecodingOptions(
            Options(
                [
                    "num_beams": .integer(wishes.beams),
                    "max_new_tokens": .integer(max(1, length)), "do_sample": false,
                ], declared: DecodingOptions.declarations, function: options.function),
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
        // By all ranks, each its share: then every rank has all texts, and scores them alike.
        let texts = try Ranks.map(
            pairs.sources, encode: { .list($0.map(Value.integer)) },
            decode: { ($0.list ?? []).compactMap(\.integer) }
        ) {
            try $0.isEmpty
                ? []
                : Generator.generate(
                    model, sources: $0, batchSize: settings.batchSize, options: search, job: job)
        }
        return try scorer(
            zip(texts, pairs.words).map { try tokenizer.spell($0, words: $1) },
            (0..<examples.count).map { try examples.example(at: $0).target })
    }
}
