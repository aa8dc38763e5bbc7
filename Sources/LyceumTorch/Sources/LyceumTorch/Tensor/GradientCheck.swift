/// Compares gradients with differences: what `torch.autograd.gradcheck` does.
public enum GradientCheck {
    /// The largest difference between a gradient of automatic differentiation and the central difference
    /// (f(x + h) - f(x - h)) / 2h, relative to the larger of 1 and the gradient.
    ///
    /// - Parameters:
    ///   - point: a tensor of any shape; the check runs in float64, and a copy of it.
    ///   - step: h.
    ///   - function: any function of it, of any shape; its elements are summed with fixed weights, so that no two
    ///     errors cancel.
    /// - Throws: `TorchError`, or what `function` throws.
    public static func largestError(
        at point: Tensor, step: Double = 1e-6, of function: (Tensor) throws -> Tensor
    ) throws -> Double {
        func value(_ x: Tensor) throws -> Tensor {
            let y = try function(x).to(.float64).reshape(-1)
            let weights = try (Tensor.arange(y.count, dtype: .float64) * 0.37 + 1).sin()
            return try (y * weights.to(y.device)).sum()
        }
        let shape = point.shape
        var elements = try point.doubles()
        let x = try Tensor(elements, shape: shape).to(point.device).requiresGrad(true)
        try value(x).backward()
        guard let gradient = try x.grad?.doubles() else {
            throw TorchError.invalid("GradientCheck: the function does not depend on its argument")
        }
        var largest = 0.0
        for index in elements.indices {
            let centre = elements[index]
            let sides = try [step, -step].map { offset in
                elements[index] = centre + offset
                return try noGrad {
                    try value(Tensor(elements, shape: shape).to(point.device)).item()
                }
            }
            elements[index] = centre
            let difference = (sides[0] - sides[1]) / (2 * step)
            let error = abs(gradient[index] - difference) / max(1, abs(gradient[index]))
            // A difference that is not a number is the largest of all.
            largest = error.isNaN ? .infinity : max(largest, error)
        }
        return largest
    }
}
