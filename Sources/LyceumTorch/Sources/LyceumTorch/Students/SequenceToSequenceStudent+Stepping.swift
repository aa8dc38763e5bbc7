import LyceumKit

extension SequenceToSequenceStudent: SteppingStudent {
    /// Compares what is written token by token with whole texts; see `SteppingStudent`.
    public func steppingFault(_ inputs: [String]) throws -> String? {
        let (model, tokenizer) = try ready(to: "be stepped through")
        let sources = try tokenizer.encodeInputs(
            inputs, limit: maxSourceLength, copies: model.copies, job: .silent())
        model.eval()
        return try noGrad {
            var trial = try SteppingTrial(model, sources.ids)
            return try trial.fault()
        }
    }
}

/// Hypotheses that grow as in a beam search: they change places, and a source is dropped when it is done.
private struct SteppingTrial<Model: SequenceToSequenceModel> {
    private let model: Model
    private let cache: DecoderCache
    private var source: EncodedSource
    /// By row, source by source, the tokens read so far, the start first.
    private var texts: [[Int]]
    private static var each: Int { 3 }
    private static var steps: Int { 5 }

    init(_ model: Model, _ sources: [[Int]]) throws {
        self.model = model
        cache = DecoderCache(layers: model.decoderLayerCount, rowsPerSource: Self.each)
        source = try model.encode(TokenBatch(sources, padID: model.padID).to(model.device))
        texts = [[Int]](repeating: [model.decoderStartID], count: sources.count * Self.each)
    }

    mutating func fault() throws -> String? {
        for step in 0..<Self.steps {
            let last = try Tensor(texts.map { $0.last ?? 0 }, shape: [texts.count, 1]).to(model.device)
            let stepped = try model.decode(last, source: source, cache: cache)
            try cache.checkRows(texts.count)
            if let fault = try difference(stepped, step: step) { return fault }
            let vocabulary = max(1, model.configuration.vocabularySize)
            for row in texts.indices { texts[row].append((7 * row + 11 * step + 3) % vocabulary) }
            if step == 1 { try choose([1, 2, 0], of: Array(0..<texts.count / Self.each), drops: false) }
            if step == 2 { try choose([2, 0, 0], of: Array(1..<texts.count / Self.each), drops: true) }
        }
        return nil
    }

    /// Keeps some of each source's hypotheses, in a new order, and some of the sources.
    private mutating func choose(_ order: [Int], of sources: [Int], drops: Bool) throws {
        let rows = sources.flatMap { source in order.map { source * Self.each + $0 } }
        try cache.select(rows: rows, sources: drops ? sources : nil)
        if drops { source = try source.select(sources) }
        texts = rows.map { texts[$0] }
    }

    /// How the states of this step differ from those of the whole texts.
    private func difference(_ stepped: Tensor, step: Int) throws -> String? {
        let sources = try source.states.size(0)
        let repeated = try source.select((0..<sources).flatMap { [Int](repeating: $0, count: Self.each) })
        let whole = try model.decode(
            Tensor(texts.flatMap { $0 }, shape: [texts.count, step + 1]).to(model.device), source: repeated,
            cache: nil)
        let expected = try whole.narrow(dim: 1, start: step, length: 1)
        guard stepped.shape == expected.shape else {
            return
                "at step \(step + 1) decode gives \(stepped.shape) with a cache, \(expected.shape) of the whole text"
        }
        let (a, b) = (try stepped.to(.float32), try expected.to(.float32))
        let difference = try (a - b).abs().max().item()
        let size = try b.abs().max().item()
        guard difference.isFinite, difference <= 1e-3 * (1 + size) else {
            return
                "at step \(step + 1) of \(Self.each) hypotheses for each of \(sources) sources, the states that decode "
                + "gives with a cache differ from those of the whole text by \(difference) (they are up to \(size)): "
                + "what it carries from token to token (cache.recurrent, cache.layers, cache.length) is not what it "
                + "reads in a whole text"
        }
        return nil
    }
}
