internal import CTorch

/// The weight of a linear map in eight bits, with a scale for each output.
struct QuantisedWeight {
    /// [outputs, inputs], int8.
    let rows: Tensor
    /// [outputs], float32.
    let scales: Tensor
    /// [outputs], int32: what quantised inputs, which are above 0, add to the sums.
    let offsets: Tensor

    /// Rounds a float32 matrix [outputs, inputs].
    init(_ weight: Tensor) throws {
        var (rows, scales, offsets): (OpaquePointer?, OpaquePointer?, OpaquePointer?)
        try TorchError.check(ctorch_quantise(weight.handle, &rows, &scales, &offsets), "quantise", [weight])
        guard let rows, let scales, let offsets else { throw TorchError.last("quantise") }
        (self.rows, self.scales) = (try Tensor(owning: rows), try Tensor(owning: scales))
        self.offsets = try Tensor(owning: offsets)
    }

    /// [..., inputs] to [..., outputs], in the type of `x`.
    func linear(_ x: Tensor, _ bias: Tensor?) throws -> Tensor {
        var result: OpaquePointer?
        try TorchError.check(
            ctorch_int8_linear(x.handle, rows.handle, scales.handle, offsets.handle, bias?.handle, &result),
            "linear",
            [x, rows] + (bias.map { [$0] } ?? []))
        guard let result else { throw TorchError.last("linear") }
        return try Tensor(owning: result)
    }
}

extension Parameter {
    /// x · valueᵀ + bias, as the module's compute type asks for it.
    func linear(_ x: Tensor, _ bias: Tensor?) throws -> Tensor {
        if let quantised, x.count > 0 { return try quantised.linear(x, bias) }
        return try x.linear(value, bias)
    }
}
