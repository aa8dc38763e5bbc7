import LyceumKit

/// Texts in one buffer: a byte array and where each text begins. Immutable once built.
struct TextSegment: Sendable {
    /// All texts, one after the other, UTF-8.
    private(set) var bytes: [UInt8] = []
    /// Text `i` is `bytes[offsets[i]..<offsets[i + 1]]`.
    private var offsets: [Int] = [0]
    /// Whether value `i` is null; empty while none is.
    private var nulls: [Bool] = []

    init() {}

    /// - Parameter nulls: how many nulls to begin with.
    init(nulls count: Int) {
        offsets = [Int](repeating: 0, count: count + 1)
        nulls = [Bool](repeating: true, count: count)
    }

    /// Texts as they lie in a buffer.
    ///
    /// - Parameters:
    ///   - bytes: valid UTF-8, as each text is.
    ///   - offsets: rising from 0 to the number of bytes, one more than there are texts.
    ///   - valid: which are not null; nil if none is.
    init(bytes: [UInt8], offsets: [Int], valid: [Bool]?) {
        self.bytes = bytes
        self.offsets = offsets
        nulls = valid.map { $0.map { !$0 } } ?? []
    }

    var count: Int { offsets.count - 1 }

    /// Adds a text, or null.
    mutating func append(_ text: String?) {
        if let text {
            var text = text
            text.withUTF8 { append(utf8: $0) }
        } else {
            if nulls.isEmpty { nulls = [Bool](repeating: false, count: count) }
            nulls.append(true)
            offsets.append(bytes.count)
        }
    }

    /// Adds a text that is known to be valid.
    mutating func append(utf8 text: UnsafeBufferPointer<UInt8>) {
        bytes.append(contentsOf: text)
        if !nulls.isEmpty { nulls.append(false) }
        offsets.append(bytes.count)
    }

    /// Takes the last value away.
    mutating func removeLast() {
        guard count > 0 else { return }
        offsets.removeLast()
        bytes.removeLast(bytes.count - (offsets.last ?? 0))
        if !nulls.isEmpty { nulls.removeLast() }
    }

    func isNull(_ row: Int) -> Bool { !nulls.isEmpty && nulls[row] }

    /// Gives `body` the bytes of a text; those of null are none.
    func withText<T>(_ row: Int, _ body: (UnsafeBufferPointer<UInt8>) throws -> T) rethrows -> T {
        try bytes.withUnsafeBufferPointer {
            try body(UnsafeBufferPointer(rebasing: $0[offsets[row]..<offsets[row + 1]]))
        }
    }

    subscript(row: Int) -> Value {
        isNull(row) ? .null : .string(withText(row) { String(decoding: $0, as: UTF8.self) })
    }
}

/// Consecutive values of a column: texts stored compactly, anything else as it is.
enum Segment: Sendable {
    case text(TextSegment)
    case values([Value])
    /// So many nulls.
    case nulls(Int)
    /// Values of some rows among so many; the others have none.
    indirect case sparse(rows: [Int32], values: Segment, count: Int)

    var count: Int {
        switch self {
        case .sparse(_, _, let count): return count
        case .text(let texts): return texts.count
        case .values(let values): return values.count
        case .nulls(let count): return count
        }
    }

    /// How many rows have the key at all.
    var present: Int {
        switch self {
        case .text, .values: return count
        case .nulls: return 0
        case .sparse(let rows, _, _): return rows.count
        }
    }

    subscript(row: Int) -> Value {
        switch self {
        case .text(let texts): return texts[row]
        case .values(let values): return values[row]
        case .nulls: return .null
        case .sparse(let rows, let values, _):
            return Self.place(of: row, in: rows).map { values[$0] } ?? .null
        }
    }

    /// Where a row is among some that ascend; nil if it is none of them.
    static func place(of row: Int, in rows: [Int32]) -> Int? {
        var low = 0
        var high = rows.count
        while low < high {
            let middle = (low + high) / 2
            if Int(rows[middle]) < row { low = middle + 1 } else { high = middle }
        }
        return low < rows.count && Int(rows[low]) == row ? low : nil
    }

    /// Takes the last value away.
    mutating func removeLast() {
        switch self {
        case .text(var texts):
            self = .nulls(0)
            texts.removeLast()
            self = .text(texts)
        case .values(let values): self = .values(values.dropLast())
        case .nulls(let count): self = .nulls(max(0, count - 1))
        case .sparse: break
        }
    }

    /// Adds a value; the first that is neither text nor null makes this a segment of values.
    mutating func append(_ value: Value) {
        switch (self, value) {
        case (.nulls(let count), .null): self = .nulls(count + 1)
        case (.nulls(let count), .string):
            self = .text(TextSegment(nulls: count))
            append(value)
        case (.nulls(let count), _): self = .values(Array(repeating: .null, count: count) + [value])
        case (.text(var texts), .string), (.text(var texts), .null):
            // What is held twice while it grows would be copied with every value.
            self = .nulls(0)
            texts.append(value.string)
            self = .text(texts)
        case (.text(let texts), _): self = .values((0..<texts.count).map { texts[$0] } + [value])
        case (.values(var values), _):
            self = .nulls(0)
            values.append(value)
            self = .values(values)
        // Nothing is added to what a block has finished.
        case (.sparse, _): break
        }
    }
}
