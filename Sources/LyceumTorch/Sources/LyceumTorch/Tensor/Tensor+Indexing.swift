// Parts of tensors. Indices are int64 tensors; out of range throws. Negative dimensions count from the end.
extension Tensor {
    /// The `index`-th slice along `dim`, which disappears; a view.
    public func select(dim: Int, index: Int) throws -> Tensor {
        try Op.select(.tensor(self), .integer(dim), .integer(index))
    }

    /// `length` slices along `dim` from `start` on; a view.
    public func narrow(dim: Int, start: Int, length: Int) throws -> Tensor {
        try Op.narrow(.tensor(self), .integer(dim), .integer(start), .integer(length))
    }

    /// The slices along `dim` that `indices` [n] names, in that order; a copy.
    public func indexSelect(dim: Int, indices: Tensor) throws -> Tensor {
        try Op.indexSelect(.tensor(self), .integer(dim), .tensor(indices))
    }

    /// For each place in `indices` (same rank), the element of self with that index along `dim`.
    public func gather(dim: Int, indices: Tensor) throws -> Tensor {
        try Op.gather(.tensor(self), .integer(dim), .tensor(indices))
    }

    /// A copy in which each element of `source` has replaced the one that `indices` names along `dim`.
    public func scatter(dim: Int, indices: Tensor, source: Tensor) throws -> Tensor {
        try Op.scatter(.tensor(self), .integer(dim), .tensor(indices), .tensor(source))
    }

    /// A copy in which `value` has replaced the elements that `indices` names along `dim`.
    public func scatter(dim: Int, indices: Tensor, value: some TensorScalar) throws -> Tensor {
        try Op.scatterValue(.tensor(self), .integer(dim), .tensor(indices), value.operatorValue)
    }

    /// A copy in which each element of `source` was added to the one that `indices` names along `dim`.
    public func scatterAdd(dim: Int, indices: Tensor, source: Tensor) throws -> Tensor {
        try Op.scatterAdd(.tensor(self), .integer(dim), .tensor(indices), .tensor(source))
    }

    /// A copy with `value` where `mask` (bool, broadcast to self) is true.
    public func maskedFill(_ mask: Tensor, _ value: some TensorScalar) throws -> Tensor {
        try Op.maskedFill(.tensor(self), .tensor(mask), value.operatorValue)
    }

    /// The elements where `mask` (bool) is true, in one dimension.
    public func maskedSelect(_ mask: Tensor) throws -> Tensor {
        try Op.maskedSelect(.tensor(self), .tensor(mask))
    }

    /// The places of the non-zero elements [n, rank].
    public func nonzero() throws -> Tensor { try Op.nonzero(.tensor(self)) }

    /// `a` where `condition` (bool) is true, else `b`; all broadcast.
    public static func `where`(_ condition: Tensor, _ a: Tensor, _ b: Tensor) throws -> Tensor {
        try Op.selectWhere(.tensor(condition), .tensor(a), .tensor(b))
    }

    /// The part on and above the `diagonal`, zeros below.
    public func triu(diagonal: Int = 0) throws -> Tensor { try Op.triu(.tensor(self), .integer(diagonal)) }
    /// The part on and below the `diagonal`, zeros above.
    public func tril(diagonal: Int = 0) throws -> Tensor { try Op.tril(.tensor(self), .integer(diagonal)) }

    /// For each element, the index of the first of the sorted `boundaries` [n] that is not below it
    /// (with `right`, that is above it).
    public func bucketize(_ boundaries: Tensor, right: Bool = false) throws -> Tensor {
        try Op.bucketize(.tensor(self), .tensor(boundaries), .bool(false), .bool(right))
    }

    /// `samples` indices for each row of weights [..., n], drawn in proportion to the weights.
    public func multinomial(samples: Int, replacement: Bool = false) throws -> Tensor {
        try Op.multinomial(.tensor(self), .integer(samples), .bool(replacement))
    }
}

private enum Op {
    static let select = Operator("aten::select", "int")
    static let narrow = Operator("aten::narrow")
    static let indexSelect = Operator("aten::index_select")
    static let gather = Operator("aten::gather")
    static let scatter = Operator("aten::scatter", "src")
    static let scatterValue = Operator("aten::scatter", "value")
    static let scatterAdd = Operator("aten::scatter_add")
    static let maskedFill = Operator("aten::masked_fill", "Scalar")
    static let maskedSelect = Operator("aten::masked_select")
    static let nonzero = Operator("aten::nonzero")
    static let selectWhere = Operator("aten::where", "self")
    static let triu = Operator("aten::triu")
    static let tril = Operator("aten::tril")
    static let bucketize = Operator("aten::bucketize", "Tensor")
    static let multinomial = Operator("aten::multinomial")
}
