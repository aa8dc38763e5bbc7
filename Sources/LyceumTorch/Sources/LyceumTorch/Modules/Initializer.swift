/// Initial values of weights, drawn from the run that makes the network (`drawing`), else from libtorch's generator
/// (see `Torch.manualSeed`).
public enum Initializer {
    @TaskLocal private static var draws = Draws.libtorch

    /// Where values come from.
    private enum Draws {
        case libtorch
        case none
        case shapes
        case run(Count)
    }

    /// A run's source, and how many tensors have been drawn. Used by the one thread that makes the network.
    private final class Count: @unchecked Sendable {
        let key: UInt64
        var tensors = 0

        init(key: UInt64) { self.key = key }
    }

    /// Runs `body`, in which all initial values are 0 and cost no random numbers: for networks that are then loaded.
    public static func withoutDrawing<Result>(_ body: () throws -> Result) rethrows -> Result {
        try $draws.withValue(.none, operation: body)
    }

    /// Runs `body`, in which all initial values are one 0 that takes no memory: for networks that are only asked for the
    /// shapes of their weights.
    public static func shapesOnly<Result>(_ body: () throws -> Result) rethrows -> Result {
        try $draws.withValue(.shapes, operation: body)
    }

    /// Runs `body`, in which initial values are those of a source, in the order in which they are asked for.
    public static func drawing<Result>(
        from source: RandomSource, _ body: () throws -> Result
    ) rethrows -> Result {
        try $draws.withValue(.run(Count(key: source.key(.weights))), operation: body)
    }

    /// Normally distributed with mean 0.
    ///
    /// - Parameters:
    ///   - shape: sizes, outermost first.
    ///   - deviation: the standard deviation.
    public static func normal(_ shape: [Int], deviation: Double) throws -> Tensor {
        guard let (key, call) = try place() else { return try undrawn(shape) }
        return try Tensor.normal(shape, key: key, call: call).mul_(deviation)
    }

    /// Uniform in ±`bound`: what `torch.nn.Linear` and `torch.nn.LSTM` begin with, at 1 / sqrt(inputs).
    public static func uniform(_ shape: [Int], bound: Double) throws -> Tensor {
        guard let (key, call) = try place() else { return try undrawn(shape) }
        return try Tensor.uniform(shape, key: key, call: call).mul_(2 * bound).add_(-bound)
    }

    /// Uniform in ±sqrt(6 / (inputs + outputs)), for a weight of shape [outputs, inputs].
    ///
    /// Source: Glorot and Bengio (2010); `torch.nn.init.xavier_uniform_`.
    public static func xavierUniform(_ outputs: Int, _ inputs: Int) throws -> Tensor {
        try uniform([outputs, inputs], bound: (6 / Double(max(inputs + outputs, 1))).squareRoot())
    }

    /// Zeros; where only shapes are asked for, one zero seen many times.
    private static func undrawn(_ shape: [Int]) throws -> Tensor {
        guard case .shapes = draws else { return try Tensor.zeros(shape) }
        return try Tensor.zeros([]).expand(shape)
    }

    /// Which numbers the next tensor takes; nil if none are drawn.
    private static func place() throws -> (key: UInt64, call: Int)? {
        switch draws {
        case .none, .shapes: return nil
        case .libtorch: return (try Torch.drawnKey(), 0)
        case .run(let count):
            count.tensors += 1
            return (count.key, count.tensors)
        }
    }
}
