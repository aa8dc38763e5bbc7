import LyceumKit

extension Dataset {
    /// The bytes that this dataset keeps in memory, roughly: its texts, or where it selects rows of another dataset,
    /// the list of them.
    public var byteCount: Int {
        if views.contains(where: { $0.rows != nil }) { return count * 8 }
        return views.reduce(0) { $0 + $1.column.segments.reduce(0) { $0 + $1.byteCount } }
    }
}

extension Segment {
    /// The bytes in memory, roughly.
    fileprivate var byteCount: Int {
        switch self {
        case .text(let texts): return texts.bytes.count + texts.count * 8
        case .values(let values):
            // A sample tells enough.
            let sample = values.prefix(100)
            let bytes = sample.reduce(0) { $0 + 16 + $1.weight }
            return sample.isEmpty ? 0 : bytes / sample.count * values.count
        case .nulls: return 0
        case .sparse(let rows, let values, _): return rows.count * 4 + values.byteCount
        }
    }
}

extension Value {
    /// The bytes outside of the value itself, roughly.
    fileprivate var weight: Int {
        switch self {
        case .null, .bool, .integer, .number: return 0
        case .string(let text): return text.utf8.count
        case .list(let elements): return elements.count * 64
        case .object(let fields): return fields.count * 128
        }
    }
}
