/// Scaled dot-product attention for all heads at once.
///
/// Source: Vaswani et al., "Attention Is All You Need" (2017).
public enum Attention {
    /// softmax(query · keyᵀ · scale + bias + mask) · value.
    ///
    /// - Parameters:
    ///   - query: [batch, heads, queries, size].
    ///   - key: [batch, heads, keys, size].
    ///   - value: [batch, heads, keys, size].
    ///   - bias: added to the scores; broadcasts to [batch, heads, queries, keys]. Its gradient is recorded.
    ///   - mask: added to the scores, too, but not trained. Kept apart from a bias that all rows share, it saves the
    ///     sum of both for each row.
    ///   - scale: multiplies the scores.
    ///   - dropout: drops attention weights while training.
    ///   - packing: how queries and keys lie in their lines, if rows are packed (`batch` is 1 then): each row attends to
    ///     its own keys, with the corner of `bias` and `mask` that it needs. While training on the CPU.
    /// - Returns: [batch, heads, queries, size].
    public static func attend(
        _ query: Tensor, _ key: Tensor, _ value: Tensor, bias: Tensor?, mask: Tensor? = nil, scale: Double,
        dropout: Dropout, packing: (queries: RowPacking, keys: RowPacking)? = nil
    ) throws -> Tensor {
        if let packing {
            return try Tensor.attention(
                query, key, value, bias: bias, mask: mask, scale: scale, draw: dropout.draw(),
                packing: packing)
        }
        if !dropout.isTraining {
            return try infer(query, key, value, bias: sum(bias, mask), scale: scale)
        }
        if query.suitsKernels, key.dtype == query.dtype, value.dtype == query.dtype, dropout.rate < 1 {
            return try Tensor.attention(
                query, key, value, bias: bias, mask: mask, scale: scale, draw: dropout.draw())
        }
        let bias = try sum(bias, mask)
        var scores = try query.matmul(key.transpose(-1, -2))  // [batch, heads, queries, keys]
        if scale != 1 { scores = try scores * scale }
        if let bias { scores = try scores + bias }
        return try dropout(scores.softmax(dim: -1)).matmul(value)
    }

    /// The same without dropout.
    static func infer(
        _ query: Tensor, _ key: Tensor, _ value: Tensor, bias: Tensor?, scale: Double
    ) throws -> Tensor {
        if query.isFewQueries(for: key, value) {
            return try Tensor.fewQueriesAttention(query, key, value, bias: bias, scale: scale)
        }
        // libtorch's fused kernel has no dropout and no gradient of the bias on the CPU; it is for inference.
        return try Tensor.scaledDotProductAttention(query, key, value, mask: bias, scale: scale)
    }

    private static func sum(_ a: Tensor?, _ b: Tensor?) throws -> Tensor? {
        guard let a, let b else { return a ?? b }
        return try a + b
    }

    /// Splits the last dimension into heads: [batch, length, heads · size] to [batch, heads, length, size].
    public static func split(_ x: Tensor, heads: Int) throws -> Tensor {
        let shape = x.shape
        guard shape.count == 3, heads > 0, shape[2] % heads == 0 else {
            throw TorchError.invalid("attention: shape \(shape) does not split into \(heads) heads")
        }
        return try x.view(shape[0], shape[1], heads, shape[2] / heads).transpose(1, 2)
    }

    /// Joins the heads again: [batch, heads, length, size] to [batch, length, heads · size].
    public static func merge(_ x: Tensor) throws -> Tensor { try x.transpose(1, 2).flatten(startDim: 2) }
}
