internal import CTorch

/// A gradient as a training step leaves it: the sum of tensors of one shape, one from each copy of the network, in the
/// type that it was computed in.
struct GradientParts {
    /// At least one.
    let parts: [Tensor]

    /// Whether the kernels that read all parts at once take it.
    var suitsKernels: Bool { parts.allSatisfy { $0.suitsKernels && $0.isContiguous } }

    /// The sum, float32.
    func sum() throws -> Tensor {
        try noGrad {
            let sum = try parts[0].to(.float32)
            if parts.count == 1 { return sum }
            return try parts.dropFirst(2).reduce(sum + parts[1].to(.float32)) { try $0.add_($1.to(.float32)) }
        }
    }

    /// The norm over the elements of all gradients, in one pass of our own. All must suit the kernels.
    static func norm(_ gradients: [GradientParts]) throws -> Double {
        var norm = 0.0
        try withHandles(gradients) { given in
            try TorchError.check(
                ctorch_gradient_norm(given, given.count, &norm), "norm", gradients.flatMap(\.parts))
        }
        return norm
    }

    /// Calls `body` with what C knows of some gradients; valid only inside.
    static func withHandles<Result>(
        _ gradients: [GradientParts], _ body: ([CTorchGradient]) throws -> Result
    ) rethrows -> Result {
        let handles = gradients.flatMap { $0.parts.map { Optional($0.handle) } }
        return try withExtendedLifetime(gradients) {
            try handles.withUnsafeBufferPointer { all in
                var start = 0
                return try body(
                    gradients.map { gradient in
                        defer { start += gradient.parts.count }
                        return CTorchGradient(
                            parts: all.baseAddress.map { $0 + start }, count: gradient.parts.count)
                    })
            }
        }
    }
}
