import LyceumKit

/// Reads the helper's stream. It is not believed: every length and offset is checked.
struct ColumnStreamReader {
    /// A stream that is not what it should be.
    struct Damaged: Error {
        let what: String
    }

    /// What the stream begins with.
    struct Header {
        /// Rows to come; nil if unknown.
        let rows: Int?
        /// Row groups in the file.
        let groups: Int
        let columns: [String]
    }

    /// The most values of a batch, and the most bytes of its texts: none comes near them.
    private static let mostValues = 1 << 28
    private static let mostBytes = 1 << 34
    /// Bytes that are asked for at once: memory grows with what comes, not with what is announced.
    private static let piece = 1 << 24
    /// Gives the next bytes, all of them.
    let read: (UnsafeMutableRawBufferPointer) throws -> Void

    func header() throws -> Header {
        guard try bytes(4) == ColumnStream.magic, try byte() == UInt8(ascii: "H") else {
            throw Damaged(what: "no header")
        }
        let text = try bytes(Int(try number(UInt32.self)))
        guard let fields = try JSON.decode(text, name: "helper").object,
            let columns = fields["columns"]?.list?.compactMap(\.string),
            let groups = fields["groups"]?.integer
        else { throw Damaged(what: "header") }
        let rows = fields["rows"]?.integer ?? -1
        return Header(rows: rows < 0 ? nil : rows, groups: groups, columns: columns)
    }

    /// The next rows, a node a column; nil at the end.
    func batch(columns: Int) throws -> (rows: Int, nodes: [ColumnNode])? {
        switch try byte() {
        case UInt8(ascii: "E"): return nil
        case UInt8(ascii: "B"): break
        default: throw Damaged(what: "frame")
        }
        let rows = try count(UInt64.self)
        let nodes = try (0..<columns).map { _ in try node(depth: 0) }
        guard nodes.allSatisfy({ $0.count == rows }) else { throw Damaged(what: "rows") }
        return (rows, nodes)
    }

    private func node(depth: Int) throws -> ColumnNode {
        guard depth <= ColumnStream.mostDepth, let tag = ColumnStream.Tag(rawValue: try byte()) else {
            throw Damaged(what: "node")
        }
        let hasNulls = try byte() != 0
        let count = try count(UInt64.self)
        let valid = hasNulls ? try booleans(count) : nil
        switch tag {
        case .nulls: return .nulls(count)
        case .booleans: return .booleans(try booleans(count), valid: valid)
        case .integers: return .integers(try array(count, of: 0), valid: valid)
        case .numbers: return .numbers(try array(count, of: 0.0), valid: valid)
        case .texts:
            let offsets = try offsets(count)
            let texts = try bytes(offsets[count])
            try Self.check(texts, offsets)
            return .texts(offsets: offsets, bytes: texts, valid: valid)
        case .lists:
            let offsets = try offsets(count)
            let elements = try node(depth: depth + 1)
            guard elements.count == offsets[count] else { throw Damaged(what: "list") }
            return .lists(offsets: offsets, elements: elements, valid: valid)
        case .structs:
            // Not by map, which makes room for as many as are announced.
            var fields: [(name: String, values: ColumnNode)] = []
            for _ in 0..<(try self.count(UInt32.self)) {
                let name = String(decoding: try bytes(Int(try number(UInt32.self))), as: UTF8.self)
                fields.append((name: name, values: try node(depth: depth + 1)))
            }
            guard fields.allSatisfy({ $0.values.count == count }) else { throw Damaged(what: "struct") }
            return .structs(count: count, fields: fields, valid: valid)
        }
    }

    /// Texts must be UTF-8, one by one: valid as a whole, and cut between characters.
    private static func check(_ texts: [UInt8], _ offsets: [Int]) throws {
        let isValid = texts.withUnsafeBufferPointer { (try? UTF8Span(validating: $0.span)) != nil }
        guard isValid else { throw Damaged(what: "texts that are not UTF-8") }
        for offset in offsets where offset < texts.count && texts[offset] & 0xC0 == 0x80 {
            throw Damaged(what: "texts that are not UTF-8")
        }
    }

    private func offsets(_ count: Int) throws -> [Int] {
        let offsets = try array(count + 1, of: 0)
        guard offsets[0] == 0, offsets[count] < Self.mostBytes else { throw Damaged(what: "offsets") }
        for i in 0..<count where offsets[i] > offsets[i + 1] { throw Damaged(what: "offsets") }
        return offsets
    }

    private func byte() throws -> UInt8 { try number(UInt8.self) }

    private func number<T: FixedWidthInteger>(_ type: T.Type) throws -> T {
        var value = T.zero
        try withUnsafeMutableBytes(of: &value) { try read($0) }
        return T(littleEndian: value)
    }

    private func count<T: FixedWidthInteger>(_ type: T.Type) throws -> Int {
        guard let count = Int(exactly: try number(type)), count < Self.mostValues else {
            throw Damaged(what: "length")
        }
        return count
    }

    private func bytes(_ count: Int) throws -> [UInt8] { try array(count, of: UInt8.zero) }

    private func booleans(_ count: Int) throws -> [Bool] {
        try bytes(count).map { $0 != 0 }
    }

    /// Elements as they lie in memory.
    private func array<T: BitwiseCopyable>(_ count: Int, of zero: T) throws -> [T] {
        guard count < Self.mostBytes else { throw Damaged(what: "length") }
        let most = Self.piece / MemoryLayout<T>.stride
        var array = try piece(min(count, most), of: zero)
        while array.count < count { array += try piece(min(count - array.count, most), of: zero) }
        return array
    }

    private func piece<T: BitwiseCopyable>(_ count: Int, of zero: T) throws -> [T] {
        try [T](unsafeUninitializedCapacity: count) { buffer, filled in
            try read(UnsafeMutableRawBufferPointer(UnsafeMutableBufferPointer(rebasing: buffer[..<count])))
            filled = count
        }
    }
}
