/// What Python's `str` does to text, for metrics that must agree with a script in Python.
enum PythonStrings {
    /// Whether `str.isspace` is true of a character.
    static func isSpace(_ scalar: Unicode.Scalar) -> Bool {
        switch scalar.value {
        case 0x09...0x0D, 0x1C...0x20, 0x85, 0xA0, 0x1680, 0x2000...0x200A, 0x2028, 0x2029, 0x202F, 0x205F,
            0x3000:
            return true
        default: return false
        }
    }

    /// How many bytes of UTF-8 the white space at a place takes; 0 if there is none.
    @inline(__always)
    static func spaceLength(_ text: UnsafeBufferPointer<UInt8>, at i: Int) -> Int {
        let byte = text[i]
        if byte < 0x80 {
            return byte == 0x20 || (0x09...0x0D).contains(byte) || (0x1C...0x1F).contains(byte) ? 1 : 0
        }
        if byte == 0xC2 {
            guard i + 1 < text.count else { return 0 }
            return text[i + 1] == 0x85 || text[i + 1] == 0xA0 ? 2 : 0
        }
        guard byte >= 0xE1, byte <= 0xE3, i + 2 < text.count else { return 0 }
        switch (byte, text[i + 1], text[i + 2]) {
        case (0xE1, 0x9A, 0x80), (0xE2, 0x80, 0x80...0x8A), (0xE2, 0x80, 0xA8...0xA9), (0xE2, 0x80, 0xAF),
            (0xE2, 0x81, 0x9F), (0xE3, 0x80, 0x80):
            return 3
        default: return 0
        }
    }

    /// Calls `body` with the bounds of each word between white space, as `str.split()` cuts them.
    @inline(__always)
    static func split(_ text: UnsafeBufferPointer<UInt8>, _ body: (Range<Int>) -> Void) {
        var start = 0
        var i = 0
        while i < text.count {
            let length = spaceLength(text, at: i)
            if length == 0 {
                i += 1
                continue
            }
            if i > start { body(start..<i) }
            i += length
            start = i
        }
        if text.count > start { body(start..<text.count) }
    }

    /// The text without white space at its end, as `str.rstrip()` leaves it.
    static func trimmedEnd(_ text: String) -> String {
        var scalars = Substring(text).unicodeScalars
        while let last = scalars.last, isSpace(last) { scalars.removeLast() }
        return String(scalars)
    }

    /// The text without white space at either end, as `str.strip()` leaves it.
    static func trimmed(_ text: String) -> String {
        String(Substring(trimmedEnd(text)).unicodeScalars.drop(while: isSpace))
    }

    /// `str.replace(old, new)`, which compares characters one by one, not with what combines with them.
    static func replacing(_ text: String, _ old: String, with new: String) -> String {
        let (bytes, pattern) = (Array(text.utf8), Array(old.utf8))
        guard let first = pattern.first, bytes.contains(first) else { return text }
        var result: [UInt8] = []
        result.reserveCapacity(bytes.count)
        var i = 0
        while i < bytes.count {
            if bytes[i] == first, bytes[i...].starts(with: pattern) {
                result += new.utf8
                i += pattern.count
            } else {
                result.append(bytes[i])
                i += 1
            }
        }
        return String(decoding: result, as: UTF8.self)
    }

    /// `str.lower()`: the full mapping of Unicode, with a final sigma at the end of words.
    static func lowercased(_ text: String) -> String {
        if text.utf8.allSatisfy({ $0 < 0x80 }) {
            return String(
                decoding: text.utf8.map { (0x41...0x5A).contains($0) ? $0 | 0x20 : $0 }, as: UTF8.self)
        }
        let scalars = Array(text.unicodeScalars)
        var result = String.UnicodeScalarView()
        for (i, scalar) in scalars.enumerated() {
            if scalar.value == 0x3A3 {
                result.append(isFinalSigma(scalars, i) ? "\u{3C2}" : "\u{3C3}")
            } else {
                result.append(contentsOf: scalar.properties.lowercaseMapping.unicodeScalars)
            }
        }
        return String(result)
    }

    /// Whether a sigma ends a word: a cased letter stands before it and none behind.
    private static func isFinalSigma(_ scalars: [Unicode.Scalar], _ place: Int) -> Bool {
        let before = scalars[..<place].last { !$0.properties.isCaseIgnorable }
        let after = scalars[(place + 1)...].first { !$0.properties.isCaseIgnorable }
        return before?.properties.isCased == true && after?.properties.isCased != true
    }

    /// `string.punctuation`.
    static func isPunctuation(_ byte: UInt8) -> Bool {
        (0x21...0x2F).contains(byte) || (0x3A...0x40).contains(byte) || (0x5B...0x60).contains(byte)
            || (0x7B...0x7E).contains(byte)
    }
}
