import LyceumKit
import LyceumText

extension SequenceToSequenceStudent {
    /// Writes texts for each input; see `Student.generate` and `DecodingOptions`.
    public func generate(_ inputs: [String], options: Options, job: Job) throws -> [GeneratedText] {
        let (model, tokenizer) = try ready(to: "generate")
        sayPendingNotes(job)
        let (reading, search) = try settings(options, for: model, job: job)
        let sources = try encodeSources(inputs, for: model, tokenizer, reading, job)
        let precision = PrecisionSwitch(model)
        try noGrad { try precision.set(reading.precision) }
        defer { precision.drop() }
        let texts = try Generator.generate(
            model, sources: sources.ids, batchSize: reading.batchSize, options: search, job: job)
        let each = search.numReturnSequences
        return try inputs.indices.map { input in
            try tokenizer.generated(
                Array(texts[input * each..<(input + 1) * each]), words: sources.words[input])
        }
    }

    /// What options of `:generate` say, checked against the network.
    ///
    /// - Parameter job: hears if the texts are shorter than asked for.
    func settings(
        _ options: Options, for model: Model, job: Job = .silent()
    ) throws -> (reading: ReadingSettings, search: DecodingOptions) {
        let reading = try ReadingSettings(options)
        var search = try DecodingOptions(options, configuration: generation)
        try search.check(vocabulary: configuration.vocabularySize)
        if let positions = model.maxPositions, search.maxNewTokens > positions {
            job.note("texts end after \(positions) tokens, the positions that the model has")
            search.maxNewTokens = positions
        }
        return (reading, search)
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

extension Tokenizer {
    /// The texts of one input, the best first.
    func generated(_ texts: [[Int]], words: [String]) throws -> GeneratedText {
        let spelled = try texts.map { try spell($0, words: words) }
        return GeneratedText(
            text: spelled.first ?? "", tokenCount: texts.first?.count ?? 0,
            alternatives: Array(spelled.dropFirst()))
    }
}
