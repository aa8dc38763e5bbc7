/// Initial values of weights, drawn from libtorch's generator (see `Torch.manualSeed`).
public enum Initializer {
    /// Normally distributed with mean 0.
    ///
    /// - Parameters:
    ///   - shape: sizes, outermost first.
    ///   - deviation: the standard deviation.
    public static func normal(_ shape: [Int], deviation: Double) throws -> Tensor {
        try Tensor.randn(shape).mul_(deviation)
    }

    /// Uniform in ±sqrt(6 / (inputs + outputs)), for a weight of shape [outputs, inputs].
    ///
    /// Source: Glorot and Bengio (2010); `torch.nn.init.xavier_uniform_`.
    public static func xavierUniform(_ outputs: Int, _ inputs: Int) throws -> Tensor {
        let bound = (6 / Double(max(inputs + outputs, 1))).squareRoot()
        return try (Tensor.rand([outputs, inputs]) * (2 * bound)) - bound
    }
}
