import LyceumKit
import LyceumText

extension SequenceToSequenceStudent {
    /// Writes one text for each input; see `Student.generate` and `DecodingOptions`.
    public func generate(_ inputs: [String], options: Options, job: Job) throws -> [Generation] {
        let (model, tokenizer) = try ready(to: "generate")
        let search = try DecodingOptions(options)
        let prefix = options.optionalString("source_prefix") ?? prefix
        let sources = try tokenizer.encodeBatch(
            inputs.map { prefix + $0 }, addEOS: true,
            maximumLength: options.optionalInt("max_source_length") ?? maxSourceLength, job: job)
        model.eval()
        try model.move(to: device(options))
        try noGrad { try model.setComputeType(Precision(options).computeType) }
        defer { model.dropComputeType() }
        let texts = try Generator.generate(
            model, sources: sources, batchSize: options.int("batch_size"), options: search, job: job)
        return try texts.map { ids in
            // A network may have more rows than the vocabulary has pieces; such ids spell nothing.
            let known = ids.filter { $0 < tokenizer.vocabularySize }
            return Generation(
                text: try tokenizer.decode(known, skipSpecialTokens: true), tokenCount: ids.count)
        }
    }
}
