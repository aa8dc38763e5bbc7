/// Reads the JSON of a safetensors header: one object of fixed form, in which a duplicate key is an error.
///
/// Written here because general JSON readers let the last of several equal keys win in silence.
struct HeaderReader {
    private typealias Problem = SafetensorsHeader.Problem

    private let bytes: UnsafeRawBufferPointer
    private var position = 0

    init(_ bytes: UnsafeRawBufferPointer) { self.bytes = bytes }

    /// Reads the whole header.
    mutating func read() throws -> (entries: [SafetensorsHeader.Entry], metadata: [String: String]) {
        guard bytes.first == UInt8(ascii: "{") else { throw wrong("'{'") }
        var entries: [SafetensorsHeader.Entry] = []
        var metadata: [String: String] = [:]
        try object { reader, name in
            if name == "__metadata__" {
                try reader.object { reader, key in metadata[key] = try reader.string() }
            } else {
                entries.append(try reader.entry(name))
            }
        }
        skipSpace()
        guard position == bytes.count else { throw wrong("nothing more") }
        return (entries, metadata)
    }

    private mutating func entry(_ name: String) throws -> SafetensorsHeader.Entry {
        var dtypeName: String?
        var shape: [Int]?
        var offsets: [Int]?
        try object { reader, key in
            switch key {
            case "dtype": dtypeName = try reader.string()
            case "shape": shape = try reader.integers()
            case "data_offsets": offsets = try reader.integers()
            default: throw Problem(text: "tensor '\(name)' has the unknown key '\(key)' in its header")
            }
        }
        guard let dtypeName, let shape, let offsets else {
            throw Problem(text: "tensor '\(name)' lacks dtype, shape or data_offsets in its header")
        }
        guard let dtype = DType(safetensorsName: dtypeName) else {
            let known = DType.allCases.map(\.safetensorsName).sorted().joined(separator: ", ")
            throw Problem(
                text: "tensor '\(name)' has the dtype \(dtypeName)", remedy: "convert it to one of \(known)")
        }
        guard offsets.count == 2, offsets[0] <= offsets[1] else {
            throw Problem(text: "tensor '\(name)' has the data_offsets \(offsets), not [begin, end]")
        }
        return .init(name: name, dtype: dtype, shape: shape, range: offsets[0]..<offsets[1])
    }

    // MARK: JSON

    /// Reads an object, calling `member` at each value.
    private mutating func object(_ member: (inout HeaderReader, String) throws -> Void) throws {
        var seen: Set<String> = []
        try list(from: "{", to: "}") { reader in
            let key = try reader.string()
            guard seen.insert(key).inserted else {
                throw Problem(text: "the key '\(key)' occurs twice in the header")
            }
            try reader.expect(":")
            try member(&reader, key)
        }
    }

    private mutating func integers() throws -> [Int] {
        var numbers: [Int] = []
        try list(from: "[", to: "]") { reader in numbers.append(try reader.integer()) }
        return numbers
    }

    /// Reads a bracketed list with commas, calling `element` at each element.
    private mutating func list(
        from open: Unicode.Scalar, to close: Unicode.Scalar, _ element: (inout HeaderReader) throws -> Void
    ) throws {
        try expect(open)
        if take(close) { return }
        repeat { try element(&self) } while take(",")
        try expect(close)
    }

    private mutating func integer() throws -> Int {
        skipSpace()
        let start = position
        var number = 0
        while position < bytes.count, case let digit = bytes[position], (0x30...0x39).contains(digit) {
            let (tens, tooLarge) = number.multipliedReportingOverflow(by: 10)
            let (next, tooLargeStill) = tens.addingReportingOverflow(Int(digit - 0x30))
            if tooLarge || tooLargeStill { throw wrong("a number that fits 64 bits") }
            number = next
            position += 1
        }
        guard position > start else { throw wrong("a whole number, 0 or more") }
        return number
    }

    private mutating func string() throws -> String {
        try expect("\"")
        var units: [UInt8] = []
        while position < bytes.count {
            let byte = bytes[position]
            position += 1
            switch byte {
            case UInt8(ascii: "\""):
                guard let text = String(validating: units, as: UTF8.self) else { throw wrong("UTF-8 text") }
                return text
            case UInt8(ascii: "\\"): units.append(contentsOf: try escape())
            case 0..<0x20: throw wrong("no control character in a string")
            default: units.append(byte)
            }
        }
        throw wrong("the end of a string")
    }

    /// The UTF-8 of what follows a backslash.
    private mutating func escape() throws -> [UInt8] {
        guard position < bytes.count else { throw wrong("an escaped character") }
        let byte = bytes[position]
        position += 1
        switch byte {
        case UInt8(ascii: "\""), UInt8(ascii: "\\"), UInt8(ascii: "/"): return [byte]
        case UInt8(ascii: "b"): return [0x08]
        case UInt8(ascii: "f"): return [0x0C]
        case UInt8(ascii: "n"): return [0x0A]
        case UInt8(ascii: "r"): return [0x0D]
        case UInt8(ascii: "t"): return [0x09]
        case UInt8(ascii: "u"):
            var units = [try hexadecimal()]
            if UTF16.isLeadSurrogate(units[0]), take("\\"), take("u") { units.append(try hexadecimal()) }
            guard let text = String(validating: units, as: UTF16.self) else {
                throw wrong("a whole surrogate pair")
            }
            return Array(text.utf8)
        default: throw wrong("a JSON escape")
        }
    }

    private mutating func hexadecimal() throws -> UInt16 {
        guard position + 4 <= bytes.count,
            let text = String(validating: bytes[position..<(position + 4)], as: UTF8.self),
            text.utf8.allSatisfy({ Character(Unicode.Scalar($0)).isHexDigit }),
            let unit = UInt16(text, radix: 16)
        else { throw wrong("four hexadecimal digits") }
        position += 4
        return unit
    }

    private mutating func skipSpace() {
        while position < bytes.count {
            switch bytes[position] {
            case 0x20, 0x09, 0x0A, 0x0D: position += 1
            default: return
            }
        }
    }

    private mutating func take(_ mark: Unicode.Scalar) -> Bool {
        skipSpace()
        guard position < bytes.count, bytes[position] == UInt8(ascii: mark) else { return false }
        position += 1
        return true
    }

    private mutating func expect(_ mark: Unicode.Scalar) throws {
        guard take(mark) else { throw wrong("'\(mark)'") }
    }

    private func wrong(_ expected: String) -> Problem {
        Problem(text: "its header is not valid at byte \(position): expected \(expected)")
    }
}
