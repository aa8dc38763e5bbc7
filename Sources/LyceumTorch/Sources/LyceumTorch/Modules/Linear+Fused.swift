internal import CTorch

/// What follows a linear map in the same pass, element by element.
public enum FusedActivation: Sendable {
    /// Nothing.
    case identity
    /// max(x, 0).
    case relu
    /// x · Φ(x), by the error function.
    case gelu

    fileprivate var code: CTorchActivation {
        switch self {
        case .identity: CTORCH_IDENTITY
        case .relu: CTORCH_RELU
        case .gelu: CTORCH_GELU
        }
    }

    fileprivate func apply(to x: Tensor) throws -> Tensor {
        switch self {
        case .identity: x
        case .relu: try x.relu()
        case .gelu: try x.gelu()
        }
    }

    /// Changes `x`.
    fileprivate func apply(in x: Tensor) throws {
        switch self {
        case .identity: break
        case .relu: try Op.relu.perform(.tensor(x))
        case .gelu: try Op.gelu.perform(.tensor(x))
        }
    }
}

private enum Op {
    static let relu = Operator("aten::relu_")
    static let gelu = Operator("aten::gelu_")
}

// Linear maps with what follows them: a decoder's step is made of few rows, for which each operator more is a wait for the
// threads and another pass over the result.
extension Linear {
    /// activation(x · Wᵀ + b) + residual: one pass where rows are few or the weight is in eight bits, and nobody wants
    /// gradients.
    ///
    /// - Parameters:
    ///   - x: [..., inputs].
    ///   - activation: follows the map.
    ///   - residual: added last, [..., outputs].
    public func callAsFunction(
        _ x: Tensor, then activation: FusedActivation, plus residual: Tensor? = nil
    ) throws -> Tensor {
        if let fused = try Linear.fused([self], x, activation, residual)?.first { return fused }
        let y = try self(x)
        guard !ctorch_grad_mode(), residual.map({ $0.dtype == y.dtype && $0.shape == y.shape }) ?? true else {
            let activated = try activation.apply(to: y)
            return try residual.map { try $0 + activated } ?? activated
        }
        // Nobody else has it: many rows are large, and memory that is new costs more than the sum.
        try activation.apply(in: y)
        return try residual.map { try y.add_($0) } ?? y
    }

    /// x · Wᵀ + b + residual.
    public func callAsFunction(_ x: Tensor, plus residual: Tensor) throws -> Tensor {
        try self(x, then: .identity, plus: residual)
    }

    /// The results of several maps of one `x`, in one pass where that is possible.
    public static func all(_ maps: [Linear], of x: Tensor) throws -> [Tensor] {
        try fused(maps, x, .identity, nil) ?? maps.map { try $0(x) }
    }

    /// In one pass of our own kernels; nil where they do not take it.
    private static func fused(
        _ maps: [Linear], _ x: Tensor, _ activation: FusedActivation, _ residual: Tensor?
    ) throws -> [Tensor]? {
        if let residual, residual.dtype != x.dtype || residual.device != x.device || residual.requiresGrad {
            return nil
        }
        let products = maps.map { LinearProduct(weight: $0.weight, bias: $0.bias?.value) }
        return try x.multiplied(products, activation, residual)
    }
}

/// A product that our kernels may take.
private struct LinearProduct {
    let weight: Parameter
    let bias: Tensor?
}

extension Tensor {
    fileprivate func multiplied(
        _ products: [LinearProduct], _ activation: FusedActivation, _ residual: Tensor?
    ) throws -> [Tensor]? {
        guard count > 0 else { return nil }
        let rounded = products.compactMap { $0.weight.quantised }
        if !rounded.isEmpty {
            // Nothing but weights in eight bits, all of them.
            guard rounded.count == products.count else { return nil }
            return try Self.call(
                rounded.map(\.rows), products.map(\.bias), rounded, self, activation, residual)
        }
        let weights = products.map(\.weight.value)
        guard zip(weights, products).allSatisfy({ isFewRows(for: $0, $1.bias) }) else { return nil }
        return try Self.call(weights, products.map(\.bias), [], self, activation, residual)
    }

    private static func call(
        _ weights: [Tensor], _ biases: [Tensor?], _ rounded: [QuantisedWeight], _ x: Tensor,
        _ activation: FusedActivation, _ residual: Tensor?
    ) throws -> [Tensor] {
        let maps = weights.indices.map { index in
            CTorchLinear(
                weight: weights[index].handle, bias: biases[index]?.handle,
                scales: rounded.isEmpty ? nil : rounded[index].scales.handle,
                offsets: rounded.isEmpty ? nil : rounded[index].offsets.handle)
        }
        var results = [OpaquePointer?](repeating: nil, count: maps.count)
        let status = withExtendedLifetime((weights, biases, rounded)) {
            rounded.isEmpty
                ? ctorch_few_rows_linear(
                    x.handle, maps, maps.count, activation.code, residual?.handle, &results)
                : ctorch_int8_linear(
                    x.handle, maps, maps.count, activation.code, residual?.handle, &results)
        }
        try TorchError.check(status, "linear", [x] + weights)
        let tensors = results.map { handle in handle.map { handle in Result { try Tensor(owning: handle) } } }
        return try tensors.map { tensor in
            guard let tensor else { throw TorchError.last("linear") }
            return try tensor.get()
        }
    }

    /// `linear` for few rows, without gradients.
    func fewRowsLinear(_ weight: Tensor, _ bias: Tensor?) throws -> Tensor {
        guard let result = try Self.call([weight], [bias], [], self, .identity, nil).first else {
            throw TorchError.last("linear")
        }
        return result
    }

    /// `linear` with a weight in eight bits, in the type of this.
    func linear(_ weight: QuantisedWeight, _ bias: Tensor?) throws -> Tensor {
        guard let result = try Self.call([weight.rows], [bias], [weight], self, .identity, nil).first else {
            throw TorchError.last("linear")
        }
        return result
    }
}

extension Parameter {
    /// x · valueᵀ + bias, as the module's compute type asks for it.
    func linear(_ x: Tensor, _ bias: Tensor?) throws -> Tensor {
        guard let quantised, x.count > 0 else { return try x.linear(value, bias) }
        return try x.linear(quantised, bias)
    }
}
