/// While training, sets a share of the elements to zero and scales up the others; else passes on what it gets.
///
/// Source: Srivastava et al., "Dropout" (2014).
public final class Dropout: Module {
    /// The share of elements that become zero, from 0 to 1.
    public var rate: Double
    /// The rate it was made with.
    let initialRate: Double

    /// Makes a dropout layer.
    public init(_ rate: Double) {
        self.rate = rate
        initialRate = rate
        super.init()
    }

    /// Drops elements of a tensor of any shape.
    public func callAsFunction(_ x: Tensor) throws -> Tensor {
        isActive ? try x.dropout(p: rate, training: true) : x
    }

    /// Whether it changes what it gets.
    public var isActive: Bool { isTraining && rate > 0 }
}
