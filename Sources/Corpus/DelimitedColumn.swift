import LyceumKit

/// A column of a CSV file while it is read: its cells as texts, and what they all could be.
struct DelimitedColumn {
    let name: String
    private var finished: [TextSegment] = []
    private var texts = TextSegment()
    private var isNumber: Bool
    private var isBoolean: Bool
    /// What the column holds, if that was said.
    private let type: LoadOptions.ColumnType?

    init(name: String, type: LoadOptions.ColumnType? = nil) {
        self.name = name
        self.type = type
        isNumber = type == nil || type == .number
        isBoolean = type == nil || type == .boolean
    }

    /// Adds a cell.
    ///
    /// - Returns: what is wrong with it, and what helps; nil if nothing is.
    mutating func append(
        _ cell: UnsafeBufferPointer<UInt8>, isQuoted: Bool
    ) -> (text: String, remedy: String)? {
        if cell.isEmpty, !isQuoted {
            texts.append(nil)
        } else {
            guard (try? UTF8Span(validating: cell.span)) != nil else {
                let place = InvalidByte.place(in: Array(cell))
                return (
                    "byte 0x\(String(cell[place], radix: 16)) at position \(place + 1) is not UTF-8",
                    InvalidByte.remedy
                )
            }
            if let type {
                if let problem = Self.misfit(cell, type) { return problem }
            } else if isNumber || isBoolean {
                note(cell, isQuoted: isQuoted)
            }
            texts.append(utf8: cell)
        }
        // Buffers that grow are copied: a segment ends before it becomes large.
        if texts.bytes.count > 4 << 20 || texts.count >= 1 << 16 {
            finished.append(texts)
            texts = TextSegment()
        }
        return nil
    }

    /// What is wrong with a cell of a column whose type was said.
    private static func misfit(
        _ cell: UnsafeBufferPointer<UInt8>, _ type: LoadOptions.ColumnType
    ) -> (text: String, remedy: String)? {
        let text = String(decoding: cell, as: UTF8.self)
        switch type {
        case .text: return nil
        case .number: if LoadOptions.number(text) != nil || cell.isEmpty { return nil }
        case .boolean: if LoadOptions.boolean(text) != nil || cell.isEmpty { return nil }
        }
        return (
            "expected a \(type.rawValue), as types says, got "
                + "'\(DisplayWidth.cut(DisplayWidth.oneLine(text), to: 40))'",
            "correct the cell, or read the column as text"
        )
    }

    /// The column of all cells.
    func column() -> Column {
        let segments = (finished + [texts]).filter { $0.count > 0 }
        guard isNumber || isBoolean else { return Column(segments.map(Segment.text)) }
        return Column(
            segments.map { texts in
                .values(
                    (0..<texts.count).map { row in
                        guard let text = texts[row].string else { return .null }
                        switch type {
                        case .number: return LoadOptions.number(text) ?? .null
                        case .boolean: return LoadOptions.boolean(text) ?? .null
                        case .text: return .string(text)
                        case nil: break
                        }
                        if isBoolean { return .bool(text == "true") }
                        if CellNumber(text.utf8) == .integer { return Int(text).map(Value.integer) ?? .null }
                        return Double(text).map(Value.number) ?? .null
                    })
            })
    }

    private mutating func note(_ cell: UnsafeBufferPointer<UInt8>, isQuoted: Bool) {
        if isQuoted || CellNumber(cell) == nil { isNumber = false }
        if isQuoted || !(cell.elementsEqual("true".utf8) || cell.elementsEqual("false".utf8)) {
            isBoolean = false
        }
    }
}

/// What a cell that is written as a number is. Only what JSON would write so and 64 bits hold counts: "007" is a
/// code, "12345678901234567890" an identifier, 1e400 beyond all numbers, and all of them stay texts.
enum CellNumber: Equatable {
    /// A whole number that fits 64 bits.
    case integer
    /// Any other number.
    case fraction

    init?(_ cell: some Collection<UInt8>) {
        func isDigit(_ byte: UInt8) -> Bool { byte >= 0x30 && byte <= 0x39 }
        var rest = cell[...]
        let isNegative = rest.first == UInt8(ascii: "-")
        if isNegative { rest = rest.dropFirst() }
        let whole = rest.prefix(while: isDigit)
        guard let first = whole.first, first != UInt8(ascii: "0") || whole.count == 1
        else {
            return nil
        }
        rest = rest.dropFirst(whole.count)
        if rest.isEmpty {
            // -0 is not a whole number that would be written so.
            if isNegative, first == UInt8(ascii: "0") { return nil }
            // Nineteen digits may be too many.
            guard whole.count <= 18 || Int(String(decoding: cell, as: UTF8.self)) != nil else { return nil }
            self = .integer
            return
        }
        if rest.first == UInt8(ascii: ".") {
            let digits = rest.dropFirst().prefix(while: isDigit).count
            if digits == 0 { return nil }
            rest = rest.dropFirst(1 + digits)
        }
        if let exponent = rest.first, exponent | 0x20 == UInt8(ascii: "e") {
            rest = rest.dropFirst()
            if rest.first == UInt8(ascii: "-") || rest.first == UInt8(ascii: "+") { rest = rest.dropFirst() }
            let digits = rest.prefix(while: isDigit).count
            if digits == 0 { return nil }
            rest = rest.dropFirst(digits)
        }
        guard rest.isEmpty else { return nil }
        // Few digits without an exponent are always held.
        guard
            cell.count <= 15 && !cell.contains(where: { $0 | 0x20 == UInt8(ascii: "e") })
                || JSONNumber.exact(String(decoding: cell, as: UTF8.self)) != nil
        else { return nil }
        self = .fraction
    }
}
