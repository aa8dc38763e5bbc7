import LyceumKit

/// Reads the JSON of servers, which is not always JSON.
///
/// A reply that was paid for is kept whenever its text can be had. So where the strict reader refuses a document,
/// it is repaired and read once more: bytes that are not UTF-8 and halves of surrogate pairs become U+FFFD, control
/// characters in strings and unknown escapes stand for themselves, numbers that no number can hold become null, and
/// what is nested beyond reason becomes null, too. What breaks off stays broken.
enum ServerJSON {
    /// Lists in lists, beyond which nothing of a reply is looked for.
    private static let deepest = 200

    /// Reads a document.
    ///
    /// - Parameters:
    ///   - bytes: the text.
    ///   - keepsHalves: whether half a surrogate pair is kept for `HalvedText` to join with the other half.
    /// - Returns: nil if it is not JSON, or breaks off.
    static func read(_ bytes: [UInt8], keepsHalves: Bool = false) -> Value? {
        // A byte order mark is the only thing before a document that no writer means.
        let start = bytes.starts(with: [0xEF, 0xBB, 0xBF]) ? 3 : 0
        let text = start == 0 ? bytes : Array(bytes[start...])
        if let value = try? JSON.decode(text, name: "answer") { return value }
        var repair = JSONRepair(text, keepsHalves: keepsHalves, deepest: deepest)
        return try? JSON.decode(repair.repaired(), name: "answer")
    }

    /// Reads what there is of a document that broke off: strings, lists and objects end where the text does.
    static func readBeginning(_ bytes: [UInt8]) -> Value? {
        var repair = JSONRepair(bytes, keepsHalves: false, deepest: deepest)
        return try? JSON.decode(repair.repaired(closing: true), name: "answer")
    }
}

/// Makes JSON that a strict reader takes out of nearly JSON, in one pass.
struct JSONRepair {
    private let bytes: [UInt8]
    private let keepsHalves: Bool
    private let deepest: Int
    private var place = 0
    private var result: [UInt8] = []
    /// The closing marks that are due, the innermost last.
    private var open: [UInt8] = []
    /// The depth above which all is left out; nil while nothing is.
    private var skipsFrom: Int?
    /// Whether the last token was a key, and so lacks its value when the text ends here.
    private var isKey = false

    init(_ bytes: [UInt8], keepsHalves: Bool, deepest: Int) {
        let start = bytes.starts(with: [0xEF, 0xBB, 0xBF]) ? 3 : 0
        // Decoding and encoding again puts U+FFFD for whatever is not UTF-8.
        self.bytes = Array(String(decoding: bytes[start...], as: UTF8.self).utf8)
        self.keepsHalves = keepsHalves
        self.deepest = deepest
    }

    /// - Parameter closing: whether what the end of the text leaves open is closed.
    mutating func repaired(closing: Bool = false) -> [UInt8] {
        result.reserveCapacity(bytes.count + 16)
        while place < bytes.count {
            let byte = bytes[place]
            switch byte {
            case UInt8(ascii: "\""): string(closing: closing)
            case UInt8(ascii: "{"), UInt8(ascii: "["): begin(byte)
            case UInt8(ascii: "}"), UInt8(ascii: "]"): end(byte)
            case UInt8(ascii: ","), UInt8(ascii: ":"), 0x20, 0x09, 0x0A, 0x0D:
                append(byte)
                place += 1
            default: word(closing: closing)
            }
        }
        if closing { close() }
        return result
    }

    private mutating func append(_ byte: UInt8) { if skipsFrom == nil { result.append(byte) } }

    private mutating func append(_ text: String) {
        if skipsFrom == nil { result.append(contentsOf: text.utf8) }
    }

    private mutating func begin(_ byte: UInt8) {
        if open.count >= deepest, skipsFrom == nil {
            append("null")
            skipsFrom = open.count
        }
        append(byte)
        open.append(byte == UInt8(ascii: "{") ? UInt8(ascii: "}") : UInt8(ascii: "]"))
        place += 1
    }

    private mutating func end(_ byte: UInt8) {
        if skipsFrom == nil { dropComma() }
        append(byte)
        if !open.isEmpty { open.removeLast() }
        if let from = skipsFrom, open.count <= from { skipsFrom = nil }
        place += 1
    }

    /// Takes away a comma behind the last element.
    private mutating func dropComma() {
        guard let last = result.lastIndex(where: { ![0x20, 0x09, 0x0A, 0x0D].contains($0) }) else { return }
        if result[last] == UInt8(ascii: ",") { result.remove(at: last) }
    }

    private mutating func string(closing: Bool) {
        append(bytes[place])
        place += 1
        while place < bytes.count {
            let byte = bytes[place]
            switch byte {
            case UInt8(ascii: "\""):
                append(byte)
                place += 1
                return
            case UInt8(ascii: "\\"): escape(closing: closing)
            case 0..<0x20:
                let digits = String(byte, radix: 16)
                append("\\u00" + (digits.count == 1 ? "0" : "") + digits)
                place += 1
            default:
                append(byte)
                place += 1
            }
        }
        if closing { append(UInt8(ascii: "\"")) }
    }

    private mutating func escape(closing: Bool) {
        guard place + 1 < bytes.count else {
            // The text ends in the middle of the escape.
            if !closing { append(bytes[place]) }
            place += 1
            return
        }
        let escaped = bytes[place + 1]
        if escaped == UInt8(ascii: "u") {
            guard let unit = unit(at: place) else {
                let isCut = place + 6 > bytes.count
                if !(isCut && closing) { append(isCut ? "\\u" : "\\\\u") }
                place += 2
                if isCut, closing { place = bytes.count }
                return
            }
            if unit < 0xD800 || unit > 0xDFFF {
                for byte in bytes[place..<(place + 6)] { append(byte) }
                place += 6
            } else if unit < 0xDC00, let low = self.unit(at: place + 6), (0xDC00...0xDFFF).contains(low) {
                for byte in bytes[place..<(place + 12)] { append(byte) }
                place += 12
            } else {
                append(keepsHalves ? String(HalvedText.mark(of: unit)) : "\u{FFFD}")
                place += 6
            }
        } else if "\"\\/bfnrt".utf8.contains(escaped) {
            append(bytes[place])
            append(escaped)
            place += 2
        } else {
            // No escape of JSON: the backslash was meant.
            append("\\\\")
            place += 1
        }
    }

    /// The code unit of a `\uXXXX` at a place.
    private func unit(at place: Int) -> UInt16? {
        guard place + 6 <= bytes.count, bytes[place] == UInt8(ascii: "\\"),
            bytes[place + 1] == UInt8(ascii: "u")
        else { return nil }
        let digits = bytes[(place + 2)..<(place + 6)]
        guard digits.allSatisfy({ Unicode.Scalar($0).properties.isASCIIHexDigit }) else { return nil }
        return UInt16(String(decoding: digits, as: UTF8.self), radix: 16)
    }

    /// A number, true, false or null; whatever else stands there becomes null.
    private mutating func word(closing: Bool) {
        let start = place
        while place < bytes.count, !"{}[],:\" \t\r\n".utf8.contains(bytes[place]) { place += 1 }
        let word = String(decoding: bytes[start..<place], as: UTF8.self)
        if ["true", "false", "null"].contains(word) || Self.isPlainNumber(word) {
            append(word)
        } else if place == bytes.count, !closing {
            append(word)
        } else {
            append("null")
        }
    }

    /// Whether a strict reader takes it without rounding: at most 17 digits, and not out of range.
    private static func isPlainNumber(_ word: String) -> Bool {
        guard word.utf8.count <= 25,
            word.wholeMatch(of: /-?(0|[1-9][0-9]*)(\.[0-9]+)?([eE][+-]?[0-9]+)?/) != nil,
            let number = Double(word), number.isFinite
        else { return false }
        return word.contains { $0 == "." || $0 == "e" || $0 == "E" } || word.utf8.count <= 18
    }

    /// Closes what is open at the end of the text.
    private mutating func close() {
        skipsFrom = nil
        for mark in open.reversed() {
            // A key without its value, or a comma with nothing behind it.
            dropComma()
            if let last = result.lastIndex(where: { ![0x20, 0x09, 0x0A, 0x0D].contains($0) }) {
                if result[last] == UInt8(ascii: ":") { result.append(contentsOf: "null".utf8) }
                if mark == UInt8(ascii: "}"), result[last] == UInt8(ascii: "\""), endsWithKey(last) {
                    result.append(contentsOf: ":null".utf8)
                }
            }
            result.append(mark)
        }
        open = []
    }

    /// Whether the string that ends at a place is a key: nothing but "{" or "," stands before it.
    private func endsWithKey(_ end: Int) -> Bool {
        var start = end - 1
        while start >= 0 {
            if result[start] == UInt8(ascii: "\"") {
                var slashes = 0
                while start - slashes > 0, result[start - slashes - 1] == UInt8(ascii: "\\") { slashes += 1 }
                if slashes.isMultiple(of: 2) { break }
            }
            start -= 1
        }
        guard start > 0 else { return false }
        let before = result[..<start].last { ![0x20, 0x09, 0x0A, 0x0D].contains($0) }
        return before == UInt8(ascii: "{") || before == UInt8(ascii: ",")
    }
}

/// A text that comes in pieces, of which one may end with the first half of a surrogate pair and the next begin
/// with the second.
struct HalvedText {
    /// The text so far; a half that waits for the other is not in it.
    private(set) var text = ""
    private var high: UInt16?

    /// Where halves are kept: the last 2,048 scalars of the last private plane, one for each.
    private static let marks: UInt32 = 0x10F800

    static func mark(of unit: UInt16) -> Character {
        Character(Unicode.Scalar(marks + UInt32(unit) - 0xD800) ?? "\u{FFFD}")
    }

    private static func unit(of scalar: Unicode.Scalar) -> UInt16? {
        scalar.value >= marks ? UInt16(truncatingIfNeeded: scalar.value - marks + 0xD800) : nil
    }

    /// Takes a piece.
    ///
    /// - Returns: what it added to the text.
    mutating func append(_ piece: String) -> String {
        // Halves begin with this byte in UTF-8.
        if high == nil, !piece.utf8.contains(0xF4) {
            text += piece
            return piece
        }
        var added = String.UnicodeScalarView()
        for scalar in piece.unicodeScalars {
            let unit = Self.unit(of: scalar)
            if let first = high {
                high = nil
                if let unit, unit >= 0xDC00 {
                    let value = 0x10000 + ((UInt32(first) - 0xD800) << 10) + (UInt32(unit) - 0xDC00)
                    added.append(Unicode.Scalar(value) ?? "\u{FFFD}")
                    continue
                }
                added.append("\u{FFFD}")
            }
            guard let unit else {
                added.append(scalar)
                continue
            }
            if unit < 0xDC00 { high = unit } else { added.append("\u{FFFD}") }
        }
        text.unicodeScalars.append(contentsOf: added)
        return String(added)
    }

    /// Ends the text: a half that is still alone becomes U+FFFD.
    mutating func finish() -> String {
        guard high != nil else { return "" }
        high = nil
        text += "\u{FFFD}"
        return "\u{FFFD}"
    }
}
