// Further activations and functions of logarithms.
extension Tensor {
    /// The first half along `dim` times the sigmoid of the second (Dauphin et al. 2017).
    public func glu(dim: Int = -1) throws -> Tensor { try Op.glu(.tensor(self), .integer(dim)) }
    /// x where positive, else alpha · (exp(x) - 1).
    public func elu(alpha: Double = 1) throws -> Tensor { try Op.elu(.tensor(self), .real(alpha)) }
    /// x where positive, else x · `negativeSlope`.
    public func leakyRelu(negativeSlope: Double = 0.01) throws -> Tensor {
        try Op.leakyRelu(.tensor(self), .real(negativeSlope))
    }
    /// log(1 + exp(x)).
    public func softplus() throws -> Tensor { try Op.softplus(.tensor(self)) }
    /// The logarithm of the sigmoid, without its loss of precision.
    public func logsigmoid() throws -> Tensor { try Op.logsigmoid(.tensor(self)) }
    /// log(exp(a) + exp(b)), without overflow.
    public func logaddexp(_ other: Tensor) throws -> Tensor {
        try Op.logaddexp(.tensor(self), .tensor(other))
    }
    /// log(1 + x), exact for small x.
    public func log1p() throws -> Tensor { try Op.log1p(.tensor(self)) }
    /// exp(x) - 1, exact for small x.
    public func expm1() throws -> Tensor { try Op.expm1(.tensor(self)) }
    /// The nearest whole number.
    public func round() throws -> Tensor { try Op.round(.tensor(self)) }
    /// The smallest whole number that is not below.
    public func ceil() throws -> Tensor { try Op.ceil(.tensor(self)) }
    /// -1, 0 or 1.
    public func sign() throws -> Tensor { try Op.sign(.tensor(self)) }
    /// The remainder of the division by `divisor`, with its sign.
    public func remainder(_ divisor: some TensorScalar) throws -> Tensor {
        try Op.remainder(.tensor(self), divisor.operatorValue)
    }
    /// The quotient rounded down.
    public func floorDivide(_ divisor: some TensorScalar) throws -> Tensor {
        try Op.floorDivide(.tensor(self), divisor.operatorValue)
    }
}

private enum Op {
    static let glu = Operator("aten::glu")
    static let elu = Operator("aten::elu")
    static let leakyRelu = Operator("aten::leaky_relu")
    static let softplus = Operator("aten::softplus")
    static let logsigmoid = Operator("aten::log_sigmoid")
    static let logaddexp = Operator("aten::logaddexp")
    static let log1p = Operator("aten::log1p")
    static let expm1 = Operator("aten::expm1")
    static let round = Operator("aten::round")
    static let ceil = Operator("aten::ceil")
    static let sign = Operator("aten::sign")
    static let remainder = Operator("aten::remainder", "Scalar")
    static let floorDivide = Operator("aten::floor_divide", "Scalar")
}
