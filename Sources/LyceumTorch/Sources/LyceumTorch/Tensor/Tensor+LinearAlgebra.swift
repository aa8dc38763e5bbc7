// Products of matrices, and convolution.
extension Tensor {
    /// The product of batches of matrices: [b, n, k] × [b, k, m] → [b, n, m].
    public func bmm(_ other: Tensor) throws -> Tensor { try Op.bmm(.tensor(self), .tensor(other)) }

    /// The product of two matrices: [n, k] × [k, m] → [n, m].
    public func mm(_ other: Tensor) throws -> Tensor { try Op.mm(.tensor(self), .tensor(other)) }

    /// The transpose of a matrix, [n, m] → [m, n]; a view.
    public func t() throws -> Tensor { try Op.t(.tensor(self)) }

    /// The sum of products that Einstein's convention writes: `Tensor.einsum("bij,bjk->bik", a, b)`.
    public static func einsum(_ equation: String, _ operands: Tensor...) throws -> Tensor {
        try Op.einsum(.text(equation), .tensors(operands))
    }

    /// The convolution over a sequence: [rows, inputs, length] → [rows, outputs, new length].
    ///
    /// - Parameters:
    ///   - weight: [outputs, inputs / groups, kernel].
    ///   - bias: [outputs].
    ///   - stride: steps from window to window.
    ///   - padding: zeros before and behind the sequence.
    ///   - dilation: steps between the elements of a window.
    ///   - groups: blocks of channels that do not meet.
    public func conv1d(
        _ weight: Tensor, _ bias: Tensor? = nil, stride: Int = 1, padding: Int = 0, dilation: Int = 1,
        groups: Int = 1
    ) throws -> Tensor {
        try Op.conv1d(
            .tensor(self), .tensor(weight), .optional(bias), .integers([stride]), .integers([padding]),
            .integers([dilation]), .integer(groups))
    }

    /// `value` before and behind the last dimensions: `pad([1, 2])` puts one before and two behind the last one,
    /// `pad([1, 2, 3, 4])` three before and four behind the one before it, too. Negative numbers cut off.
    public func pad(_ sizes: [Int], value: Double = 0) throws -> Tensor {
        try Op.pad(.tensor(self), .integers(sizes), .text("constant"), .real(value))
    }

    /// All windows of `size` along `dim`, `step` apart; the windows become the last dimension. A view.
    public func unfold(dim: Int, size: Int, step: Int) throws -> Tensor {
        try Op.unfold(.tensor(self), .integer(dim), .integer(size), .integer(step))
    }
}

private enum Op {
    static let bmm = Operator("aten::bmm")
    static let mm = Operator("aten::mm")
    static let t = Operator("aten::t")
    static let einsum = Operator("aten::einsum")
    static let conv1d = Operator("aten::conv1d")
    static let pad = Operator("aten::pad")
    static let unfold = Operator("aten::unfold")
}
