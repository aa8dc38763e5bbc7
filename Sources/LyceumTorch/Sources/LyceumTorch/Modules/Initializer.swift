/// Initial values of weights, drawn from libtorch's generator (see `Torch.manualSeed`).
public enum Initializer {
    @TaskLocal private static var isDrawing = true

    /// Runs `body`, in which all initial values are 0 and cost no random numbers: for networks that are then loaded.
    public static func withoutDrawing<Result>(_ body: () throws -> Result) rethrows -> Result {
        try $isDrawing.withValue(false, operation: body)
    }

    /// Normally distributed with mean 0.
    ///
    /// - Parameters:
    ///   - shape: sizes, outermost first.
    ///   - deviation: the standard deviation.
    public static func normal(_ shape: [Int], deviation: Double) throws -> Tensor {
        try isDrawing ? Tensor.randn(shape).mul_(deviation) : Tensor.zeros(shape)
    }

    /// Uniform in ±`bound`: what `torch.nn.Linear` and `torch.nn.LSTM` begin with, at 1 / sqrt(inputs).
    public static func uniform(_ shape: [Int], bound: Double) throws -> Tensor {
        try isDrawing ? (Tensor.rand(shape) * (2 * bound)) - bound : Tensor.zeros(shape)
    }

    /// Uniform in ±sqrt(6 / (inputs + outputs)), for a weight of shape [outputs, inputs].
    ///
    /// Source: Glorot and Bengio (2010); `torch.nn.init.xavier_uniform_`.
    public static func xavierUniform(_ outputs: Int, _ inputs: Int) throws -> Tensor {
        guard isDrawing else { return try Tensor.zeros([outputs, inputs]) }
        let bound = (6 / Double(max(inputs + outputs, 1))).squareRoot()
        return try (Tensor.rand([outputs, inputs]) * (2 * bound)) - bound
    }
}
