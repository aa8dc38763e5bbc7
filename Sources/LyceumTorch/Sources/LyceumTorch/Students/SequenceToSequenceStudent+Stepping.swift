import LyceumKit

extension SequenceToSequenceStudent: SteppingStudent {
    /// Compares what is written token by token with whole texts; see `SteppingStudent`.
    public func steppingFault(_ inputs: [String]) throws -> String? {
        let (model, tokenizer) = try ready(to: "be stepped through")
        let sources = try tokenizer.encodeInputs(
            inputs, limit: maxSourceLength, copies: model.copies, job: .silent())
        model.eval()
        let fault = try noGrad {
            var trial = try SteppingTrial(model, sources.ids)
            return try trial.fault()
        }
        return try fault ?? packingFault(model, sources.ids)
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
            try checkMemories()
            if let fault = try difference(stepped, step: step) { return fault }
            let vocabulary = max(1, model.configuration.vocabularySize)
            for row in texts.indices { texts[row].append((7 * row + 11 * step + 3) % vocabulary) }
            if step == 1 { try choose([1, 2, 0], of: Array(0..<texts.count / Self.each), drops: false) }
            if step == 2 { try choose([2, 0, 0], of: Array(1..<texts.count / Self.each), drops: true) }
        }
        return nil
    }

    /// What the layers keep of the sources is kept once for each, not for each hypothesis.
    private func checkMemories() throws {
        let sources = texts.count / Self.each
        for (index, layer) in cache.layers.enumerated() {
            guard let rows = layer.crossAttention?.keys.shape.first, rows != sources else { continue }
            throw TorchError.invalid(
                "cache.layers[\(index)].crossAttention has \(rows) row\(rows == 1 ? "" : "s"), there are \(sources) "
                    + "sources: keep it once for each source, its \(Self.each) hypotheses are so many queries"
            )
        }
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
        func decoded(_ texts: [[Int]]) throws -> Tensor {
            let length = texts.first?.count ?? 0
            return try model.decode(
                Tensor(texts.flatMap { $0 }, shape: [texts.count, length]).to(model.device), source: repeated,
                cache: nil)
        }
        let whole = try decoded(texts)
        let expected = try whole.narrow(dim: 1, start: step, length: 1)
        guard stepped.shape == expected.shape else {
            return
                "at step \(step + 1) decode gives \(stepped.shape) with a cache, \(expected.shape) of the whole text"
        }
        let (difference, size) = try Self.distance(stepped, expected)
        guard difference.isFinite, difference <= 1e-3 * (1 + size) else {
            return
                "at step \(step + 1) of \(Self.each) hypotheses for each of \(sources) sources, the states that decode "
                + "gives with a cache differ from those of the whole text by \(difference) (they are up to \(size)): "
                + "what it carries from token to token (cache.recurrent, cache.layers, cache.length) is not what it "
                + "reads in a whole text"
        }
        return try step > 0 ? foresight(whole, decoded(texts.map { Array($0.dropLast()) })) : nil
    }

    /// How the states of whole texts differ from those of the same texts without their last token, which no other
    /// position may see.
    private func foresight(_ whole: Tensor, _ shorter: Tensor) throws -> String? {
        let length = try shorter.size(1)
        let (difference, size) = try Self.distance(whole.narrow(dim: 1, start: 0, length: length), shorter)
        if difference.isFinite, difference <= 1e-3 * (1 + size) { return nil }
        return
            "without a cache a position must see only those up to itself, but it sees what comes after it: with one more "
            + "token the states of the \(length) before it change by \(difference) (they are up to \(size)). Add "
            + "triu(diagonal: 1) of -1e9 to the scores of self-attention"
    }

    /// The largest difference of two tensors, and the largest value of the second.
    private static func distance(_ a: Tensor, _ b: Tensor) throws -> (difference: Double, size: Double) {
        let (a, b) = (try a.to(.float32), try b.to(.float32))
        return (try (a - b).abs().max().item(), try b.abs().max().item())
    }
}
