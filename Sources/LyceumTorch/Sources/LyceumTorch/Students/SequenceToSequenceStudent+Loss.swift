import LyceumKit

extension SequenceToSequenceStudent: LossMeasuringStudent {
    /// Lengths, prefix, batch size, precision and device.
    public var lossOptions: [OptionDeclaration] { LossSettings.declarations.withoutInt8 }

    /// The mean cross-entropy of the target tokens, end tokens included: transformers' `loss` of one padded batch
    /// with -100 where the labels are padded. Weights that are kept in eight bits stay so; the rest is as `precision` says.
    public func loss(on examples: ExampleSource, options: Options, job: Job) throws -> Double {
        let settings = try LossSettings(options)
        let (model, tokenizer) = try ready(to: "measure a loss")
        guard examples.count > 0 else {
            throw LyceumError.empty("the data to measure the loss on", remedy: "give at least one pair")
        }
        let pairs = try TokenizedPairs(
            examples, tokenizer: tokenizer, prefix: settings.prefix ?? prefix,
            maxSourceLength: settings.maxSourceLength ?? maxSourceLength,
            maxTargetLength: settings.maxTargetLength, startID: model.decoderStartID,
            copies: model.copies, job: job)
        try model.move(to: device(settings.device))
        return try SequenceToSequenceLearner(model) { _ in }.meanLoss(
            of: pairs, batchSize: settings.batchSize, precision: settings.precision, job: job)
    }
}
