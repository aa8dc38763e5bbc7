internal import CTorch

/// A matrix in eight bits, with a scale for each row: the weight of a linear map, or a table of vectors.
struct QuantisedWeight {
    /// [outputs, inputs], int8.
    let rows: Tensor
    /// [outputs], float32: what a row's numbers are to be multiplied with.
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

    /// Takes rows and scales over, as a folder holds them.
    init(rows: Tensor, scales: Tensor) throws {
        var offsets: OpaquePointer?
        try TorchError.check(ctorch_quantised_offsets(rows.handle, &offsets), "quantise", [rows])
        guard let offsets else { throw TorchError.last("quantise") }
        (self.rows, self.scales, self.offsets) = (rows, scales, try Tensor(owning: offsets))
    }

    /// The numbers that the rows stand for, float32.
    func values() throws -> Tensor { try rows.to(.float32) * scales.unsqueeze(1) }

    /// The rows of `ids`, [...] to [..., inputs], in a type.
    func lookUp(_ ids: Tensor, dtype: DType) throws -> Tensor {
        let places = try ids.flatten()
        let found = try rows.indexSelect(dim: 0, indices: places).to(.float32)
        let scale = try scales.indexSelect(dim: 0, indices: places).unsqueeze(1)
        return try (found * scale).to(dtype).view(ids.shape + [rows.size(1)])
    }
}
