/// How rows of different lengths lie one after the other in a line of tokens, [1, total], without padding between them.
///
/// What works on single tokens (linear maps, norms, activations) reads such a line like any other tensor. `Attention.attend`
/// and `Dropout` are told of the rows, positions are counted within them.
public struct RowPacking {
    /// How many tokens each row has.
    public let lengths: [Int]
    /// All tokens, and what fills the line up to a round number of them.
    public let total: Int

    /// - Parameters:
    ///   - lengths: of the rows.
    ///   - multiple: `total` is a multiple of this.
    init(_ lengths: [Int], multiple: Int = 1) {
        self.lengths = lengths
        let count = max(1, lengths.reduce(0, +))
        total = (count + multiple - 1) / max(1, multiple) * max(1, multiple)
    }

    /// The length of the longest row.
    public var longest: Int { lengths.max() ?? 0 }

    /// By token, its place in its row; what fills the line up is a row of its own.
    public var positions: [Int] {
        let real = lengths.flatMap { 0..<$0 }
        return real + Array(0..<max(0, total - real.count))
    }

    /// Those of queries and keys, if rows are packed.
    public static func both(_ queries: RowPacking?, _ keys: RowPacking?) -> (
        queries: RowPacking, keys: RowPacking
    )? {
        guard let queries, let keys else { return nil }
        return (queries, keys)
    }

    /// The ids of rows in a line.
    func line<Row: Collection>(_ rows: [Row], padID: Int) -> [Int] where Row.Element: BinaryInteger {
        let real = rows.flatMap { $0.map { Int($0) } }
        return real + [Int](repeating: padID, count: max(0, total - real.count))
    }
}
