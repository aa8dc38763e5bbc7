/// Subtracts the mean and divides by the standard deviation of each feature over the batch: `torch.nn.BatchNorm1d`.
///
/// In training it takes those of the batch and keeps running ones, which it uses afterwards. Padding counts as any
/// other position: prefer `LayerNorm` for texts of unequal length.
/// Source: Ioffe and Szegedy, "Batch Normalization" (2015).
public final class BatchNorm1d: Module {
    /// [features].
    @Part("weight") public private(set) var weight: Parameter
    /// [features].
    @Part("bias") public private(set) var bias: Parameter
    @Part("running_mean") private var mean: Tensor
    @Part("running_var") private var variance: Tensor
    private let epsilon: Double
    private let momentum: Double

    /// Makes a norm of so many features, with scale 1 and shift 0.
    public init(_ features: Int, epsilon: Double = 1e-5, momentum: Double = 0.1) throws {
        (self.epsilon, self.momentum) = (epsilon, momentum)
        super.init()
        weight = try Parameter(.ones([features]), decays: false)
        bias = try Parameter(.zeros([features]), decays: false)
        mean = try .zeros([features])
        variance = try .ones([features])
    }

    /// Normalises [rows, features] or [rows, features, length].
    public func callAsFunction(_ x: Tensor) throws -> Tensor {
        try Op.batchNorm(
            .tensor(x), .tensor(weight.value), .tensor(bias.value), .tensor(mean), .tensor(variance),
            .bool(isTraining), .real(momentum), .real(epsilon), .bool(false))
    }

    private enum Op {
        static let batchNorm = Operator("aten::batch_norm")
    }
}
