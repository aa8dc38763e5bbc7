import LyceumKit
import LyceumText

extension SequenceClassificationStudent {
    /// `precision = "auto"` takes fp32 for fewer texts than this.
    private static var fewTexts: Int { 8 }

    /// Names the class of each text; see `Student.classify`.
    public func classify(_ inputs: [String], options: Options, job: Job) throws -> [Classification] {
        try options.check(against: Self.classificationOptions)
        let reading = try ReadingSettings(options)
        let (network, tokenizer, labels) = try ready(to: "classify")
        let positions = network.encoder.maxPositions
        let limit = min(reading.maxSourceLength ?? maxSourceLength, positions ?? .max)
        let (texts, cut) = try tokenizer.encodeInputs(inputs, limit: limit, job: job)
        job.noteCut(cut, of: inputs.count, limit: limit, positions: positions)
        network.eval()
        try network.move(to: device(reading.device))
        defer { network.dropComputeType() }
        // By length, so that little is padded; the answers go back to their places.
        let order = texts.indices.sorted { texts[$0].count > texts[$1].count }
        let batchSize = reading.batchSize
        var answers = [Classification](repeating: Classification(probabilities: []), count: inputs.count)
        try noGrad {
            // To convert all weights costs as much as to read a few texts.
            let precision = reading.precision
            let isWorthIt = precision != .auto || inputs.count >= Self.fewTexts
            try network.setComputeType(isWorthIt ? precision.computeType(on: network.device) : .float32)
            for start in stride(from: 0, to: order.count, by: batchSize) {
                try job.checkCancelled(kept: "\(start) of \(inputs.count) texts were classified")
                let some = order[start..<min(start + batchSize, order.count)]
                let batch = try TokenBatch(some.map { texts[$0] }, padID: tokenizer.padID)
                let probabilities = try network.logits(batch.to(network.device)).to(.float32)
                    .softmax(dim: 1).to(.cpu).floats()
                for (row, input) in some.enumerated() {
                    let own = probabilities[(row * labels.count)..<((row + 1) * labels.count)]
                    answers[input] = Classification(
                        probabilities: zip(labels.names, own).map { ($0, Double($1)) })
                }
                job.update(done: start + some.count, of: inputs.count, unit: "texts")
            }
        }
        job.finish(done: inputs.count, of: inputs.count, unit: "texts")
        return answers
    }
}

extension SequenceClassificationStudent: LossMeasuringStudent {
    /// Length, batch size, precision and device.
    public var lossOptions: [OptionDeclaration] { Self.classificationOptions }

    /// The mean cross-entropy of the labels.
    ///
    /// - Throws: `LyceumError.invalid` for a label that the student does not know.
    public func loss(on examples: ExampleSource, options: Options, job: Job) throws -> Double {
        let reading = try ReadingSettings(options)
        let (network, tokenizer, labels) = try ready(to: "measure a loss")
        guard examples.count > 0 else {
            throw LyceumError.empty("the data to measure the loss on", remedy: "give at least one text")
        }
        let limit = min(
            reading.maxSourceLength ?? maxSourceLength, network.encoder.maxPositions ?? .max)
        let texts = try LabelledTexts(examples, labels: labels, tokenizer: tokenizer, limit: limit, job: job)
        guard texts.unknownLabels.isEmpty else {
            throw LyceumError.invalid(
                "the labels", expected: "those that the student knows (\(LabelMap.list(labels.names)))",
                got: "also \(LabelMap.list(texts.unknownLabels.keys))",
                remedy: "filter the rows of other labels out")
        }
        try network.move(to: device(reading.device))
        return try ClassificationLearner(network) { _ in }.meanLoss(
            of: texts, batchSize: reading.batchSize, precision: reading.precision, job: job)
    }
}

extension SequenceClassificationStudent: TokenizingStudent {
    /// The ids of the pieces of a text, as the encoder reads it; nothing is cut off.
    public func tokenize(_ text: String) throws -> [Int] { try vocabulary().encode(text, addEOS: true) }

    /// The pieces of a text, one for each id.
    public func pieces(_ text: String) throws -> [String] {
        let tokenizer = try vocabulary()
        return try tokenizer.encode(text, addEOS: true).map { tokenizer.pieces[$0] }
    }

    /// The text of ids, special tokens left out.
    public func detokenize(_ ids: [Int]) throws -> String { try vocabulary().decode(ids) }

    private func vocabulary() throws -> any Tokenizer {
        guard let tokenizer else {
            throw LyceumError.unsupported(
                "this student has no vocabulary yet",
                remedy: "train it first (num_train_epochs = 0 only prepares it), or load one")
        }
        return tokenizer
    }
}
