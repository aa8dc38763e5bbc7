/// Finds added tokens in a text: the leftmost first, of several the longest.
///
/// Source: `AddedVocabulary::find_matches` of tokenizers 0.22.
struct TokenMatcher: Sendable {
    /// A stretch of text, or a token.
    enum Part: Equatable {
        case text(Range<Int>)
        case token(Int)
    }

    /// The tokens that begin with each byte, the longest first.
    private let candidates: [[(bytes: [UInt8], token: AddedToken)]]
    private let whitespace: Whitespace
    /// Whether there is nothing to find.
    let isEmpty: Bool

    /// Makes a matcher; of tokens with equal text the last counts.
    init(_ tokens: [AddedToken], whitespace: Whitespace) {
        var candidates = [[(bytes: [UInt8], token: AddedToken)]](repeating: [], count: 256)
        for (_, token) in Dictionary(tokens.map { ($0.content, $0) }, uniquingKeysWith: { $1 }) {
            let bytes = Array(token.content.utf8)
            if let first = bytes.first { candidates[Int(first)].append((bytes, token)) }
        }
        for first in candidates.indices { candidates[first].sort { $0.bytes.count > $1.bytes.count } }
        self.candidates = candidates
        self.whitespace = whitespace
        isEmpty = tokens.isEmpty
    }

    /// Cuts a text at its tokens, in order; parts without text are left out.
    ///
    /// - Parameters:
    ///   - text: valid UTF-8.
    ///   - body: receives the parts; ranges count bytes of `text`.
    func forEachPart(of text: UnsafeBufferPointer<UInt8>, _ body: (Part) throws -> Void) rethrows {
        var start = 0
        var position = 0
        while position < text.count, !isEmpty {
            guard let (length, token) = match(in: text, at: position) else {
                position += 1
                continue
            }
            let match = position..<(position + length)
            position = match.upperBound
            if token.isSingleWord, isInsideWord(match, of: text) { continue }
            let left =
                token.stripsLeft
                ? whitespace.startOfTail(of: text, in: min(start, match.lowerBound)..<match.lowerBound)
                : match.lowerBound
            if start < left { try body(.text(start..<left)) }
            try body(.token(token.id))
            start =
                token.stripsRight
                ? whitespace.endOfHead(of: text, in: match.upperBound..<text.count) : match.upperBound
        }
        if start < text.count { try body(.text(start..<text.count)) }
    }

    private func match(
        in text: UnsafeBufferPointer<UInt8>, at position: Int
    ) -> (length: Int, token: AddedToken)? {
        for (bytes, token) in candidates[Int(text[position])] where bytes.count <= text.count - position {
            if (1..<bytes.count).allSatisfy({ text[position + $0] == bytes[$0] }) {
                return (bytes.count, token)
            }
        }
        return nil
    }

    /// Whether a word character touches a match (`\w` of Rust's regular expressions).
    private func isInsideWord(_ match: Range<Int>, of text: UnsafeBufferPointer<UInt8>) -> Bool {
        func isWord(_ scalar: Unicode.Scalar) -> Bool {
            let properties = scalar.properties
            switch properties.generalCategory {
            case .nonspacingMark, .spacingMark, .enclosingMark, .decimalNumber, .connectorPunctuation:
                return true
            default: return properties.isAlphabetic || properties.isJoinControl
            }
        }
        if match.upperBound < text.count, isWord(UTF8Text.scalar(in: text, at: match.upperBound).scalar) {
            return true
        }
        guard match.lowerBound > 0 else { return false }
        var before = match.lowerBound - 1
        while before > 0, text[before] & 0xC0 == 0x80 { before -= 1 }
        return isWord(UTF8Text.scalar(in: text, at: before).scalar)
    }
}
