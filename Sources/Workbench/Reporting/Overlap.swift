import LyceumKit

/// Which words of a text stand in another one, alone or next to the same neighbour.
enum Overlap {
    /// A piece of a text.
    struct Piece: Equatable {
        let text: String
        /// How many words in a row it shares with a reference: 0, 1, or 2 for two and more.
        let length: Int
    }

    /// Cuts a text into pieces; put together they are the text.
    ///
    /// - Parameters:
    ///   - text: what was written.
    ///   - references: what its words are looked for in, without regard to case and punctuation.
    static func pieces(of text: String, in references: [String]) -> [Piece] {
        var words: Set<String> = []
        var pairs: Set<[String]> = []
        for reference in references {
            let found = Self.words(of: reference).map { $0.lowercased() }
            words.formUnion(found)
            pairs.formUnion(zip(found, found.dropFirst()).map { [$0, $1] })
        }
        let own = Self.words(of: text)
        let lower = own.map { $0.lowercased() }
        /// Whether a word and the next one stand side by side in a reference.
        let isPair = lower.indices.map { $0 + 1 < lower.count && pairs.contains([lower[$0], lower[$0 + 1]]) }

        var pieces: [Piece] = []
        var place = text.startIndex
        var open: Substring.Index?
        for (i, word) in own.enumerated() {
            let isBegun = open != nil
            if !isBegun, place < word.startIndex {
                pieces.append(Piece(text: String(text[place..<word.startIndex]), length: 0))
            }
            if isPair[i] {
                open = open ?? word.startIndex
            } else if let start = open {
                pieces.append(Piece(text: String(text[start..<word.endIndex]), length: 2))
                open = nil
            } else {
                pieces.append(Piece(text: String(word), length: words.contains(lower[i]) ? 1 : 0))
            }
            place = word.endIndex
        }
        if place < text.endIndex { pieces.append(Piece(text: String(text[place...]), length: 0)) }
        return pieces
    }

    /// Runs of letters and digits.
    private static func words(of text: String) -> [Substring] {
        text.split { !$0.isLetter && !$0.isNumber }
    }
}
