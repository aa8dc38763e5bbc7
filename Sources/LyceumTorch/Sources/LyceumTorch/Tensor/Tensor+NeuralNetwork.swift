// The operators that neural networks are made of: activations, projections, normalisation, losses, attention.
extension Tensor {
    /// How `gelu` computes the normal distribution's integral.
    public enum GELUApproximation: String, Sendable {
        /// By the error function: x · Φ(x).
        case none
        /// 0.5 x (1 + tanh(√(2/π) (x + 0.044715 x³))), as GPT-2 and T5 v1.1 have it.
        case tanh
    }

    /// How a loss is reduced over its elements.
    public enum Reduction: Int, Sendable {
        // Raw values are at::Reduction's.
        case none = 0
        case mean = 1
        case sum = 2
    }

    // MARK: Activations

    /// exp(x) over its sum along `dim`; with `dtype`, computed and given in it.
    public func softmax(dim: Int, dtype: DType? = nil) throws -> Tensor {
        try Op.softmax(.tensor(self), .integer(dim), .optional(dtype))
    }
    /// The logarithm of `softmax`, without its loss of precision.
    public func logSoftmax(dim: Int, dtype: DType? = nil) throws -> Tensor {
        try Op.logSoftmax(.tensor(self), .integer(dim), .optional(dtype))
    }
    /// max(x, 0).
    public func relu() throws -> Tensor { try Op.relu(.tensor(self)) }
    /// x · Φ(x) (Hendrycks and Gimpel 2016).
    public func gelu(approximate: GELUApproximation = .none) throws -> Tensor {
        try Op.gelu(.tensor(self), .text(approximate.rawValue))
    }
    /// x · sigmoid(x).
    public func silu() throws -> Tensor { try Op.silu(.tensor(self)) }
    /// The hyperbolic tangent.
    public func tanh() throws -> Tensor { try Op.tanh(.tensor(self)) }
    /// 1 / (1 + exp(-x)).
    public func sigmoid() throws -> Tensor { try Op.sigmoid(.tensor(self)) }

    /// With `training`, elements set to zero with probability `p` and the others divided by 1 - p; else self.
    public func dropout(p: Double, training: Bool) throws -> Tensor {
        if !training || p == 0 { return self }
        return try Op.dropout(.tensor(self), .real(p), .bool(true))
    }

    // MARK: Projections and normalisation

    /// x · weightᵀ + bias: [..., in], [out, in], [out] → [..., out].
    public func linear(_ weight: Tensor, _ bias: Tensor? = nil) throws -> Tensor {
        if isFewRows(for: weight, bias) { return try fewRowsLinear(weight, bias) }
        if suitsRecordedLinear(weight) { return try recordedLinear(weight, bias) }
        return try Op.linear(.tensor(self), .tensor(weight), .optional(bias))
    }

    /// The rows of `weight` [n, d] that `indices` [...] name → [..., d].
    ///
    /// - Parameters:
    ///   - weight: [count, size].
    ///   - indices: int64, of any shape.
    ///   - paddingIndex: the row that gets no gradient.
    public static func embedding(_ weight: Tensor, _ indices: Tensor, paddingIndex: Int = -1) throws -> Tensor
    {
        if paddingIndex < 0, weight.recordsRows { return try recordedEmbedding(weight, indices) }
        return try Op.embedding(.tensor(weight), .tensor(indices), .integer(paddingIndex))
    }

    /// (x - mean) / √(variance + eps) over the last dimensions `normalizedShape`, times weight, plus bias
    /// (Ba et al. 2016).
    public func layerNorm(
        _ normalizedShape: [Int], weight: Tensor? = nil, bias: Tensor? = nil, eps: Double = 1e-5
    ) throws -> Tensor {
        try Op.layerNorm(
            .tensor(self), .integers(normalizedShape), .optional(weight), .optional(bias), .real(eps))
    }

    /// x / √(mean(x²) + eps) over the last dimensions `normalizedShape`, times weight (Zhang and Sennrich 2019).
    public func rmsNorm(_ normalizedShape: [Int], weight: Tensor? = nil, eps: Double? = nil) throws -> Tensor
    {
        try Op.rmsNorm(.tensor(self), .integers(normalizedShape), .optional(weight), .optional(eps))
    }

    // MARK: Losses

    /// The cross-entropy of logits [n, classes] (or [n, classes, ...]) against class indices [n] (or [n, ...]).
    ///
    /// - Parameters:
    ///   - target: classes, [rows].
    ///   - weight: of each class, [classes].
    ///   - reduction: the mean, the sum, or each loss.
    ///   - ignoreIndex: targets of this value count nothing, also not in the mean's denominator.
    ///   - labelSmoothing: the share of probability, 0...1, spread over all classes.
    public func crossEntropy(
        target: Tensor, weight: Tensor? = nil, ignoreIndex: Int = -100, labelSmoothing: Double = 0,
        reduction: Reduction = .mean
    ) throws -> Tensor {
        try Op.crossEntropy(
            .tensor(self), .tensor(target), .optional(weight), .integer(reduction.rawValue),
            .integer(ignoreIndex),
            .real(labelSmoothing))
    }

    /// Minus the log-probability [n, classes] of each target class [n].
    public func nllLoss(
        target: Tensor, weight: Tensor? = nil, ignoreIndex: Int = -100, reduction: Reduction = .mean
    ) throws -> Tensor {
        try Op.nllLoss(
            .tensor(self), .tensor(target), .optional(weight), .integer(reduction.rawValue),
            .integer(ignoreIndex))
    }

    // MARK: Attention

    /// softmax(query · keyᵀ · scale + mask) · value: [b, heads, n, d], [b, heads, m, d], [b, heads, m, e] →
    /// [b, heads, n, e].
    ///
    /// - Parameters:
    ///   - query: […, length, size].
    ///   - key: […, sources, size].
    ///   - value: […, sources, size].
    ///   - mask: added to the scores when floating point; bool means where attention is allowed. Broadcasts to [b,
    ///     heads, n, m].
    ///   - dropout: the probability of dropping a weight, applied whenever it is not 0.
    ///   - isCausal: each query sees only keys up to its own index; not together with `mask`.
    ///   - scale: 1/√d unless given.
    public static func scaledDotProductAttention(
        _ query: Tensor, _ key: Tensor, _ value: Tensor, mask: Tensor? = nil, dropout: Double = 0,
        isCausal: Bool = false, scale: Double? = nil
    ) throws -> Tensor {
        try Op.attention(
            .tensor(query), .tensor(key), .tensor(value), .optional(mask), .real(dropout), .bool(isCausal),
            .optional(scale))
    }
}

private enum Op {
    static let softmax = Operator("aten::softmax", "int")
    static let logSoftmax = Operator("aten::log_softmax", "int")
    static let relu = Operator("aten::relu")
    static let gelu = Operator("aten::gelu")
    static let silu = Operator("aten::silu")
    static let tanh = Operator("aten::tanh")
    static let sigmoid = Operator("aten::sigmoid")
    static let dropout = Operator("aten::dropout")
    static let linear = Operator("aten::linear")
    static let embedding = Operator("aten::embedding")
    static let layerNorm = Operator("aten::layer_norm")
    static let rmsNorm = Operator("aten::rms_norm")
    static let crossEntropy = Operator("aten::cross_entropy_loss")
    static let nllLoss = Operator("aten::nll_loss")
    static let attention = Operator("aten::scaled_dot_product_attention")
}
