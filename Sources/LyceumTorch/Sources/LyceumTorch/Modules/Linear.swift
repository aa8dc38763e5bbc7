/// A linear map: y = x Wᵀ + b, for `x` of shape [..., inputs] and `W` of shape [outputs, inputs].
public final class Linear: Module {
    /// [outputs, inputs].
    @Part("weight") public private(set) var weight: Parameter
    /// [outputs], if there is one.
    @Part("bias") public private(set) var bias: Parameter?

    /// Makes a layer of initial values.
    ///
    /// - Parameters:
    ///   - weight: [outputs, inputs]; see `Initializer`.
    ///   - bias: [outputs], or nil for none.
    public init(weight: Tensor, bias: Tensor? = nil) throws {
        super.init()
        self.weight = try Parameter(weight)
        self.bias = try bias.map { try Parameter($0, decays: false) }
    }

    /// Makes a layer as `torch.nn.Linear(inputs, outputs)` does: uniform in ±1 / sqrt(inputs).
    public convenience init(_ inputs: Int, _ outputs: Int, bias: Bool = true) throws {
        let bound = 1 / Double(max(inputs, 1)).squareRoot()
        try self.init(
            weight: Initializer.uniform([outputs, inputs], bound: bound),
            bias: bias ? Initializer.uniform([outputs], bound: bound) : nil)
    }

    /// Maps [..., inputs] to [..., outputs].
    public func callAsFunction(_ x: Tensor) throws -> Tensor {
        try weight.linear(x, bias?.value)
    }
}
