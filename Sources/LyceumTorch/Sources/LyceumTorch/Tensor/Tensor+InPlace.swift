// Operators that change `self`, as PyTorch marks them: by a trailing underscore. All give self.
// swift-format-ignore-file: AlwaysUseLowerCamelCase

extension Tensor {
    /// self += alpha · other.
    @discardableResult public func add_(_ other: Tensor, alpha: Double = 1) throws -> Tensor {
        try Op.add.perform(.tensor(self), .tensor(other), .whole(alpha))
        return self
    }
    /// self += other.
    @discardableResult public func add_(_ other: some TensorScalar) throws -> Tensor {
        try Op.add.perform(.tensor(self), other.operatorValue)
        return self
    }
    /// self -= alpha · other.
    @discardableResult public func sub_(_ other: Tensor, alpha: Double = 1) throws -> Tensor {
        try Op.sub.perform(.tensor(self), .tensor(other), .whole(alpha))
        return self
    }
    /// self *= other.
    @discardableResult public func mul_(_ other: Tensor) throws -> Tensor {
        try Op.mul.perform(.tensor(self), .tensor(other))
        return self
    }
    /// self *= other.
    @discardableResult public func mul_(_ other: some TensorScalar) throws -> Tensor {
        try Op.mul.perform(.tensor(self), other.operatorValue)
        return self
    }
    /// self /= other.
    @discardableResult public func div_(_ other: Tensor) throws -> Tensor {
        try Op.div.perform(.tensor(self), .tensor(other))
        return self
    }
    /// self /= other.
    @discardableResult public func div_(_ other: some TensorScalar) throws -> Tensor {
        try Op.div.perform(.tensor(self), other.operatorValue)
        return self
    }
    /// self += value · a · b.
    @discardableResult public func addcmul_(_ a: Tensor, _ b: Tensor, value: Double = 1) throws -> Tensor {
        try Op.addcmul.perform(.tensor(self), .tensor(a), .tensor(b), .whole(value))
        return self
    }
    /// self += value · a / b.
    @discardableResult public func addcdiv_(_ a: Tensor, _ b: Tensor, value: Double = 1) throws -> Tensor {
        try Op.addcdiv.perform(.tensor(self), .tensor(a), .tensor(b), .whole(value))
        return self
    }
    /// self += weight · (end - self).
    @discardableResult public func lerp_(_ end: Tensor, weight: Double) throws -> Tensor {
        try Op.lerp.perform(.tensor(self), .tensor(end), .real(weight))
        return self
    }
    /// The elements of `source`, broadcast and converted, copied into self.
    @discardableResult public func copy_(_ source: Tensor) throws -> Tensor {
        try Op.copy.perform(.tensor(self), .tensor(source))
        return self
    }
    /// All elements zero.
    @discardableResult public func zero_() throws -> Tensor {
        try Op.zero.perform(.tensor(self))
        return self
    }
    /// All elements `value`.
    @discardableResult public func fill_(_ value: some TensorScalar) throws -> Tensor {
        try Op.fill.perform(.tensor(self), value.operatorValue)
        return self
    }
    /// `value` where `mask` (bool) is true.
    @discardableResult public func maskedFill_(_ mask: Tensor, _ value: some TensorScalar) throws -> Tensor {
        try Op.maskedFill.perform(.tensor(self), .tensor(mask), value.operatorValue)
        return self
    }
    /// Elements held within `min ... max`.
    @discardableResult public func clamp_(min: Double? = nil, max: Double? = nil) throws -> Tensor {
        try Op.clamp.perform(.tensor(self), .whole(min), .whole(max))
        return self
    }
    /// The slices of `source` copied to those along `dim` that `indices` [n] names.
    @discardableResult public func indexCopy_(dim: Int, indices: Tensor, source: Tensor) throws -> Tensor {
        try Op.indexCopy.perform(.tensor(self), .integer(dim), .tensor(indices), .tensor(source))
        return self
    }
    /// Each element of `source` put where `indices` names along `dim`.
    @discardableResult public func scatter_(dim: Int, indices: Tensor, source: Tensor) throws -> Tensor {
        try Op.scatter.perform(.tensor(self), .integer(dim), .tensor(indices), .tensor(source))
        return self
    }
    /// `value` put where `indices` names along `dim`.
    @discardableResult public func scatter_(
        dim: Int, indices: Tensor, value: some TensorScalar
    ) throws -> Tensor {
        try Op.scatterValue.perform(.tensor(self), .integer(dim), .tensor(indices), value.operatorValue)
        return self
    }
    /// Numbers of the normal distribution.
    @discardableResult public func normal_(mean: Double = 0, std: Double = 1) throws -> Tensor {
        try Op.normal.perform(.tensor(self), .real(mean), .real(std))
        return self
    }
    /// Numbers uniform in `from ..< to`.
    @discardableResult public func uniform_(from: Double = 0, to: Double = 1) throws -> Tensor {
        try Op.uniform.perform(.tensor(self), .real(from), .real(to))
        return self
    }
    /// 1 with probability `p`, else 0.
    @discardableResult public func bernoulli_(p: Double) throws -> Tensor {
        try Op.bernoulli.perform(.tensor(self), .real(p))
        return self
    }
}

private enum Op {
    static let add = Operator("aten::add_", "Tensor")
    static let sub = Operator("aten::sub_", "Tensor")
    static let mul = Operator("aten::mul_", "Tensor")
    static let div = Operator("aten::div_", "Tensor")
    static let addcmul = Operator("aten::addcmul_")
    static let addcdiv = Operator("aten::addcdiv_")
    static let lerp = Operator("aten::lerp_", "Scalar")
    static let copy = Operator("aten::copy_")
    static let zero = Operator("aten::zero_")
    static let fill = Operator("aten::fill_", "Scalar")
    static let maskedFill = Operator("aten::masked_fill_", "Scalar")
    static let clamp = Operator("aten::clamp_")
    static let indexCopy = Operator("aten::index_copy_")
    static let scatter = Operator("aten::scatter_", "src")
    static let scatterValue = Operator("aten::scatter_", "value")
    static let normal = Operator("aten::normal_")
    static let uniform = Operator("aten::uniform_")
    static let bernoulli = Operator("aten::bernoulli_", "float")
}
