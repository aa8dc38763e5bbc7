internal import CTorch

/// Adam with decoupled weight decay: one pass over all parameters, on the CPU by a kernel of our own that also adds up
/// and clips gradients, elsewhere by libtorch's.
///
/// Source: Loshchilov and Hutter, "Decoupled Weight Decay Regularization" (2019); `torch.optim.AdamW`.
public final class AdamW: PartsOptimizer {
    private struct Slot {
        let name: String
        let parameter: Parameter
        let mean: Tensor
        let square: Tensor
        let step: Tensor
    }

    private let decay: Double
    private let betas: (Double, Double)
    private let epsilon: Double
    private let slots: [Slot]

    /// What it changes, by path.
    public var parameters: [(name: String, parameter: Parameter)] { slots.map { ($0.name, $0.parameter) } }

    /// Makes an optimizer with empty moments.
    ///
    /// - Parameters:
    ///   - parameters: what it changes, by path.
    ///   - weightDecay: applied to those parameters that decay, times the learning rate.
    ///   - betas: the decay rates of the two moments.
    ///   - epsilon: added to the root of the second moment.
    public init(
        _ parameters: [(name: String, parameter: Parameter)], weightDecay: Double = 0,
        betas: (Double, Double) = (0.9, 0.999), epsilon: Double = 1e-8
    ) throws {
        decay = weightDecay
        self.betas = betas
        self.epsilon = epsilon
        slots = try parameters.map { name, parameter in
            try parameter.joinPieces()
            return Slot(
                name: name, parameter: parameter, mean: try parameter.tensor.detach().zerosLike(),
                square: try parameter.tensor.detach().zerosLike(),
                step: try .zeros([], device: parameter.tensor.device))
        }
    }

    /// Changes the parameters by their gradients; those without a gradient stay.
    ///
    /// - Parameters:
    ///   - learningRate: of this step.
    ///   - embeddingLearningRate: that of embedding tables; the same unless given.
    public func step(learningRate: Double, embeddingLearningRate: Double? = nil) throws {
        try stepByOwnGradients(learningRate, embeddingLearningRate)
    }

    var tensors: [Tensor] { slots.flatMap { [$0.parameter.tensor, $0.mean, $0.square] } }

    func step(
        _ gradients: [GradientParts?], factor: Double, learningRate: Double, embeddingLearningRate: Double?,
        copies: [Tensor]?
    ) throws {
        let places = slots.indices.filter { gradients[$0] != nil }
        if places.isEmpty { return }
        let counts = try count(places.map { slots[$0].step })
        try GradientParts.withHandles(places.compactMap { gradients[$0] }) { given in
            let parameters = places.indices.map { index in
                let slot = slots[places[index]]
                let rate =
                    slot.parameter.isEmbedding ? embeddingLearningRate ?? learningRate : learningRate
                return CTorchAdamWParameter(
                    weight: slot.parameter.tensor.handle, mean: slot.mean.handle, square: slot.square.handle,
                    copy: copies?[places[index]].handle, gradient: given[index], learning_rate: rate,
                    decay: slot.parameter.decays ? decay : 0, step: counts[index])
            }
            try withExtendedLifetime(copies) {
                try TorchError.check(
                    ctorch_adamw(parameters, parameters.count, factor, betas.0, betas.1, epsilon), "adamw",
                    [])
            }
        }
    }

    func stepByOperators(_ learningRate: Double, _ embeddingLearningRate: Double?) throws {
        let groups = Dictionary(grouping: slots) { [$0.parameter.decays, $0.parameter.isEmbedding] }
        for (kind, slots) in groups {
            let pairs = try slots.compactMap { slot in try slot.parameter.tensor.grad.map { (slot, $0) } }
            if pairs.isEmpty { continue }
            try noGrad {
                // The kernel expects the step that is being made, counted from 1.
                try Foreach.add_(pairs.map(\.0.step), 1)
                try Foreach.fusedAdamW_(
                    parameters: pairs.map(\.0.parameter.tensor), gradients: pairs.map(\.1),
                    averages: pairs.map(\.0.mean), squareAverages: pairs.map(\.0.square),
                    steps: pairs.map(\.0.step),
                    learningRate: kind[1] ? embeddingLearningRate ?? learningRate : learningRate,
                    beta1: betas.0, beta2: betas.1, weightDecay: kind[0] ? decay : 0, epsilon: epsilon)
            }
        }
    }

    /// The moments and step counts by path, for a checkpoint.
    public func state() -> [(name: String, tensor: Tensor)] {
        slots.flatMap { slot in
            [
                ("exp_avg.\(slot.name)", slot.mean), ("exp_avg_sq.\(slot.name)", slot.square),
                ("step.\(slot.name)", slot.step),
            ]
        }
    }
}
