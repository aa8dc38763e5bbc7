import LyceumKit

extension SequenceToSequenceStudent: LossMeasuringStudent {
    /// Lengths, prefix, batch size, precision and device.
    public var lossOptions: [OptionDeclaration] {
        [
            .integer(
                "max_source_length", default: nil, in: 1...65536, unit: "tokens",
                "longer inputs are cut to this; else as in training"),
            .integer(
                "max_target_length", default: 128, in: 1...65536, unit: "tokens",
                "longer targets are cut to this"),
            .string("source_prefix", "text put before every input; else as in training"),
            .integer("batch_size", default: 16, in: 1...65536, unit: "pairs", "pairs read at once"),
            .choice(
                "precision", Precision.allCases.map(\.rawValue), default: Precision.fp32.rawValue,
                "number format of matrix products"),
            DeviceChoice.moving,
        ]
    }

    /// The mean cross-entropy of the target tokens, end tokens included: transformers' `loss` of one padded batch
    /// with -100 where the labels are padded.
    public func loss(on examples: ExampleSource, options: Options, job: Job) throws -> Double {
        let (model, tokenizer) = try ready(to: "measure a loss")
        guard examples.count > 0 else {
            throw LyceumError.empty("the data to measure the loss on", remedy: "give at least one pair")
        }
        let pairs = try TokenizedPairs(
            examples, tokenizer: tokenizer, prefix: options.optionalString("source_prefix") ?? prefix,
            maxSourceLength: options.optionalInt("max_source_length") ?? maxSourceLength,
            maxTargetLength: options.int("max_target_length"), startID: model.decoderStartID,
            copies: model.copies, job: job)
        try model.move(to: device(options))
        return try SequenceToSequenceLearner(model) { _ in }.meanLoss(
            of: pairs, batchSize: options.int("batch_size"), precision: Precision(options), job: job)
    }
}
