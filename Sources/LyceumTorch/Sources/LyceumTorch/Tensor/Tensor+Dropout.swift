internal import CTorch

/// Which random numbers one dropout uses.
struct DropoutDraw {
    /// The share of elements that become zero.
    let rate: Double
    /// Decides, with `call` and an element's place, whether the element is kept.
    let key: UInt64
    /// The call of the layer in this pass.
    let call: UInt32
    /// The numbers of the examples that the leading dimension holds; empty if unknown.
    let rows: [Int64]
}

extension Tensor {
    /// Drops elements by a draw, recorded without a mask.
    func dropout(_ draw: DropoutDraw, _ packing: RowPacking? = nil) throws -> Tensor {
        var result: OpaquePointer?
        let lengths = packing.map { $0.lengths.map { Int64($0) } } ?? []
        try TorchError.check(
            ctorch_dropout(
                handle, draw.rate, draw.key, draw.call, draw.rows, draw.rows.count, lengths, lengths.count,
                &result),
            "dropout", [self])
        guard let result else { throw TorchError.last("dropout") }
        return try Tensor(owning: result)
    }

    /// Numbers uniform in 0 ..< 1 (float32): those of a key, always the same.
    static func uniform(_ shape: [Int], key: UInt64, call: Int = 0) throws -> Tensor {
        var result: OpaquePointer?
        try TorchError.check(
            ctorch_uniform(
                key, UInt32(truncatingIfNeeded: call), shape.map { Int64($0) }, shape.count, &result),
            "uniform")
        guard let result else { throw TorchError.last("uniform") }
        return try Tensor(owning: result)
    }

    /// Numbers of the standard normal distribution (float32): those of a key, always the same.
    ///
    /// Source: Box and Muller, "A Note on the Generation of Random Normal Deviates" (1958).
    static func normal(_ shape: [Int], key: UInt64, call: Int = 0) throws -> Tensor {
        let count = shape.reduce(1, *)
        let half = (count + 1) / 2
        let uniform = try Tensor.uniform([2, half], key: key, call: call)
        // 1 - u is never 0.
        let radius = try ((1 - uniform.select(dim: 0, index: 0)).log() * -2).sqrt()
        let angle = try uniform.select(dim: 0, index: 1) * (2 * Double.pi)
        return try Tensor.cat([radius * angle.cos(), radius * angle.sin()])
            .narrow(dim: 0, start: 0, length: count).reshape(shape)
    }
}
