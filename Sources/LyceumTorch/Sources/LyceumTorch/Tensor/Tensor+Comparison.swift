// Comparisons and logic; results are bool tensors. Shapes broadcast.
extension Tensor {
    /// Where equal.
    public func eq(_ other: Tensor) throws -> Tensor { try Op.eq(.tensor(self), .tensor(other)) }
    /// Where equal.
    public func eq(_ other: some TensorScalar) throws -> Tensor {
        try Op.eqScalar(.tensor(self), other.operatorValue)
    }
    /// Where different.
    public func ne(_ other: Tensor) throws -> Tensor { try Op.ne(.tensor(self), .tensor(other)) }
    /// Where different.
    public func ne(_ other: some TensorScalar) throws -> Tensor {
        try Op.neScalar(.tensor(self), other.operatorValue)
    }
    /// Where smaller.
    public func lt(_ other: Tensor) throws -> Tensor { try Op.lt(.tensor(self), .tensor(other)) }
    /// Where smaller.
    public func lt(_ other: some TensorScalar) throws -> Tensor {
        try Op.ltScalar(.tensor(self), other.operatorValue)
    }
    /// Where smaller or equal.
    public func le(_ other: Tensor) throws -> Tensor { try Op.le(.tensor(self), .tensor(other)) }
    /// Where smaller or equal.
    public func le(_ other: some TensorScalar) throws -> Tensor {
        try Op.leScalar(.tensor(self), other.operatorValue)
    }
    /// Where larger.
    public func gt(_ other: Tensor) throws -> Tensor { try Op.gt(.tensor(self), .tensor(other)) }
    /// Where larger.
    public func gt(_ other: some TensorScalar) throws -> Tensor {
        try Op.gtScalar(.tensor(self), other.operatorValue)
    }
    /// Where larger or equal.
    public func ge(_ other: Tensor) throws -> Tensor { try Op.ge(.tensor(self), .tensor(other)) }
    /// Where larger or equal.
    public func ge(_ other: some TensorScalar) throws -> Tensor {
        try Op.geScalar(.tensor(self), other.operatorValue)
    }

    /// Where zero.
    public func logicalNot() throws -> Tensor { try Op.logicalNot(.tensor(self)) }
    /// Where both are non-zero.
    public func logicalAnd(_ other: Tensor) throws -> Tensor {
        try Op.logicalAnd(.tensor(self), .tensor(other))
    }
    /// Where at least one is non-zero.
    public func logicalOr(_ other: Tensor) throws -> Tensor {
        try Op.logicalOr(.tensor(self), .tensor(other))
    }

    /// Where neither infinite nor NaN.
    public func isfinite() throws -> Tensor { try Op.isfinite(.tensor(self)) }
    /// Where NaN.
    public func isnan() throws -> Tensor { try Op.isnan(.tensor(self)) }

    /// Whether all elements are non-zero (a tensor of rank 0).
    public func all() throws -> Tensor { try Op.all(.tensor(self)) }
    /// Whether all elements along `dim` are non-zero.
    public func all(dim: Int, keepdim: Bool = false) throws -> Tensor {
        try Op.allDim(.tensor(self), .integer(dim), .bool(keepdim))
    }
    /// Whether any element is non-zero (a tensor of rank 0).
    public func any() throws -> Tensor { try Op.any(.tensor(self)) }
    /// Whether any element along `dim` is non-zero.
    public func any(dim: Int, keepdim: Bool = false) throws -> Tensor {
        try Op.anyDim(.tensor(self), .integer(dim), .bool(keepdim))
    }

    /// Whether both have the same shape and equal elements.
    public func equal(_ other: Tensor) throws -> Bool {
        guard case .bool(let same)? = try Op.equal.call([.tensor(self), .tensor(other)]).first else {
            return false
        }
        return same
    }
}

private enum Op {
    static let eq = Operator("aten::eq", "Tensor")
    static let eqScalar = Operator("aten::eq", "Scalar")
    static let ne = Operator("aten::ne", "Tensor")
    static let neScalar = Operator("aten::ne", "Scalar")
    static let lt = Operator("aten::lt", "Tensor")
    static let ltScalar = Operator("aten::lt", "Scalar")
    static let le = Operator("aten::le", "Tensor")
    static let leScalar = Operator("aten::le", "Scalar")
    static let gt = Operator("aten::gt", "Tensor")
    static let gtScalar = Operator("aten::gt", "Scalar")
    static let ge = Operator("aten::ge", "Tensor")
    static let geScalar = Operator("aten::ge", "Scalar")
    static let logicalNot = Operator("aten::logical_not")
    static let logicalAnd = Operator("aten::logical_and")
    static let logicalOr = Operator("aten::logical_or")
    static let isfinite = Operator("aten::isfinite")
    static let isnan = Operator("aten::isnan")
    static let all = Operator("aten::all")
    static let allDim = Operator("aten::all", "dim")
    static let any = Operator("aten::any")
    static let anyDim = Operator("aten::any", "dim")
    static let equal = Operator("aten::equal")
}
