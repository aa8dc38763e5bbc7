/// The values of a column, or of what is nested in one, as the helper sends and takes them.
public indirect enum ColumnNode: Sendable {
    /// So many nulls.
    case nulls(Int)
    case booleans([Bool], valid: [Bool]?)
    case integers([Int], valid: [Bool]?)
    case numbers([Double], valid: [Bool]?)
    /// Texts one after the other: text `i` is `bytes[offsets[i]..<offsets[i + 1]]`, valid UTF-8.
    case texts(offsets: [Int], bytes: [UInt8], valid: [Bool]?)
    /// List `i` holds elements `offsets[i]..<offsets[i + 1]`.
    case lists(offsets: [Int], elements: ColumnNode, valid: [Bool]?)
    case structs(count: Int, fields: [(name: String, values: ColumnNode)], valid: [Bool]?)

    /// How many values there are.
    public var count: Int {
        switch self {
        case .nulls(let count): return count
        case .booleans(let values, _): return values.count
        case .integers(let values, _): return values.count
        case .numbers(let values, _): return values.count
        case .texts(let offsets, _, _), .lists(let offsets, _, _): return max(0, offsets.count - 1)
        case .structs(let count, _, _): return count
        }
    }

    /// Which values are not null; nil if none is.
    public var valid: [Bool]? {
        switch self {
        case .nulls(let count): return [Bool](repeating: false, count: count)
        case .booleans(_, let valid), .integers(_, let valid), .numbers(_, let valid),
            .texts(_, _, let valid),
            .lists(_, _, let valid), .structs(_, _, let valid):
            return valid
        }
    }
}

/// The kinds of files that the helper reads and writes.
public enum ColumnarFormat: String, Sendable, CaseIterable {
    case parquet
    /// Arrow IPC files and streams, which Feather files are.
    case arrow

    /// The ends of names, in lower case, with the dot.
    public var suffixes: [String] {
        switch self {
        case .parquet: return [".parquet"]
        case .arrow: return [".arrow", ".feather"]
        }
    }
}

/// The bytes that begin a stream, and the tags of its nodes; see Helper/lyceum-parquet.cpp.
enum ColumnStream {
    static let magic = Array("LYC1".utf8)
    static let mostDepth = 66

    enum Tag: UInt8 {
        case nulls, booleans, integers, numbers, texts, lists, structs
    }
}
