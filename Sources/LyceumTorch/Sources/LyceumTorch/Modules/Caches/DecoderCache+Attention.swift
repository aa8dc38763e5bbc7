// Attention as a decoder's layers need it from token to token: to the own past, and to the source.
//
// A network that decodes with these, and asks for positions by `positions(rows:)`, never touches the caches itself: rows
// may then have read different numbers of tokens (`decodesUnevenRows`).
extension DecoderCache {
    /// The position of the first of the tokens to be read, for each row.
    public func positions(rows: Int) -> [Int] {
        uneven?.lengths ?? [Int](repeating: length, count: rows)
    }

    /// Attention of the tokens that are read now to those before them and to themselves, whose keys and values it
    /// remembers.
    ///
    /// - Parameters:
    ///   - layer: which layer's.
    ///   - query: [rows, length, heads · size].
    ///   - keys: as `query`.
    ///   - values: as `query`.
    ///   - heads: how many.
    ///   - scale: multiplies the scores.
    ///   - distances: added to the scores by the distance from key to query, [heads, distances], for at least as many
    ///     distances as there are positions; nil for none.
    /// - Returns: [rows, length, heads · size].
    public func attend(
        layer: Int, _ query: Tensor, keys: Tensor, values: Tensor, heads: Int, scale: Double,
        distances: Tensor? = nil
    ) throws -> Tensor {
        if let uneven {
            return try uneven.attend(
                layer: layer, query, keys: keys, values: values, heads: heads, scale: scale,
                distances: distances)
        }
        let past = layers[layer].selfAttention.length
        let (k, v) = try layers[layer].selfAttention.append(
            Attention.split(keys, heads: heads), Attention.split(values, heads: heads))
        let bias = try Self.bias(distances, past: past, length: query.size(1), like: query)
        return try Attention.merge(
            Attention.infer(Attention.split(query, heads: heads), k, v, bias: bias, scale: scale))
    }

    /// Attention of the tokens that are read now to the source.
    ///
    /// - Parameters:
    ///   - layer: which layer's.
    ///   - query: [rows, length, heads · size].
    ///   - heads: how many.
    ///   - scale: multiplies the scores.
    ///   - source: as `decode` was given it.
    ///   - keysAndValues: [sources, length, size] to keys and values [sources, length, heads · size]; asked once for each
    ///     source.
    /// - Returns: [rows, length, heads · size].
    public func attendToSource(
        layer: Int, _ query: Tensor, heads: Int, scale: Double, source: EncodedSource,
        _ keysAndValues: (Tensor) throws -> (keys: Tensor, values: Tensor)
    ) throws -> Tensor {
        if let uneven {
            return try uneven.attendToSource(layer: layer, query, heads: heads, scale: scale, keysAndValues)
        }
        let memory: (keys: Tensor, values: Tensor)
        if let held = layers[layer].crossAttention {
            memory = held
        } else {
            let (keys, values) = try keysAndValues(source.states)
            memory = (try Attention.split(keys, heads: heads), try Attention.split(values, heads: heads))
            layers[layer].crossAttention = memory
        }
        // Hypotheses of one source become queries of one row: (rows, 1, size) -> (sources, rows / sources, size).
        let queries = try query.view(memory.keys.size(0), -1, query.size(2))
        return try Attention.merge(
            Attention.infer(
                Attention.split(queries, heads: heads), memory.keys, memory.values, bias: source.mask,
                scale: scale)
        ).view(query.shape)
    }

    /// What is added to the scores of positions `past ..< past + length`, [1, heads or 1, length, past + length].
    private static func bias(
        _ distances: Tensor?, past: Int, length: Int, like sample: Tensor
    ) throws -> Tensor? {
        var bias: Tensor?
        let keys = past + length
        if let distances {
            let places = (past..<keys).flatMap { query in (0..<keys).map { max(0, query - $0) } }
            bias = try distances.indexSelect(dim: 1, indices: Tensor(places).to(distances.device))
                .view(1, -1, length, keys)
        }
        guard length > 1 else { return bias }
        let future = try Tensor.full(
            [length, keys], TokenBatch.blocked, dtype: sample.dtype, device: sample.device
        ).triu(diagonal: past + 1)
        return try bias.map { try $0 + future } ?? future.view(1, 1, length, keys)
    }
}
