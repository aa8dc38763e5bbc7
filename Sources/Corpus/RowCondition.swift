import LyceumKit

/// One condition on one column.
struct RowCondition: Sendable {
    enum Kind: Sendable {
        case characters(ClosedRange<Int>)
        case words(ClosedRange<Int>)
        case oneOf(Set<Value>)
        case contains([UInt8])
        case notEmpty
    }

    let view: ColumnView
    let kind: Kind

    /// Whether a row meets it.
    func holds(_ row: Int) -> Bool {
        if case .oneOf(let values) = kind { return values.contains(view[row]) }
        if let answer = view.withText(row, holds) { return answer }
        let value = view[row]
        if value.isNull { return false }
        var text = value.text
        return text.withUTF8(holds)
    }

    private func holds(_ text: UnsafeBufferPointer<UInt8>) -> Bool {
        switch kind {
        case .characters(let range): return range.contains(TextLength.characters(text))
        case .words(let range): return range.contains(Words.count(text))
        case .contains(let part): return Self.contains(text, part)
        case .notEmpty: return !text.allSatisfy { $0 == 0x20 || $0 &- 0x09 < 5 }
        case .oneOf: return false
        }
    }

    private static func contains(_ text: UnsafeBufferPointer<UInt8>, _ part: [UInt8]) -> Bool {
        part.withUnsafeBytes { ByteSearch.firstIndex(of: $0, in: UnsafeRawBufferPointer(text)) != nil }
    }
}

/// Lengths of UTF-8 text.
enum TextLength {
    /// Unicode scalars: the bytes that do not continue one.
    static func characters(_ text: UnsafeBufferPointer<UInt8>) -> Int {
        var count = 0
        for byte in text where byte & 0xC0 != 0x80 { count &+= 1 }
        return count
    }
}
