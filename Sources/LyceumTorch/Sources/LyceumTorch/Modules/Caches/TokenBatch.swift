/// Rows of token ids, padded on the right to one length.
public struct TokenBatch {
    /// [rows, length], int64.
    public let ids: Tensor
    /// How many ids of each row are real.
    public let lengths: [Int]
    /// The largest id, or the padding's.
    public let largestID: Int
    /// How the rows lie in a line, ids [1, total], for networks that read them so; else nil.
    public let packing: RowPacking?

    /// Pads rows to the longest.
    ///
    /// - Parameters:
    ///   - rows: token ids; a row may be empty if another is not.
    ///   - padID: fills the ends.
    ///   - multiple: the padded length is a multiple of this.
    public init<Row: Collection>(
        _ rows: [Row], padID: Int, multiple: Int = 1
    ) throws where Row.Element: BinaryInteger {
        lengths = rows.map(\.count)
        let longest = max(1, lengths.max() ?? 0)
        let width = (longest + multiple - 1) / max(1, multiple) * max(1, multiple)
        var flat = [Int](repeating: padID, count: rows.count * width)
        for (index, row) in rows.enumerated() {
            var position = index * width
            for id in row {
                flat[position] = Int(id)
                position += 1
            }
        }
        largestID = flat.max() ?? padID
        ids = try Tensor(flat, shape: [rows.count, width])
        packing = nil
    }

    /// Puts rows one after the other in a line, whose length is a multiple of `multiple`.
    init<Row: Collection>(
        packing rows: [Row], padID: Int, multiple: Int
    ) throws where Row.Element: BinaryInteger {
        let packing = RowPacking(rows.map(\.count), multiple: multiple)
        let flat = packing.line(rows, padID: padID)
        (self.packing, lengths) = (packing, packing.lengths)
        largestID = flat.max() ?? padID
        ids = try Tensor(flat, shape: [1, packing.total])
    }

    private init(ids: Tensor, like other: TokenBatch) {
        self.ids = ids
        lengths = other.lengths
        largestID = other.largestID
        packing = other.packing
    }

    /// The same rows on another device.
    public func to(_ device: Device) throws -> TokenBatch {
        try TokenBatch(ids: ids.to(device), like: self)
    }

    /// Added to attention scores, it keeps attention off the padding: [rows, 1, 1, length], or nil if there is
    /// no padding.
    public func paddingMask(dtype: DType) throws -> Tensor? {
        if packing != nil { return nil }
        let width = try ids.size(1)
        guard lengths.contains(where: { $0 < width }) else { return nil }
        var mask = [Float](repeating: 0, count: lengths.count * width)
        for (row, length) in lengths.enumerated() {
            for position in length..<max(width, length) { mask[row * width + position] = Self.blocked }
        }
        return try Tensor(mask, shape: [lengths.count, 1, 1, width]).to(dtype).to(ids.device)
    }

    /// A score that softmax turns into 0, finite so that a row without any key gives no NaN.
    public static let blocked: Float = -1e9
}
