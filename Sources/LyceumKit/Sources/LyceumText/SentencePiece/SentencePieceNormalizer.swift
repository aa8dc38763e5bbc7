/// What SentencePiece does to a text before it cuts it up: replaces characters, drops needless white space,
/// writes spaces as "▁".
///
/// Source: `Normalizer::Normalize` of sentencepiece 0.2.
struct SentencePieceNormalizer: Sendable {
    /// What stands for a space.
    static let mark = Array("▁".utf8)

    /// Replaces characters; nil changes none.
    let charsmap: PrecompiledCharsmap?
    /// Whether a text gets a space before it.
    let addsDummyPrefix: Bool
    /// Whether white space at both ends goes and runs of it become one space.
    let removesExtraWhitespace: Bool
    /// Texts that stay as they are.
    let userDefined: ByteTrie?

    /// The normalised text.
    ///
    /// - Parameters:
    ///   - text: valid UTF-8.
    ///   - addsPrefix: whether it gets a space before it, if it is not blank.
    func apply(to text: UnsafeBufferPointer<UInt8>, addsPrefix: Bool) -> [UInt8] {
        var position = 0
        if removesExtraWhitespace {
            while position < text.count {
                let head = prefix(of: text, at: position)
                guard head.length > 0, head.isSpace(in: text) else { break }
                position += head.length
            }
        }
        if position == text.count { return [] }
        var result: [UInt8] = []
        result.reserveCapacity(text.count + text.count / 4 + 8)
        if addsPrefix { result += Self.mark }
        var isAfterSpace = removesExtraWhitespace
        while position < text.count {
            let head = prefix(of: text, at: position)
            position += head.length
            switch head.content {
            case .same(let range): append(text[range], &isAfterSpace, to: &result)
            case .replacement(let bytes): append(bytes, &isAfterSpace, to: &result)
            }
        }
        if removesExtraWhitespace {
            while result.count >= Self.mark.count, result.suffix(Self.mark.count).elementsEqual(Self.mark) {
                result.removeLast(Self.mark.count)
            }
        }
        return result
    }

    /// The beginning of a text that is replaced, or kept, as one.
    private struct Head {
        enum Content {
            case same(Range<Int>)
            case replacement(ArraySlice<UInt8>)
        }

        let content: Content
        let length: Int

        /// Whether a single space stands for it.
        func isSpace(in text: UnsafeBufferPointer<UInt8>) -> Bool {
            switch content {
            case .same(let range): return range.count == 1 && text[range.lowerBound] == 0x20
            case .replacement(let bytes): return bytes.count == 1 && bytes.first == 0x20
            }
        }
    }

    private func prefix(of text: UnsafeBufferPointer<UInt8>, at position: Int) -> Head {
        var length = 0
        userDefined?.forEachPrefix(of: text, at: position) { found, _ in length = found }
        if length == 0, let found = charsmap?.longestReplacement(in: text, at: position) {
            return Head(content: .replacement(found.text), length: found.length)
        }
        if length == 0 { length = UTF8Text.scalar(in: text, at: position).length }
        return Head(content: .same(position..<(position + length)), length: length)
    }

    private func append(_ bytes: some Collection<UInt8>, _ isAfterSpace: inout Bool, to result: inout [UInt8])
    {
        var last: UInt8?
        for byte in bytes {
            if byte == 0x20 {
                if isAfterSpace, last == nil { continue }
                result += Self.mark
            } else {
                result.append(byte)
            }
            last = byte
        }
        guard let last else { return }
        isAfterSpace = removesExtraWhitespace && last == 0x20
    }
}
