import LyceumKit

/// A column of a CSV file while it is read: its cells as texts, and what they all could be.
struct DelimitedColumn {
    let name: String
    private var finished: [TextSegment] = []
    private var texts = TextSegment()
    private var isNumber = true
    private var isBoolean = true

    init(name: String) { self.name = name }

    /// Adds a cell; says whether it is UTF-8.
    mutating func append(_ cell: UnsafeBufferPointer<UInt8>, isQuoted: Bool) -> Bool {
        if cell.isEmpty, !isQuoted {
            texts.append(nil)
        } else {
            guard (try? UTF8Span(validating: cell.span)) != nil else { return false }
            if isNumber || isBoolean { note(cell, isQuoted: isQuoted) }
            texts.append(utf8: cell)
        }
        // Buffers that grow are copied: a segment ends before it becomes large.
        if texts.bytes.count > 4 << 20 || texts.count >= 1 << 16 {
            finished.append(texts)
            texts = TextSegment()
        }
        return true
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

/// What a cell that is written as a number is. Only what JSON would write so counts: "007" is a code and
/// "12345678901234567890" an identifier, and both stay texts.
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
        guard let first = whole.first, whole.count <= 18, first != UInt8(ascii: "0") || whole.count == 1
        else {
            return nil
        }
        rest = rest.dropFirst(whole.count)
        if rest.isEmpty {
            // -0 is no whole number that would be written so.
            if isNegative, first == UInt8(ascii: "0") { return nil }
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
        self = .fraction
    }
}
