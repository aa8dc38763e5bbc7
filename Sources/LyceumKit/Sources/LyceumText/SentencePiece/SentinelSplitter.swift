/// Finds T5's sentinels `<extra_id_n>` in a text.
enum SentinelSplitter {
    /// A stretch of text, or a sentinel by its number.
    enum Part: Equatable {
        case text(String)
        case sentinel(Int)
    }

    private static let opening = Array("<extra_id_".utf8)

    /// Cuts a text at its sentinels; white space beside a sentinel belongs to it and is dropped, as in
    /// Hugging Face's `T5Tokenizer`.
    ///
    /// - Parameters:
    ///   - text: any text.
    ///   - sentinels: how many there are; `<extra_id_n>` with a larger number is plain text.
    static func split(_ text: String, sentinels: Int) -> [Part] {
        let bytes = Array(text.utf8)
        var parts: [Part] = []
        var start = 0
        var position = 0
        while position < bytes.count {
            guard let (number, end) = sentinel(in: bytes, at: position), number < sentinels else {
                position += 1
                continue
            }
            append(bytes[start..<position], isAfterSentinel: start > 0, isBeforeSentinel: true, to: &parts)
            parts.append(.sentinel(number))
            start = end
            position = end
        }
        append(bytes[start...], isAfterSentinel: start > 0, isBeforeSentinel: false, to: &parts)
        return parts
    }

    /// The number of the sentinel that begins at `position`, and where it ends.
    private static func sentinel(in bytes: [UInt8], at position: Int) -> (number: Int, end: Int)? {
        guard bytes[position] == opening[0], bytes[position...].starts(with: opening) else { return nil }
        let digits = bytes[(position + opening.count)...].prefix { (0x30...0x39).contains($0) }
        let isPlain = digits.count == 1 || digits.first != 0x30
        guard (1...9).contains(digits.count), isPlain, digits.endIndex < bytes.count,
            bytes[digits.endIndex] == UInt8(ascii: ">")
        else { return nil }
        return (digits.reduce(0) { $0 * 10 + Int($1 - 0x30) }, digits.endIndex + 1)
    }

    private static func append(
        _ bytes: ArraySlice<UInt8>, isAfterSentinel: Bool, isBeforeSentinel: Bool, to parts: inout [Part]
    ) {
        var text = Substring(String(decoding: bytes, as: UTF8.self))
        if isAfterSentinel { text = text.drop(while: \.isWhitespace) }
        if isBeforeSentinel { while text.last?.isWhitespace == true { text.removeLast() } }
        if !text.isEmpty { parts.append(.text(String(text))) }
    }
}
