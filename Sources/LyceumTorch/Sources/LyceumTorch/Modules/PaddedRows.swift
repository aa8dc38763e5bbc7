/// Rows of unequal length in one tensor, for networks that read them from both ends.
struct PaddedRows {
    private let reversed: Tensor
    private let ends: Tensor

    /// - Parameters:
    ///   - x: what is read, [rows, length, …].
    ///   - lengths: how many positions of each row are real, at least one.
    ///   - reader: names who reads, in errors.
    init(_ x: Tensor, lengths: [Int], reader: String) throws {
        let (rows, width) = (try x.size(0), try x.size(1))
        guard lengths.count == rows, lengths.allSatisfy({ $0 <= width }) else {
            throw TorchError.invalid(
                "\(reader): \(lengths) are not lengths of rows in a tensor of shape \(x.shape)")
        }
        // Places in the flattened [rows · length].
        reversed = try Tensor(
            lengths.enumerated().flatMap { row, length in
                (0..<width).map { row * width + ($0 < length ? length - 1 - $0 : $0) }
            }
        ).to(x.device)
        ends = try Tensor(lengths.enumerated().map { $0 * width + max(0, $1 - 1) }).to(x.device)
    }

    /// Each row reversed within its own length, its padding behind it as before.
    func reverse(_ x: Tensor) throws -> Tensor {
        try x.flatten(endDim: 1).indexSelect(dim: 0, indices: reversed).view(x.shape)
    }

    /// What stands at the last real position of each row: [rows, length, size] to [rows, size].
    func last(_ x: Tensor) throws -> Tensor { try x.flatten(endDim: 1).indexSelect(dim: 0, indices: ends) }
}
