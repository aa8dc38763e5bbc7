/// Guesses what a text will say next: what followed its last tokens in the source.
///
/// A guess is read in the same step as the last token and kept as far as the search agrees, so that the text is the same
/// with and without it. Sources: Sun et al., "Instantaneous Grammatical Error Correction with Shallow Aggressive Decoding"
/// (2021); Saxena, "Prompt Lookup Decoding" (2023).
struct SourceLookup {
    private let source: [Int]
    /// Where each token stands in the source.
    private let places: [Int: [Int]]
    /// How many tokens are guessed at once: more after guesses that were right, fewer after wrong ones.
    private var length: Int
    /// Steps for which nothing is guessed, because guesses were wrong.
    private var pause = 0
    private var nextPause = 1

    private let most: Int

    /// - Parameters:
    ///   - source: its tokens.
    ///   - most: the most tokens that are guessed at once; about eight cost hardly more than one.
    init(_ source: [Int], most: Int = 7) {
        self.source = source
        self.most = most
        length = min(3, most)
        places = Dictionary(grouping: source.indices, by: { source[$0] })
    }

    /// What may follow a text: what follows the place in the source that agrees with its end for longest, at least for two
    /// tokens.
    ///
    /// - Parameter most: tokens that may follow.
    func draft(after text: [Int], most: Int) -> [Int] {
        guard pause == 0, most > 0, text.count >= 2, let last = text.last, let ends = places[last] else {
            return []
        }
        var (best, longest) = (-1, 1)
        // Of equally long ones the first: a summary follows its source from the beginning.
        for end in ends where end + 1 < source.count {
            var agreed = 1
            while agreed < 8, agreed < text.count, agreed <= end,
                source[end - agreed] == text[text.count - 1 - agreed]
            { agreed += 1 }
            if agreed > longest { (best, longest) = (end, agreed) }
        }
        guard best >= 0 else { return [] }
        return Array(source[best + 1..<min(source.count, best + 1 + min(length, most))])
    }

    /// Takes what became of a guess; of none, that a step has passed.
    mutating func learn(accepted: Int, of guessed: Int) {
        guard guessed > 0 else {
            pause = max(0, pause - 1)
            return
        }
        if accepted == guessed {
            length = min(most, length + 2)
            nextPause = 1
        } else if accepted == 0 {
            length = max(1, length - 1)
            pause = nextPause
            nextPause = min(16, 2 * nextPause)
        } else {
            length = min(most, max(2, accepted + 1))
        }
    }
}
