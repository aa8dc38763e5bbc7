extension DecoderCache {
    /// Refuses recurrent states whose first dimension is not the hypotheses: they could be neither selected nor
    /// reordered.
    ///
    /// - Throws: `TorchError.invalid`.
    func checkRows(_ rows: Int) throws {
        for (index, tensor) in recurrent.enumerated() where tensor.shape.first != rows {
            let count = tensor.shape.first ?? 0
            throw TorchError.invalid(
                "cache.recurrent[\(index)] has \(count) row\(count == 1 ? "" : "s"), there are \(rows) hypotheses: keep "
                    + "rows first (its shape is \(tensor.shape))")
        }
    }
}
