import Glibc
import LyceumKit

extension Background {
    private static let neighboursRead = 8
    private static let voters = 16

    /// Says an input in few words: one of its own sentences, or the target of a near background pair.
    ///
    /// Both kinds of candidate are scored alike: the cosine between the candidate's and the input's words
    /// (weighted by rarity), times how usual the candidate's length is among the background's targets.
    ///
    /// - Parameter input: the text to summarise.
    /// - Returns: the best candidate; the first sentence if nothing has any weight.
    func summarize(_ input: String) -> Answer {
        let own = pairs(withInput: input)
        let hits = index.search(input, limit: Self.neighboursRead) { own.contains($0) }
        let document = TermVector(input, index)
        let sentences = Sentences.split(input).map {
            $0.split(whereSeparator: \.isWhitespace).joined(separator: " ")
        }
        var best = sentences.first ?? input
        var bestScore = 0.0
        for candidate in sentences + hits.map({ targets[$0.document] }) {
            let vector = TermVector(candidate, index)
            let score = vector.cosine(document) * usualness(words: vector.words)
            if score > bestScore { (best, bestScore) = (candidate, score) }
        }
        return Answer(text: best, isFound: !hits.isEmpty)
    }

    /// How usual a target of so many words is: 1 for the mean, less for others (log-normal).
    private func usualness(words: Int) -> Double {
        let distance = (log(Double(max(1, words))) - targetLength.mean) / targetLength.deviation
        return exp(-distance * distance / 2)
    }

    /// Labels an input: the nearest background pairs vote, each with its score.
    ///
    /// - Returns: the label; the most frequent one if no other pair shares a word with the input.
    func classify(_ input: String) -> Answer {
        let own = pairs(withInput: input)
        let hits = index.search(input, limit: Self.voters) { own.contains($0) }
        var votes: [String: Double] = [:]
        for hit in hits { votes[targets[hit.document], default: 0] += hit.score }
        if hits.isEmpty {
            for target in targets { votes[target, default: 0] += 1 }
        }
        let winner = votes.max { a, b in a.value == b.value ? a.key > b.key : a.value < b.value }
        return Answer(text: winner?.key ?? "", isFound: !hits.isEmpty)
    }
}
