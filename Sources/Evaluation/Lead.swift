import LyceumKit

/// The beginning of a text as its summary: the baseline that any summariser should beat.
public enum Lead {
    /// The first `count` sentences, joined by spaces.
    public static func sentences(_ text: String, count: Int = 1) -> String {
        Sentences.split(text).prefix(max(count, 0)).joined(separator: " ")
    }

    /// The text up to its word `count` (see `Words`), with the punctuation that ends it; one space for any white space.
    public static func words(_ text: String, count: Int) -> String {
        var text = text
        let beginning = text.withUTF8 { bytes -> String in
            let words = Words.ranges(in: bytes)
            guard count > 0, let last = words.prefix(count).last else { return "" }
            let isSpace = { (byte: UInt8) in byte == 0x20 || (0x09...0x0D).contains(byte) }
            var end = last.upperBound
            while end < bytes.count, !isSpace(bytes[end]) { end += 1 }
            // What follows at once is punctuation, unless the next word begins there.
            if count < words.count, words[count].lowerBound < end { end = last.upperBound }
            return String(decoding: bytes[..<end], as: UTF8.self)
        }
        return beginning.split(whereSeparator: \.isWhitespace).joined(separator: " ")
    }
}
