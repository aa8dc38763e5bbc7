// Losses other than the cross-entropy of classes.
extension Tensor {
    /// The square of the difference.
    public func mseLoss(target: Tensor, reduction: Reduction = .mean) throws -> Tensor {
        try Op.mse(.tensor(self), .tensor(target), .integer(reduction.rawValue))
    }
    /// The size of the difference.
    public func l1Loss(target: Tensor, reduction: Reduction = .mean) throws -> Tensor {
        try Op.l1(.tensor(self), .tensor(target), .integer(reduction.rawValue))
    }
    /// The binary cross-entropy of scores against probabilities 0...1: `F.binary_cross_entropy_with_logits`.
    ///
    /// - Parameters:
    ///   - target: 0 to 1, as large as this.
    ///   - weight: of each element.
    ///   - positiveWeight: of the positive answers.
    ///   - reduction: the mean, the sum, or each loss.
    public func binaryCrossEntropyWithLogits(
        target: Tensor, weight: Tensor? = nil, positiveWeight: Tensor? = nil, reduction: Reduction = .mean
    ) throws -> Tensor {
        try Op.bce(
            .tensor(self), .tensor(target), .optional(weight), .optional(positiveWeight),
            .integer(reduction.rawValue))
    }
    /// target · (log target - self), where self holds log-probabilities: `F.kl_div`.
    ///
    /// - Parameters:
    ///   - target: as large as this.
    ///   - reduction: `.mean` is over all elements; divide a `.sum` by the rows for the mean of the distributions.
    ///   - logTarget: whether the target holds log-probabilities, too.
    public func klDiv(target: Tensor, logTarget: Bool = false, reduction: Reduction = .mean) throws -> Tensor
    {
        try Op.klDiv(
            .tensor(self), .tensor(target), .integer(reduction.rawValue), .bool(logTarget))
    }
    /// 1 at the place that each whole number of self names, else 0: [...] → [..., classes], int64.
    public func oneHot(_ classes: Int) throws -> Tensor {
        try Op.oneHot(.tensor(self), .integer(classes))
    }
    /// The cosine of the angle between vectors along `dim`.
    public func cosineSimilarity(_ other: Tensor, dim: Int = 1, eps: Double = 1e-8) throws -> Tensor {
        try Op.cosine(.tensor(self), .tensor(other), .integer(dim), .real(eps))
    }
}

private enum Op {
    static let mse = Operator("aten::mse_loss")
    static let l1 = Operator("aten::l1_loss")
    static let bce = Operator("aten::binary_cross_entropy_with_logits")
    static let klDiv = Operator("aten::kl_div")
    static let oneHot = Operator("aten::one_hot")
    static let cosine = Operator("aten::cosine_similarity")
}
