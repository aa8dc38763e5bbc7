/// Attention of several heads with its linear maps: `torch.nn.MultiheadAttention(batch_first=True)`.
///
/// Source: Vaswani et al., "Attention Is All You Need" (2017).
public final class MultiheadAttention: Module {
    /// Of queries, keys and values, one above the other: [3 · size, size].
    @Part("in_proj_weight") private var weight: Parameter
    @Part("in_proj_bias") private var bias: Parameter?
    @Part("out_proj") private var output: Linear
    @Part("dropout") private var dropout: Dropout
    private let size: Int
    private let heads: Int

    /// Makes the maps with PyTorch's initial weights.
    ///
    /// - Throws: `TorchError.invalid` unless `heads` divides `size`.
    public init(_ size: Int, heads: Int, dropout: Double = 0, bias: Bool = true) throws {
        guard heads > 0, size % heads == 0 else {
            throw TorchError.invalid("MultiheadAttention: \(heads) heads do not divide the size \(size)")
        }
        (self.size, self.heads) = (size, heads)
        super.init()
        weight = try Parameter(Initializer.xavierUniform(3 * size, size))
        self.bias = bias ? try Parameter(.zeros([3 * size]), decays: false) : nil
        output = try Linear(size, size, bias: bias)
        self.dropout = Dropout(dropout)
    }

    /// Keys and values of `x` [rows, length, size]: [rows, heads, length, size / heads] each. They can be kept in a
    /// `DecoderCache` from step to step.
    public func keysAndValues(_ x: Tensor) throws -> (keys: Tensor, values: Tensor) {
        let both = try map(x, from: 1, count: 2).chunk(2, dim: -1)
        return (try Attention.split(both[0], heads: heads), try Attention.split(both[1], heads: heads))
    }

    /// Attends from `x` to keys and values.
    ///
    /// - Parameters:
    ///   - x: [rows, length, size].
    ///   - keys: [sources, heads, keys, size / heads], as `values`. `sources` may be fewer than rows: each then
    ///     serves an equal number of consecutive rows, which are hypotheses of one text.
    ///   - values: as `keys`.
    ///   - mask: added to the scores, broadcast to [sources, heads, queries, keys].
    /// - Returns: [rows, length, size].
    public func callAsFunction(_ x: Tensor, keys: Tensor, values: Tensor, mask: Tensor? = nil) throws
        -> Tensor
    {
        let queries = try map(x, from: 0, count: 1).view(keys.size(0), -1, size)
        let mixed = try Attention.attend(
            Attention.split(queries, heads: heads), keys, values, bias: mask,
            scale: 1 / Double(size / heads).squareRoot(), dropout: dropout)
        return try output(Attention.merge(mixed)).view(x.shape)
    }

    /// Attends from `x` to itself.
    public func callAsFunction(_ x: Tensor, mask: Tensor? = nil) throws -> Tensor {
        let (keys, values) = try keysAndValues(x)
        return try self(x, keys: keys, values: values, mask: mask)
    }

    /// Attends from tokens `x` [rows, length, size] to those read before and to themselves; see `DecoderCache.attend`.
    public func step(_ x: Tensor, layer: Int, cache: DecoderCache) throws -> Tensor {
        let parts = try map(x, from: 0, count: 3).chunk(3, dim: -1)
        return try output(
            cache.attend(
                layer: layer, parts[0], keys: parts[1], values: parts[2], heads: heads,
                scale: 1 / Double(size / heads).squareRoot()))
    }

    /// Attends from tokens `x` [rows, length, size] to the source; see `DecoderCache.attendToSource`.
    public func step(_ x: Tensor, layer: Int, cache: DecoderCache, source: EncodedSource) throws -> Tensor {
        try output(
            cache.attendToSource(
                layer: layer, map(x, from: 0, count: 1), heads: heads,
                scale: 1 / Double(size / heads).squareRoot(), source: source
            ) {
                let both = try map($0, from: 1, count: 2).chunk(2, dim: -1)
                return (both[0], both[1])
            })
    }

    /// Some of the three maps, from the `first` on.
    private func map(_ x: Tensor, from first: Int, count: Int) throws -> Tensor {
        func rows(_ parameter: Parameter) throws -> Tensor {
            try parameter.value.narrow(dim: 0, start: first * size, length: count * size)
        }
        return try x.linear(rows(weight), bias.map(rows))
    }
}
