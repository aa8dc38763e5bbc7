// Elementwise arithmetic. Shapes broadcast as in PyTorch; a Swift number does not change a tensor's dtype unless it
// is real and the tensor integer.
extension Tensor {
    /// `a + b`, elementwise.
    public static func + (a: Tensor, b: Tensor) throws -> Tensor { try Op.add(.tensor(a), .tensor(b)) }
    /// `a + b`, elementwise.
    public static func + (a: Tensor, b: some TensorScalar) throws -> Tensor {
        try Op.add(.tensor(a), b.operatorValue)
    }
    /// `a + b`, elementwise.
    public static func + (a: some TensorScalar, b: Tensor) throws -> Tensor { try b + a }

    /// `a - b`, elementwise.
    public static func - (a: Tensor, b: Tensor) throws -> Tensor { try Op.sub(.tensor(a), .tensor(b)) }
    /// `a - b`, elementwise.
    public static func - (a: Tensor, b: some TensorScalar) throws -> Tensor {
        try Op.sub(.tensor(a), b.operatorValue)
    }
    /// `a - b`, elementwise.
    public static func - (a: some TensorScalar, b: Tensor) throws -> Tensor {
        try Op.rsub(.tensor(b), a.operatorValue)
    }

    /// `a * b`, elementwise.
    public static func * (a: Tensor, b: Tensor) throws -> Tensor { try Op.mul(.tensor(a), .tensor(b)) }
    /// `a * b`, elementwise.
    public static func * (a: Tensor, b: some TensorScalar) throws -> Tensor {
        try Op.mul(.tensor(a), b.operatorValue)
    }
    /// `a * b`, elementwise.
    public static func * (a: some TensorScalar, b: Tensor) throws -> Tensor { try b * a }

    /// `a / b`, elementwise; always floating point.
    public static func / (a: Tensor, b: Tensor) throws -> Tensor { try Op.div(.tensor(a), .tensor(b)) }
    /// `a / b`, elementwise; always floating point.
    public static func / (a: Tensor, b: some TensorScalar) throws -> Tensor {
        try Op.div(.tensor(a), b.operatorValue)
    }
    /// `a / b`, elementwise; always floating point.
    public static func / (a: some TensorScalar, b: Tensor) throws -> Tensor { try b.reciprocal() * a }

    /// `-a`.
    public static prefix func - (a: Tensor) throws -> Tensor { try Op.neg(.tensor(a)) }

    /// `self + alpha * other`.
    public func add(_ other: Tensor, alpha: Double = 1) throws -> Tensor {
        try Op.add(.tensor(self), .tensor(other), .whole(alpha))
    }

    /// e to the power of each element.
    public func exp() throws -> Tensor { try Op.exp(.tensor(self)) }
    /// The natural logarithm.
    public func log() throws -> Tensor { try Op.log(.tensor(self)) }
    /// The square root.
    public func sqrt() throws -> Tensor { try Op.sqrt(.tensor(self)) }
    /// One over the square root.
    public func rsqrt() throws -> Tensor { try Op.rsqrt(.tensor(self)) }
    /// Each element times itself.
    public func square() throws -> Tensor { try Op.square(.tensor(self)) }
    /// One over each element.
    public func reciprocal() throws -> Tensor { try Op.reciprocal(.tensor(self)) }
    /// The absolute value.
    public func abs() throws -> Tensor { try Op.abs(.tensor(self)) }
    /// The sine, of radians.
    public func sin() throws -> Tensor { try Op.sin(.tensor(self)) }
    /// The cosine, of radians.
    public func cos() throws -> Tensor { try Op.cos(.tensor(self)) }
    /// The error function.
    public func erf() throws -> Tensor { try Op.erf(.tensor(self)) }
    /// The largest whole number that is not above.
    public func floor() throws -> Tensor { try Op.floor(.tensor(self)) }

    /// Each element to the power of `exponent`.
    public func pow(_ exponent: some TensorScalar) throws -> Tensor {
        try Op.powScalar(.tensor(self), exponent.operatorValue)
    }
    /// Each element to the power of its partner in `exponent`.
    public func pow(_ exponent: Tensor) throws -> Tensor { try Op.pow(.tensor(self), .tensor(exponent)) }

    /// Elements held within `min ... max`; an absent bound does not bind. An integer tensor stays one if the bounds are
    /// whole numbers.
    public func clamp(min: Double? = nil, max: Double? = nil) throws -> Tensor {
        try Op.clamp(.tensor(self), .whole(min), .whole(max))
    }

    /// The smaller of each pair.
    public func minimum(_ other: Tensor) throws -> Tensor { try Op.minimum(.tensor(self), .tensor(other)) }
    /// The larger of each pair.
    public func maximum(_ other: Tensor) throws -> Tensor { try Op.maximum(.tensor(self), .tensor(other)) }

    /// The matrix product: [..., n, k] × [..., k, m] → [..., n, m]; leading dimensions broadcast.
    public func matmul(_ other: Tensor) throws -> Tensor { try Op.matmul(.tensor(self), .tensor(other)) }

    /// `beta * self + alpha * (batch1 × batch2)`, batches of matrices [b, n, k] × [b, k, m] → [b, n, m].
    public func baddbmm(_ batch1: Tensor, _ batch2: Tensor, beta: Double = 1, alpha: Double = 1) throws
        -> Tensor
    {
        try Op.baddbmm(.tensor(self), .tensor(batch1), .tensor(batch2), .whole(beta), .whole(alpha))
    }
}

private enum Op {
    static let add = Operator("aten::add", "Tensor")
    static let sub = Operator("aten::sub", "Tensor")
    static let rsub = Operator("aten::rsub", "Scalar")
    static let mul = Operator("aten::mul", "Tensor")
    static let div = Operator("aten::div", "Tensor")
    static let neg = Operator("aten::neg")
    static let exp = Operator("aten::exp")
    static let log = Operator("aten::log")
    static let sqrt = Operator("aten::sqrt")
    static let rsqrt = Operator("aten::rsqrt")
    static let square = Operator("aten::square")
    static let reciprocal = Operator("aten::reciprocal")
    static let abs = Operator("aten::abs")
    static let sin = Operator("aten::sin")
    static let cos = Operator("aten::cos")
    static let erf = Operator("aten::erf")
    static let floor = Operator("aten::floor")
    static let powScalar = Operator("aten::pow", "Tensor_Scalar")
    static let pow = Operator("aten::pow", "Tensor_Tensor")
    static let clamp = Operator("aten::clamp")
    static let minimum = Operator("aten::minimum")
    static let maximum = Operator("aten::maximum")
    static let matmul = Operator("aten::matmul")
    static let baddbmm = Operator("aten::baddbmm")
}
