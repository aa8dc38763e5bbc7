/// The norm over all gradients of some parameters, and its limit.
public enum GradientClipping {
    /// Scales all gradients so that their joint Euclidean norm is at most `maximum`, as
    /// `torch.nn.utils.clip_grad_norm_` does.
    ///
    /// - Parameters:
    ///   - parameters: those without a gradient are left out.
    ///   - maximum: the largest norm allowed; 0 measures without scaling.
    /// - Returns: the norm before scaling.
    public static func clip(_ parameters: [(name: String, parameter: Parameter)], maximum: Double) throws
        -> Double
    {
        try noGrad {
            let gradients = try parameters.compactMap { try $0.parameter.tensor.grad }
            if gradients.isEmpty { return 0 }
            let total = try Tensor.stack(Foreach.norm(gradients)).norm().item()
            let factor = factor(norm: total, maximum: maximum)
            if factor < 1 { try Foreach.mul_(gradients, factor) }
            return total
        }
    }

    /// What gradients of a norm are multiplied with.
    static func factor(norm: Double, maximum: Double) -> Double {
        // PyTorch's guard against a division by zero, and its limit: gradients are never scaled up.
        maximum > 0 ? min(1, maximum / (norm + 1e-6)) : 1
    }
}
