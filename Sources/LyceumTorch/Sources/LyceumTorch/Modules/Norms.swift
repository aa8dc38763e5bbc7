/// Subtracts the mean and divides by the standard deviation of the last dimension, then scales and shifts.
///
/// Source: Ba, Kiros and Hinton, "Layer Normalization" (2016).
public final class LayerNorm: Module {
    /// [size].
    @Part("weight") public private(set) var weight: Parameter
    /// [size].
    @Part("bias") public private(set) var bias: Parameter
    private let epsilon: Double
    private let size: Int

    /// Makes a norm over a last dimension of `size`, with scale 1 and shift 0.
    public init(_ size: Int, epsilon: Double = 1e-5) throws {
        self.size = size
        self.epsilon = epsilon
        super.init()
        weight = try Parameter(.ones([size]), decays: false)
        bias = try Parameter(.zeros([size]), decays: false)
    }

    /// Normalises [..., size].
    public func callAsFunction(_ x: Tensor) throws -> Tensor {
        let (weight, bias) = (weight.value, bias.value)
        guard x.isFewRows(of: size, normedBy: weight, bias) else {
            return try x.layerNorm([size], weight: weight, bias: bias, eps: epsilon)
        }
        return try Op.fewRowsLayerNorm(.tensor(x), .tensor(weight), .tensor(bias), .real(epsilon))
    }
}

/// Divides by the root mean square of the last dimension, taken in float32, then scales: no mean, no shift.
///
/// Source: Zhang and Sennrich, "Root Mean Square Layer Normalization" (2019); transformers' `T5LayerNorm`.
public final class RMSNorm: Module {
    /// [size].
    @Part("weight") public private(set) var weight: Parameter
    private let epsilon: Double
    private let size: Int

    /// Makes a norm over a last dimension of `size`, with scale 1.
    public init(_ size: Int, epsilon: Double = 1e-6) throws {
        self.size = size
        self.epsilon = epsilon
        super.init()
        weight = try Parameter(.ones([size]), decays: false)
    }

    /// Normalises [..., size].
    public func callAsFunction(_ x: Tensor) throws -> Tensor {
        let weight = weight.value
        guard x.suitsKernels, weight.suitsKernels, x.dtype == weight.dtype, x.count > 0 else {
            return try x.rmsNorm([size], weight: weight, eps: epsilon)
        }
        return try x.fusedRMSNorm(weight: weight, eps: epsilon)
    }
}

private enum Op {
    /// Our own, of FewRowsNorm.cpp.
    static let fewRowsLayerNorm = Operator("lyceum::layer_norm")
}
