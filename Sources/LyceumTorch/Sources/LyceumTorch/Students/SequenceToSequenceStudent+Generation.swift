import LyceumKit
import LyceumText

extension SequenceToSequenceStudent {
    /// Writes texts for each input; see `Student.generate` and `DecodingOptions`.
    public func generate(_ inputs: [String], options: Options, job: Job) throws -> [GeneratedText] {
        let (model, tokenizer) = try ready(to: "generate")
        let reading = try ReadingSettings(options)
        var search = try DecodingOptions(options, configuration: generation)
        try search.check(vocabulary: configuration.vocabularySize)
        sayPendingNotes(job)
        if let positions = model.maxPositions, search.maxNewTokens > positions {
            job.note("texts end after \(positions) tokens, the positions that the model has")
            search.maxNewTokens = positions
        }
        let sources = try encodeSources(inputs, for: model, tokenizer, reading, job)
        try noGrad { try model.setComputeType(reading.precision.computeType(on: model.device)) }
        defer { model.dropComputeType() }
        let texts = try Generator.generate(
            model, sources: sources.ids, batchSize: reading.batchSize, options: search, job: job)
        let each = search.numReturnSequences
        return try inputs.indices.map { input in
            let texts = texts[input * each..<(input + 1) * each]
            // The best first.
            let spelt = try texts.map { try tokenizer.spell($0, words: sources.words[input]) }
            return GeneratedText(
                text: spelt.first ?? "", tokenCount: texts.first?.count ?? 0,
                alternatives: Array(spelt.dropFirst()))
        }
    }

    /// The inputs as the network reads them, prefix and length as the options say or else as in training; the
    /// network is put where it shall compute, without dropout.
    func encodeSources(
        _ inputs: [String], for model: Model, _ tokenizer: any Tokenizer, _ reading: ReadingSettings,
        _ job: Job
    ) throws -> EncodedInputs {
        let prefix = reading.prefix ?? prefix
        let positions = model.maxPositions
        let limit = min(reading.maxSourceLength ?? maxSourceLength, positions ?? .max)
        let sources = try tokenizer.encodeInputs(
            inputs.map { prefix + $0 }, limit: limit, copies: model.copies, job: job)
        job.noteCut(sources.cut, of: inputs.count, limit: limit, positions: positions)
        model.eval()
        try model.move(to: device(reading.device))
        return sources
    }
}
