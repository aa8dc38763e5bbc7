import LyceumKit

/// Sentences for the vocabulary trainer: lines of texts, at most so many, one after the other in memory.
struct SentenceSample {
    /// The trainer skips what is longer, in bytes; longer lines are cut here instead.
    static let longestSentence = 1 << 20

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
            for sentence in text.split(whereSeparator: \.isNewline).flatMap(Self.cut)
            where Self.isVisible(sentence) {
                seen += 1
                if kept.count < limit {
                    kept.append(sentence.utf8)
                } else {
                    let place = random.index(below: seen)
                    if place < limit { kept[place] = sentence.utf8 }
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

    /// The line in pieces that the trainer takes, cut between characters.
    private static func cut(_ line: Substring) -> [Substring] {
        if line.utf8.count <= longestSentence { return [line] }
        var pieces: [Substring] = []
        var rest = line
        while !rest.isEmpty {
            let end = rest.utf8.index(
                rest.startIndex, offsetBy: longestSentence, limitedBy: rest.endIndex)
            // A slice whose end lies inside a character ends before it.
            let piece = rest[..<(end ?? rest.endIndex)]
            pieces.append(piece)
            rest = rest[piece.endIndex...]
        }
        return pieces
    }
}
