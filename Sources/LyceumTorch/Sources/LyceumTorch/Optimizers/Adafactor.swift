internal import CTorch
import Glibc

/// Adafactor with an explicit learning rate and without a first moment: of the second moments of a matrix it keeps
/// one row and one column. On the CPU a kernel of our own also adds up and clips gradients.
///
/// Source: Shazeer and Stern, "Adafactor: Adaptive Learning Rates with Sublinear Memory Cost" (2018);
/// `transformers.optimization.Adafactor` with `relative_step=False`.
public final class Adafactor: PartsOptimizer {
    private struct Slot {
        let name: String
        let parameter: Parameter
        let moment: Moment
        /// Steps made, of rank 0; on the CPU, where reading it waits for nothing.
        let step: Tensor
    }

    /// The running mean of squared gradients.
    private enum Moment {
        /// [..., rows] and [..., columns], the means along the other of the last two dimensions.
        case factored(row: Tensor, column: Tensor)
        /// Of the parameter's shape.
        case whole(Tensor)

        var tensors: [Tensor] {
            switch self {
            case .factored(let row, let column): [row, column]
            case .whole(let mean): [mean]
            }
        }
    }

    /// Added to squared gradients, and the least scale of a parameter: the paper's ε₁ and ε₂.
    private static let epsilon = (square: 1e-30, scale: 1e-3)
    /// The decay rate of step t is 1 - t^this.
    private static let decayExponent = -0.8

    private let decay: Double
    private let clipThreshold: Double
    private let scaleParameter: Bool
    private let slots: [Slot]

    /// What it changes, by path.
    public var parameters: [(name: String, parameter: Parameter)] { slots.map { ($0.name, $0.parameter) } }

    /// Makes an optimizer with empty moments.
    ///
    /// - Parameters:
    ///   - parameters: what it changes, by path.
    ///   - weightDecay: applied to those parameters that decay, times the learning rate.
    ///   - clipThreshold: updates are scaled down to this root mean square.
    ///   - scaleParameter: whether the learning rate is multiplied by the root mean square of the parameter.
    public init(
        _ parameters: [(name: String, parameter: Parameter)], weightDecay: Double = 0,
        clipThreshold: Double = 1, scaleParameter: Bool = true
    ) throws {
        decay = weightDecay
        self.clipThreshold = clipThreshold
        self.scaleParameter = scaleParameter
        slots = try parameters.map { name, parameter in
            try parameter.joinPieces()
            let (shape, device) = (parameter.tensor.shape, parameter.tensor.device)
            let moment: Moment
            if shape.count >= 2 {
                moment = .factored(
                    row: try .zeros(Array(shape.dropLast()), device: device),
                    column: try .zeros(shape.dropLast(2) + shape.suffix(1), device: device))
            } else {
                moment = .whole(try .zeros(shape, device: device))
            }
            return Slot(name: name, parameter: parameter, moment: moment, step: try .zeros([]))
        }
    }

    /// Changes the parameters by their gradients; those without a gradient stay.
    public func step(learningRate: Double, embeddingLearningRate: Double? = nil) throws {
        try stepByOwnGradients(learningRate, embeddingLearningRate)
    }

    func stepByOperators(_ learningRate: Double, _ embeddingLearningRate: Double?) throws {
        try noGrad {
            for slot in slots {
                guard let gradient = try slot.parameter.tensor.grad else { continue }
                let rate =
                    slot.parameter.isEmbedding ? embeddingLearningRate ?? learningRate : learningRate
                try change(slot, gradient, learningRate: rate)
            }
        }
    }

    var tensors: [Tensor] { slots.flatMap { [$0.parameter.tensor] + $0.moment.tensors } }

    func step(
        _ gradients: [GradientParts?], factor: Double, learningRate: Double, embeddingLearningRate: Double?,
        copies: [Tensor]?
    ) throws {
        let places = slots.indices.filter { gradients[$0] != nil }
        if places.isEmpty { return }
        let shares = try count(places.map { slots[$0].step }).map { pow($0, Self.decayExponent) }
        try GradientParts.withHandles(places.compactMap { gradients[$0] }) { given in
            let parameters = places.indices.map { index in
                let slot = slots[places[index]]
                let moments = slot.moment.tensors
                let rate =
                    slot.parameter.isEmbedding ? embeddingLearningRate ?? learningRate : learningRate
                return CTorchAdafactorParameter(
                    weight: slot.parameter.tensor.handle, row: moments[0].handle,
                    column: moments.count > 1 ? moments[1].handle : nil, copy: copies?[places[index]].handle,
                    gradient: given[index], learning_rate: rate, decay: slot.parameter.decays ? decay : 0,
                    share: shares[index])
            }
            try withExtendedLifetime(copies) {
                try TorchError.check(
                    ctorch_adafactor(parameters, parameters.count, factor, clipThreshold, scaleParameter),
                    "adafactor", [])
            }
        }
    }

    private func change(_ slot: Slot, _ gradient: Tensor, learningRate: Double) throws {
        let weights = try slot.parameter.tensor.detach()
        try slot.step.add_(1)
        // The share of the new square in the mean: 1 - β₂.
        let share = pow(try slot.step.item(), Self.decayExponent)
        // Of rank 0 on the weights' device, so that nothing waits for it.
        let rate = try
            (scaleParameter
            ? Self.rms(weights).clamp_(min: Self.epsilon.scale) : .ones([], device: weights.device))
            .mul_(learningRate)
        let square = try gradient.square().add_(Self.epsilon.square)
        let update: Tensor
        switch slot.moment {
        case .factored(let row, let column):
            try row.lerp_(square.mean(dim: -1), weight: share)
            try column.lerp_(square.mean(dim: -2), weight: share)
            let rows = try (row / row.mean(dim: -1, keepdim: true)).rsqrt().unsqueeze(-1)
            update = try rows * column.rsqrt().unsqueeze(-2)
        case .whole(let mean):
            try mean.lerp_(square, weight: share)
            update = try mean.rsqrt()
        }
        try update.mul_(gradient)
        try update.div_((Self.rms(update) / clipThreshold).clamp_(min: 1)).mul_(rate)
        if decay != 0, slot.parameter.decays { try weights.sub_(weights * rate, alpha: decay) }
        try weights.sub_(update)
    }

    /// The root mean square of all elements, of rank 0.
    private static func rms(_ tensor: Tensor) throws -> Tensor {
        try tensor.norm() / Double(max(1, tensor.count)).squareRoot()
    }

    /// The moments and step counts by path.
    public func state() -> [(name: String, tensor: Tensor)] {
        slots.flatMap { slot -> [(name: String, tensor: Tensor)] in
            let step = ("step.\(slot.name)", slot.step)
            switch slot.moment {
            case .factored(let row, let column):
                return [
                    ("exp_avg_sq_row.\(slot.name)", row), ("exp_avg_sq_col.\(slot.name)", column), step,
                ]
            case .whole(let mean): return [("exp_avg_sq.\(slot.name)", mean), step]
            }
        }
    }
}
