import LyceumKit

/// A byte in JSON that is not UTF-8, and where it stands.
struct InvalidByte {
    private let byte: UInt8
    /// Counted from 1.
    private let position: Int
    /// Counted from 1; nil if it cannot be told.
    private let row: Int?
    private let column: String?

    /// What helps.
    static let remedy =
        "encoding = \"windows-1252\", \"latin1\" or \"utf-16\" in data.load reads other files than UTF-8"

    /// Looks for one in a line of the text, counted from 1; nil if there is none.
    ///
    /// - Parameter row: the row that the line is.
    init?(inLine line: Int, of bytes: [UInt8], row: Int) {
        let lines = bytes.split(separator: 0x0A, maxSplits: line, omittingEmptySubsequences: false)
        guard lines.indices.contains(line - 1) else { return nil }
        self.init(in: Array(lines[line - 1]), row: row)
    }

    /// Looks for one in a document; nil if there is none.
    init?(inDocument bytes: [UInt8]) { self.init(in: bytes, row: nil) }

    private init?(in bytes: [UInt8], row: Int?) {
        guard String(validating: bytes, as: UTF8.self) == nil else { return nil }
        let place = Self.place(in: bytes)
        guard bytes.indices.contains(place) else { return nil }
        byte = bytes[place]
        position = place + 1
        // Read with U+FFFD in its place, the text says where it stands.
        var found: (row: Int, column: String)?
        let repaired = Array(String(decoding: bytes, as: UTF8.self).utf8)
        try? JSON.decodeObjectList(repaired, name: "") { row, fields in
            if found != nil { return }
            let field = fields.first { "\($0.name)\($0.value.text)".unicodeScalars.contains("\u{FFFD}") }
            found = field.map { (row, $0.name) }
        }
        self.row = row ?? found?.row
        column = found?.column
    }

    /// Where bytes stop being UTF-8.
    static func place(in bytes: [UInt8]) -> Int {
        var decoder = UTF8()
        var rest = bytes.makeIterator()
        var place = 0
        while case .scalarValue(let scalar) = decoder.decode(&rest) { place += UTF8.width(scalar) }
        return min(place, max(0, bytes.count - 1))
    }

    /// What is wrong.
    var problem: String {
        let place = [row.map { "row \($0)" }, column.map { "column '\($0)'" }].compactMap(\.self)
        return (place.isEmpty ? "" : place.joined(separator: ", ") + ": ")
            + "byte 0x\(String(byte, radix: 16)) at position \(position) is not UTF-8"
    }
}
