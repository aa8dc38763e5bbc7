internal import CTorch

// Gradients. Operators on tensors that require gradients are recorded; `backward` runs the record backwards and adds
// to `grad` of the leaves.
extension Tensor {
    /// Whether operators on this tensor are recorded.
    public var requiresGrad: Bool { ctorch_tensor_requires_grad(handle) }

    /// Turns recording on or off; only for leaves of floating point dtype.
    @discardableResult
    public func requiresGrad(_ required: Bool) throws -> Tensor {
        try TorchError.check(ctorch_tensor_set_requires_grad(handle, required), "requiresGrad", [self])
        return self
    }

    /// The gradient that `backward` has left here so far.
    public var grad: Tensor? {
        get throws {
            var grad: OpaquePointer?
            try TorchError.check(ctorch_tensor_grad(handle, &grad), "grad", [self])
            return try grad.map { try Tensor(owning: $0) }
        }
    }

    /// Replaces the gradient, or removes it when nil. It must have this tensor's shape, dtype and device.
    public func setGrad(_ grad: Tensor?) throws {
        try TorchError.check(
            ctorch_tensor_set_grad(handle, grad?.handle), "setGrad", [self] + (grad.map { [$0] } ?? []))
    }

    /// Removes the gradient.
    public func zeroGrad() throws { try setGrad(nil) }

    /// Adds the derivatives of this tensor to `grad` of the leaves it was made from.
    ///
    /// - Parameters:
    ///   - gradient: the derivative of the final value with respect to this tensor, of its shape; may be left out
    ///     for a single element.
    ///   - retainGraph: keeps the record for another `backward`.
    public func backward(gradient: Tensor? = nil, retainGraph: Bool = false) throws {
        try TorchError.check(
            ctorch_tensor_backward(handle, gradient?.handle, retainGraph), "backward", [self])
    }

    /// The operation that made this tensor ("AddBackward0"); nil for a leaf.
    public var gradFunction: String? {
        withUnsafeTemporaryAllocation(of: CChar.self, capacity: 128) { name in
            guard let address = name.baseAddress else { return nil }
            ctorch_tensor_grad_function(handle, address, name.count)
            let text = String(cString: address)
            return text.isEmpty ? nil : text
        }
    }
}

/// Runs `body` without recording for gradients.
public func noGrad<Result>(_ body: () throws -> Result) rethrows -> Result {
    let before = ctorch_grad_mode()
    ctorch_set_grad_mode(false)
    defer { ctorch_set_grad_mode(before) }
    return try body()
}

/// Runs `body` in libtorch's inference mode: no recording and no version counts, which is faster still. Tensors made
/// inside cannot take part in recorded operations later.
public func inferenceMode<Result>(_ body: () throws -> Result) rethrows -> Result {
    let mode = ctorch_inference_mode_begin()
    defer { ctorch_inference_mode_end(mode) }
    return try body()
}
