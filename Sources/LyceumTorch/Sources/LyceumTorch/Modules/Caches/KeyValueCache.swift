/// Keys and values of the positions that a decoder layer has seen, with room for those to come.
///
/// The buffers double when they are full, so that a step copies one position and not all.
public final class KeyValueCache {
    private var keys: Tensor?
    private var values: Tensor?
    private var capacity = 0
    /// Positions held.
    public private(set) var length = 0

    /// An empty cache.
    public init() {}

    /// Adds the keys and values of new positions, each [rows, heads, new, size].
    ///
    /// - Returns: those of all positions so far, [rows, heads, length, size].
    public func append(_ newKeys: Tensor, _ newValues: Tensor) throws -> (keys: Tensor, values: Tensor) {
        let count = try newKeys.size(2)
        if length + count > capacity { try grow(to: max(2 * capacity, length + count, 16), like: newKeys) }
        guard let keys, let values else { return (newKeys, newValues) }
        try keys.narrow(dim: 2, start: length, length: count).copy_(newKeys)
        try values.narrow(dim: 2, start: length, length: count).copy_(newValues)
        length += count
        return (
            try keys.narrow(dim: 2, start: 0, length: length),
            try values.narrow(dim: 2, start: 0, length: length)
        )
    }

    /// Where it is; the CPU while it is empty.
    var device: Device { keys?.device ?? .cpu }

    /// Keeps the rows of `indices` [new rows], in that order.
    func select(_ indices: Tensor) throws {
        keys = try keys?.indexSelect(dim: 0, indices: indices)
        values = try values?.indexSelect(dim: 0, indices: indices)
    }

    private func grow(to size: Int, like sample: Tensor) throws {
        var shape = sample.shape
        shape[2] = size
        func larger(_ old: Tensor?) throws -> Tensor {
            let new = try Tensor.empty(shape, dtype: sample.dtype, device: sample.device)
            if let old, length > 0 {
                try new.narrow(dim: 2, start: 0, length: length)
                    .copy_(old.narrow(dim: 2, start: 0, length: length))
            }
            return new
        }
        keys = try larger(keys)
        values = try larger(values)
        capacity = size
    }
}

/// What a decoder remembers between two steps: a cache for each layer's self-attention, and the keys and values
/// of its attention to the source, which never change.
///
/// `rowsPerSource` hypotheses share one source row: they attend to it as so many queries of one row, so its keys
/// and values are never repeated.
public final class DecoderCache {
    /// The caches of one layer.
    public struct Layer {
        /// Of the tokens written so far.
        public let selfAttention = KeyValueCache()
        /// Of the source, [sources, heads, length, size] each.
        public var crossAttention: (keys: Tensor, values: Tensor)?
    }

    /// By layer, from the bottom.
    public var layers: [Layer]
    /// What a recurrent network carries from token to token, [rows, ...] each; empty before the first.
    public var recurrent: [Tensor] = []
    /// Hypotheses for each source row; rows come source by source.
    public let rowsPerSource: Int
    /// What `decode` adds to scores of attention by the distance of two tokens, if it does; kept from step to step.
    public var distanceBias: Tensor?
    /// Where rows may have read different numbers of tokens: their past.
    let uneven: DecoderRows?

    /// Empty caches.
    public init(layers: Int, rowsPerSource: Int = 1) {
        self.layers = (0..<layers).map { _ in Layer() }
        self.rowsPerSource = rowsPerSource
        uneven = nil
    }

    /// Of rows that come and go.
    init(unevenLayers layers: Int) {
        self.layers = []
        rowsPerSource = 1
        uneven = DecoderRows(layers: layers)
    }

    /// Tokens read so far, where all rows have read as many.
    public var length: Int { layers.first?.selfAttention.length ?? 0 }

    /// Keeps the rows (hypotheses) of `rows` and, if sources were dropped, the sources of `sources`.
    func select(rows: [Int], sources: [Int]?) throws {
        let device = recurrent.first?.device ?? layers.first?.selfAttention.device ?? .cpu
        let rowIndices = try Tensor(rows).to(device)
        let sourceIndices = try sources.map { try Tensor($0).to(device) }
        recurrent = try recurrent.map { try $0.indexSelect(dim: 0, indices: rowIndices) }
        for index in layers.indices {
            try layers[index].selfAttention.select(rowIndices)
            if let sourceIndices, let (keys, values) = layers[index].crossAttention {
                layers[index].crossAttention = (
                    try keys.indexSelect(dim: 0, indices: sourceIndices),
                    try values.indexSelect(dim: 0, indices: sourceIndices)
                )
            }
        }
    }
}
