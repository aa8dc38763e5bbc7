import LyceumKit
import LyceumText

extension SequenceToSequenceStudent {
    /// Learns pairs; see `Student.train` and `TrainingOptions`.
    public func train(
        on examples: ExampleSource, validation: ExampleSource?, options: Options, job: Job
    ) throws -> TrainingReport {
        try options.check(against: Self.trainingOptions(learningRate: 0))
        let (settings, pairing) = (try TrainingOptions(options), try PairSettings(options))
        guard examples.count > 0 else {
            throw LyceumError.empty("the training data", remedy: "give at least one pair")
        }
        try prepareForTraining()
        let checkpoint = try settings.checkpointToResume()
        sayPendingNotes(job)
        prefix = pairing.prefix ?? prefix
        maxSourceLength = pairing.maxSourceLength
        if let checkpoint {
            try restore(checkpoint)
            try prepareForTraining()
        }
        let map = try learnLabels(examples)
        let device = try device(pairing.device)
        let (model, tokenizer) = try prepare(examples, RandomSource(seed: settings.seed), job)
        let positions = model.maxPositions
        let sourceLimit = min(maxSourceLength, positions ?? .max)
        let targetLimit = min(pairing.maxTargetLength, positions ?? .max)
        if let map {
            try check(map, tokenizer, limit: targetLimit)
            labels = map
        }
        try model.move(to: device)
        model.setDropout(settings.dropout)
        func encode(_ source: ExampleSource, packs: Bool) throws -> TokenizedPairs {
            let pairs = try TokenizedPairs(
                source, tokenizer: tokenizer, prefix: prefix, maxSourceLength: sourceLimit,
                maxTargetLength: targetLimit, startID: model.decoderStartID,
                copies: model.copies, packs: packs, job: job)
            job.noteCut(pairs.cutSources, of: source.count, limit: sourceLimit, positions: positions)
            return pairs
        }
        let held = try validation.map { try encode($0, packs: false) }
        var measure: ((Job) throws -> [String: Double])?
        if let written = try ValidationTexts(
            options, settings, configuration: generation, limit: targetLimit),
            let validation, let held
        {
            measure = { try written.score(validation, held, model, tokenizer, settings, $0) }
        }
        let trainer = try Trainer(
            SequenceToSequenceLearner(model) { try self.write(into: $0) },
            training: encode(examples, packs: model.packsRows),
            validation: held, options: settings, job: job,
            subject: subject(options), measure: measure)
        if let checkpoint { try trainer.restore(checkpoint) }
        return try trainer.run()
    }

    /// What shapes the weights besides the data and the options of every training.
    private func subject(_ options: Options) -> [String: Value] {
        var subject = options.identityOfRun()
        subject["architecture"] = .string(Model.architecture)
        subject["configuration"] = .object(configuration.json)
        subject["task"] = .string(task.rawValue)
        subject["source_prefix"] = .string(prefix)
        return subject
    }

    /// Learns a vocabulary and draws weights, as far as they are missing.
    private func prepare(
        _ examples: ExampleSource, _ random: RandomSource, _ job: Job
    ) throws -> (Model, any Tokenizer) {
        if let model, let tokenizer { return (model, tokenizer) }
        let texts = VocabularyTexts(examples, prefix: prefix, includesTargets: true)
        let made = Result {
            try Model.makeTokenizer(texts, configuration: configuration, job: job)
        }
        // Texts that could not be read are the cause of whatever the tokenizer says of those that could.
        try texts.rethrow()
        let tokenizer = try made.get()
        configuration.vocabularySize = tokenizer.vocabularySize
        let model = try Initializer.drawing(from: random) { try Model(configuration) }
        try model.checkWiring()
        model.eval()
        self.tokenizer = tokenizer
        self.model = model
        return (model, tokenizer)
    }
}
