/// An optimizer with a kernel of its own for the CPU, which adds up and scales gradients on the way.
protocol PartsOptimizer: Optimizer {
    /// All that a step changes besides the count of steps.
    var tensors: [Tensor] { get }

    /// Changes the parameters by gradients that are still to be added up and scaled.
    ///
    /// - Parameters:
    ///   - gradients: by parameter; one without a gradient stays.
    ///   - factor: multiplies all of them.
    ///   - learningRate: of this step.
    ///   - embeddingLearningRate: that of embedding tables; the same unless given.
    ///   - copies: by parameter, bfloat16, get the new values.
    func step(
        _ gradients: [GradientParts?], factor: Double, learningRate: Double, embeddingLearningRate: Double?,
        copies: [Tensor]?
    ) throws

    /// Changes the parameters by their own gradients, with libtorch's operators: on other devices than the CPU.
    func stepByOperators(_ learningRate: Double, _ embeddingLearningRate: Double?) throws
}

extension PartsOptimizer {
    /// Whether `step(_:…)` can change the parameters by these gradients.
    func takes(_ gradients: [GradientParts?]) -> Bool {
        gradients.allSatisfy { $0?.suitsKernels ?? true } && tensors.allSatisfy(\.suitsOptimizers)
    }

    /// Counts a step for those that make one; gives their numbers, from 1.
    func count(_ steps: [Tensor]) throws -> [Double] {
        try noGrad { try Foreach.add_(steps, 1) }
        return try steps.map { try $0.item() }
    }

    /// Changes the parameters by their own gradients.
    func stepByOwnGradients(_ learningRate: Double, _ embeddingLearningRate: Double?) throws {
        let gradients = try parameters.map { try $0.parameter.tensor.grad.map { GradientParts(parts: [$0]) } }
        guard takes(gradients) else { return try stepByOperators(learningRate, embeddingLearningRate) }
        try step(
            gradients, factor: 1, learningRate: learningRate, embeddingLearningRate: embeddingLearningRate,
            copies: nil)
    }
}

extension Tensor {
    /// Whether the kernels of optimizers write it.
    var suitsOptimizers: Bool { dtype == .float32 && device == .cpu && isContiguous }
}
