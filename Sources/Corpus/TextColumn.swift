import LyceumKit

/// Texts in one buffer: a byte array and where each text begins. Immutable once built.
struct TextColumn: Sendable {
    /// All texts, one after the other, UTF-8.
    private(set) var bytes: [UInt8] = []
    /// Text `i` is `bytes[offsets[i]..<offsets[i + 1]]`.
    private(set) var offsets: [Int] = [0]
    /// Whether value `i` is null; empty while none is.
    private var nulls: [Bool] = []

    var count: Int { offsets.count - 1 }

    /// Adds a text, or null.
    mutating func append(_ text: String?) {
        if let text {
            var text = text
            text.withUTF8 { bytes.append(contentsOf: $0) }
        } else if nulls.isEmpty {
            nulls = [Bool](repeating: false, count: count)
            nulls.append(true)
            offsets.append(bytes.count)
            return
        }
        if !nulls.isEmpty { nulls.append(text == nil) }
        offsets.append(bytes.count)
    }

    func isNull(_ row: Int) -> Bool { !nulls.isEmpty && nulls[row] }

    func text(_ row: Int) -> String {
        bytes.withUnsafeBufferPointer {
            String(decoding: $0[offsets[row]..<offsets[row + 1]], as: UTF8.self)
        }
    }
}

/// The values of one column: texts stored compactly, anything else as it is.
enum Column: Sendable {
    case text(TextColumn)
    case values([Value])

    var count: Int {
        switch self {
        case .text(let column): return column.count
        case .values(let values): return values.count
        }
    }

    subscript(row: Int) -> Value {
        switch self {
        case .text(let column): return column.isNull(row) ? .null : .string(column.text(row))
        case .values(let values): return values[row]
        }
    }
}
