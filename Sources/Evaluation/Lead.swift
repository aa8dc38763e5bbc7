import LyceumKit

/// The beginning of a text as its summary: the baseline that any summariser should beat.
public enum Lead {
    /// The first `count` sentences, joined by spaces.
    public static func sentences(_ text: String, count: Int = 1) -> String {
        Sentences.split(text).prefix(max(count, 0)).joined(separator: " ")
    }

    /// The first `count` words, joined by spaces.
    public static func words(_ text: String, count: Int) -> String {
        text.split(maxSplits: max(count, 0), whereSeparator: \.isWhitespace).prefix(max(count, 0))
            .joined(separator: " ")
    }

    /// The number of words between ASCII white space.
    static func wordCount(_ text: String) -> Int {
        var count = 0
        var isInWord = false
        for byte in text.utf8 {
            let isSpace = byte == 0x20 || (0x09...0x0D).contains(byte)
            if !isSpace, !isInWord { count += 1 }
            isInWord = !isSpace
        }
        return count
    }
}
