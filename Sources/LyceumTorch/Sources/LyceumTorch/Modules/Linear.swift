/// A linear map: y = x Wᵀ + b, for `x` of shape [..., inputs] and `W` of shape [outputs, inputs].
public final class Linear: Module {
    /// [outputs, inputs].
    public let weight: Parameter
    /// [outputs], if there is one.
    public let bias: Parameter?

    /// Makes a layer of initial values.
    ///
    /// - Parameters:
    ///   - weight: [outputs, inputs]; see `Initializer`.
    ///   - bias: [outputs], or nil for none.
    public init(weight: Tensor, bias: Tensor? = nil) throws {
        self.weight = try Parameter(weight)
        self.bias = try bias.map { try Parameter($0, decays: false) }
        super.init()
        register("weight", self.weight)
        if let bias = self.bias { register("bias", bias) }
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
        try x.linear(weight.value, bias?.value)
    }
}
