/// A Swift number that may stand next to a tensor in an operator, as Python's numbers may in PyTorch:
/// it takes part in type promotion by its kind (bool, integer, real), not by its width.
public protocol TensorScalar: Sendable, ExpressibleByIntegerLiteral {
    /// The number as an operator's argument.
    var operatorValue: Operator.Value { get }
}

extension Int: TensorScalar {
    /// An integer argument.
    public var operatorValue: Operator.Value { .integer(self) }
}

extension Double: TensorScalar {
    /// A real argument.
    public var operatorValue: Operator.Value { .real(self) }
}

extension Float: TensorScalar {
    /// A real argument.
    public var operatorValue: Operator.Value { .real(Double(self)) }
}
