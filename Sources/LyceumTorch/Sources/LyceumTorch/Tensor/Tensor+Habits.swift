// What a PyTorch habit writes and Swift would answer with a riddle: assignments, nested lists, and comparisons, which
// say where the habit is typed what to write instead.
extension Tensor {
    /// `a = a + b`: a new tensor takes the place of the old one, which others may still hold (`add_` changes it).
    public static func += (a: inout Tensor, b: Tensor) throws { a = try a + b }
    /// `a = a + b`.
    public static func += (a: inout Tensor, b: some TensorScalar) throws { a = try a + b }
    /// `a = a - b`.
    public static func -= (a: inout Tensor, b: Tensor) throws { a = try a - b }
    /// `a = a - b`.
    public static func -= (a: inout Tensor, b: some TensorScalar) throws { a = try a - b }
    /// `a = a * b`.
    public static func *= (a: inout Tensor, b: Tensor) throws { a = try a * b }
    /// `a = a * b`.
    public static func *= (a: inout Tensor, b: some TensorScalar) throws { a = try a * b }
    /// `a = a / b`.
    public static func /= (a: inout Tensor, b: Tensor) throws { a = try a / b }
    /// `a = a / b`.
    public static func /= (a: inout Tensor, b: some TensorScalar) throws { a = try a / b }

    /// A float32 tensor of rows of equal length: `Tensor([[1.0, 2.0], [3.0, 4.0]])`.
    public convenience init(_ rows: [[Float]]) throws {
        try self.init(rows.flatMap { $0 }, shape: Self.shape(of: rows.map(\.count)))
    }
    /// An int64 tensor of rows of equal length: `Tensor([[1, 2], [3, 4]])`.
    public convenience init(_ rows: [[Int]]) throws {
        try self.init(rows.flatMap { $0 }, shape: Self.shape(of: rows.map(\.count)))
    }

    private static func shape(of lengths: [Int]) throws -> [Int] {
        guard Set(lengths).count <= 1 else {
            throw TorchError.invalid(
                "rows of lengths \(lengths) are not a tensor: they must be of one length")
        }
        return [lengths.count, lengths.first ?? 0]
    }
}
