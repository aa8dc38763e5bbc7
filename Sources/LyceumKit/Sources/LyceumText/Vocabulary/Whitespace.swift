/// What counts as white space; the two reference implementations differ by four control characters.
enum Whitespace {
    /// Unicode's White_Space, as in Rust: tokenizers.
    case unicode
    /// Also U+001C to U+001F, as in Python's `str.isspace`: the tokenizers that transformers itself wrote.
    case python

    /// Whether a scalar is white space.
    func contains(_ scalar: Unicode.Scalar) -> Bool {
        switch self {
        case .unicode: return scalar.properties.isWhitespace
        case .python: return scalar.properties.isWhitespace || (0x1C...0x1F).contains(scalar.value)
        }
    }

    /// Where the white space at the end of `text[range]` begins.
    func startOfTail(of text: UnsafeBufferPointer<UInt8>, in range: Range<Int>) -> Int {
        var end = range.upperBound
        while end > range.lowerBound {
            var start = end - 1
            while start > range.lowerBound, text[start] & 0xC0 == 0x80 { start -= 1 }
            guard contains(UTF8Text.scalar(in: text, at: start).scalar) else { break }
            end = start
        }
        return end
    }

    /// Where the white space at the beginning of `text[range]` ends.
    func endOfHead(of text: UnsafeBufferPointer<UInt8>, in range: Range<Int>) -> Int {
        var start = range.lowerBound
        while start < range.upperBound {
            let (scalar, length) = UTF8Text.scalar(in: text, at: start)
            guard contains(scalar) else { break }
            start += length
        }
        return start
    }
}
