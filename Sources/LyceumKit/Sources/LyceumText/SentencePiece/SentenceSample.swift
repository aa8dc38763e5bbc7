import LyceumKit

/// Sentences for the vocabulary trainer: lines of texts, at most so many, one after the other in memory.
struct SentenceSample {
    /// Longer lines, in bytes, are cut, between words where there are any. The trainer looks at every run of characters
    /// that comes twice, as long as it may be: its time grows with the length of what is repeated.
    static let longestSentence = 1 << 12
    /// Lines that say the same few words again and again are cut to this.
    static let longestRepetition = 1 << 8

    /// All sentences, one after the other.
    private(set) var bytes: [UInt8] = []
    /// Where each sentence begins in `bytes`, and where the last one ends.
    private(set) var offsets: [Int] = [0]

    /// How many sentences there are.
    var count: Int { offsets.count - 1 }
    /// Whether there is none.
    var isEmpty: Bool { count == 0 }

    /// Takes the lines of texts; of more than `limit` a uniform sample (Vitter's algorithm R).
    init(of texts: some Sequence<String>, atMost limit: Int, seed: Int, job: Job) throws {
        var kept: [Substring.UTF8View] = []
        var seen = 0
        var random = SeededGenerator(seed: seed)
        for text in texts {
            try job.checkCancelled()
            for line in text.split(whereSeparator: \.isNewline) {
                for sentence in Self.cut(line) where Self.isVisible(sentence) {
                    if seen & 0xFF == 0 { try job.checkCancelled() }
                    seen += 1
                    if kept.count < limit {
                        kept.append(sentence.utf8)
                    } else {
                        let place = random.index(below: seen)
                        if place < limit { kept[place] = sentence.utf8 }
                    }
                }
            }
        }
        bytes.reserveCapacity(kept.reduce(0) { $0 + $1.count })
        for sentence in kept {
            bytes.append(contentsOf: sentence)
            offsets.append(bytes.count)
        }
    }

    /// Whether anything is left of a line once the trainer has normalised it; the trainer ends the process
    /// when it is left without a single character.
    private static func isVisible(_ line: Substring) -> Bool {
        line.unicodeScalars.contains { scalar in
            (0x21...0x7E).contains(scalar.value) || scalar.properties.isAlphabetic
                || scalar.properties.numericType != nil
        }
    }

    /// The line in pieces that the trainer takes.
    private static func cut(_ line: Substring) -> [Substring] {
        pieces(of: line, longest: longestSentence).flatMap { piece in
            isRepetitive(piece) ? pieces(of: piece, longest: longestRepetition) : [piece]
        }
    }

    /// Whether most of a line's words have come before in it.
    private static func isRepetitive(_ line: Substring) -> Bool {
        guard line.utf8.count > longestRepetition else { return false }
        let words = line.utf8.split(separator: UInt8(ascii: " "))
        return Set(words.map { Substring($0) }).count * 8 < words.count
    }

    /// The line cut before spaces, or, where there are none, between characters.
    private static func pieces(of line: Substring, longest: Int) -> [Substring] {
        var pieces: [Substring] = []
        var rest = line
        while rest.utf8.count > longest {
            let end = rest.utf8.index(rest.startIndex, offsetBy: longest)
            // A slice whose end lies inside a character ends before it.
            var piece = rest[..<end]
            if let space = piece.utf8.lastIndex(of: UInt8(ascii: " ")), space > piece.startIndex {
                piece = rest[..<space]
            }
            if piece.isEmpty { piece = rest.prefix(1) }
            pieces.append(piece)
            rest = rest[piece.endIndex...]
        }
        return rest.isEmpty ? pieces : pieces + [rest]
    }
}
