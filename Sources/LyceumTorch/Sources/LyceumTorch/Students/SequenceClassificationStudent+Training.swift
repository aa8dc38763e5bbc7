import LyceumKit
import LyceumText

extension SequenceClassificationStudent {
    /// Learns texts and their labels; see `Student.train`, `TrainingOptions` and `LabelTrainingSettings`.
    public func train(
        on examples: ExampleSource, validation: ExampleSource?, options: Options, job: Job
    ) throws -> TrainingReport {
        try options.check(against: Self.trainingOptions(learningRate: 0))
        let (settings, labelling) = (try TrainingOptions(options), try LabelTrainingSettings(options))
        guard examples.count > 0 else {
            throw LyceumError.empty("the training data", remedy: "give at least one text of each label")
        }
        try prepareForTraining()
        let checkpoint = try settings.checkpointToResume()
        maxSourceLength = labelling.maxSourceLength
        if let checkpoint {
            try restore(checkpoint)
            try prepareForTraining()
        }
        let device = try device(labelling.device)
        let isNew = labelling.newLabels && checkpoint == nil
        let map = try isNew ? LabelMap(of: examples) : labels ?? LabelMap(of: examples)
        try map.check(
            examples, remedy: "new_labels = true forgets the old ones; or train a new student on all labels")
        let (network, tokenizer) = try prepare(examples, map, RandomSource(seed: settings.seed), job)
        let limit = min(maxSourceLength, network.encoder.maxPositions ?? .max)
        func encode(_ source: ExampleSource) throws -> LabelledTexts {
            let texts = try LabelledTexts(source, labels: map, tokenizer: tokenizer, limit: limit, job: job)
            job.noteCut(
                texts.cutTexts, of: source.count, limit: limit, positions: network.encoder.maxPositions)
            return texts
        }
        let training = try encode(examples)
        let held = try validation.map(encode)
        if let held { Self.noteUnknown(held, job) }
        try network.move(to: device)
        network.setDropout(settings.dropout)
        let weights =
            labelling.classWeight == .balanced
            ? Self.balancedWeights(training.labels, of: map.count) : nil
        let trainer = try Trainer(
            ClassificationLearner(network, weights: weights) { try self.write(into: $0) },
            training: training, validation: held, options: settings, job: job,
            subject: subject(options))
        if let checkpoint { try trainer.restore(checkpoint) }
        return try trainer.run()
    }

    /// What shapes the weights besides the data and the options of every training.
    private func subject(_ options: Options) -> [String: Value] {
        var subject = options.identityOfRun()
        subject["architecture"] = .string(Encoder.architecture)
        subject["configuration"] = .object(configuration.json)
        return subject
    }

    /// Learns a vocabulary, draws weights and an output layer, as far as they are missing.
    private func prepare(
        _ examples: ExampleSource, _ map: LabelMap, _ random: RandomSource, _ job: Job
    ) throws -> (ClassificationNetwork<Encoder>, any Tokenizer) {
        if let network, let tokenizer {
            if labels == map, network.labelCount == map.count { return (network, tokenizer) }
            let renewed = ClassificationNetwork(network.encoder)
            try Initializer.drawing(from: random) { try renewed.addClassifier(labels: map.count) }
            renewed.eval()
            (self.network, labels) = (renewed, map)
            return (renewed, tokenizer)
        }
        let texts = VocabularyTexts(examples, includesTargets: false)
        let made = Result {
            try Encoder.makeTokenizer(texts, configuration: configuration, job: job)
        }
        // Texts that could not be read are the cause of whatever the tokenizer says of those that could.
        try texts.rethrow()
        let tokenizer = try made.get()
        configuration.vocabularySize = tokenizer.vocabularySize
        let network = try Initializer.drawing(from: random) {
            let network = ClassificationNetwork(try Encoder(configuration))
            try network.encoder.checkWiring()
            try network.addClassifier(labels: map.count)
            return network
        }
        network.eval()
        (self.network, self.tokenizer, labels) = (network, tokenizer, map)
        return (network, tokenizer)
    }

    /// The weights of scikit-learn's `class_weight="balanced"`: texts / (classes × texts of the class).
    private static func balancedWeights(_ labels: [Int], of count: Int) -> [Float] {
        var sizes = [Int](repeating: 0, count: count)
        for label in labels { sizes[label] += 1 }
        return sizes.map { Float(Double(labels.count) / (Double(count) * Double(max($0, 1)))) }
    }

    private static func noteUnknown(_ held: LabelledTexts, _ job: Job) {
        let unknown = held.unknownLabels
        guard !unknown.isEmpty else { return }
        let count = unknown.values.reduce(0, +)
        job.note(
            "\(Encoder.architecture): \(count) of \(count + held.labels.count) validation examples have labels "
                + "unseen in training and are left out: \(LabelMap.list(unknown.keys))")
    }
}
