/// A trainable tensor of a module.
public final class Parameter {
    /// The trained values, float32: what the optimizer changes and a checkpoint holds.
    public private(set) var tensor: Tensor
    /// Whether AdamW's weight decay applies; by custom not to biases and norms.
    public let decays: Bool
    /// Whether it is a table that ids look up: such tables may learn at a rate of their own.
    public let isEmbedding: Bool
    private var cast: Tensor?

    /// Makes a parameter of initial values, which from then on require gradients.
    public init(_ initial: Tensor, decays: Bool = true, isEmbedding: Bool = false) throws {
        tensor = try initial.detach().to(.float32)
        try tensor.requiresGrad(true)
        self.decays = decays
        self.isEmbedding = isEmbedding
    }

    /// What a forward pass computes with: `tensor`, or its copy in the module's compute type.
    public var value: Tensor { cast ?? tensor }

    /// Takes a copy in `dtype` for the passes to come; float32 drops the copy.
    ///
    /// While gradients are recorded the copy is part of the graph, so a backward pass reaches `tensor`.
    func setComputeType(_ dtype: DType) throws { cast = dtype == .float32 ? nil : try tensor.to(dtype) }

    /// Takes over the values of another parameter: one memory, two gradients.
    func shareValues(of other: Parameter) throws {
        tensor = try other.tensor.detach().requiresGrad(true)
    }

    /// Goes back to float32.
    func dropComputeType() { cast = nil }
}
