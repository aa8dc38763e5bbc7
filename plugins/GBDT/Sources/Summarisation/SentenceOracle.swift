import LyceumKit

/// Which sentences of a text a summary would be made of: the labels that a summariser learns.
///
/// Source: the greedy oracle of Nallapati et al., "SummaRuNNer" (2017): sentences are added as long as ROUGE-1
/// (F-measure, over lower-cased words) rises, each time the one that raises it most.
struct SentenceOracle {
    /// The ROUGE-1 F-measure of each sentence alone with the summary, 0…1.
    let overlaps: [Double]
    /// The sentences that the oracle takes, in the order in which it takes them.
    let chosen: [Int]

    /// It takes no more sentences than this.
    private static let limit = 20

    /// How much each sentence is worth, 0…1: half for its overlap, half for being taken.
    var relevances: [Double] {
        var relevances = overlaps.map { $0 / 2 }
        for sentence in chosen { relevances[sentence] += 0.5 }
        return relevances
    }

    /// Finds the oracle's sentences.
    ///
    /// - Throws: as `TextAnalyzer.analyze`.
    init(sentences: [String], summary: String) throws {
        var words = WordNumbers()
        // What the sentences taken so far leave of the summary's words.
        var wanted = try words.counts(summary)
        let bags = try sentences.map { try words.counts($0) }
        let sizes = bags.map { $0.values.reduce(0, +) }
        var (shared, size) = (0, wanted.values.reduce(0, +))

        /// The F-measure once a sentence is added.
        func score(_ sentence: Int) -> Double {
            let gain = bags[sentence].reduce(0) { $0 + min($1.value, wanted[$1.key] ?? 0) }
            return shared + gain == 0 ? 0 : 2 * Double(shared + gain) / Double(size + sizes[sentence])
        }
        let overlaps = bags.indices.map(score)

        var chosen: [Int] = []
        var best = 0.0
        var candidates = bags.indices.filter { overlaps[$0] > 0 }
        while chosen.count < Self.limit {
            var next: (sentence: Int, score: Double)?
            for sentence in candidates {
                let score = score(sentence)
                if score > next?.score ?? best { next = (sentence, score) }
            }
            guard let next else { break }
            best = next.score
            for (word, count) in bags[next.sentence] {
                let left = wanted[word] ?? 0
                shared += min(count, left)
                wanted[word] = max(0, left - count)
            }
            size += sizes[next.sentence]
            chosen.append(next.sentence)
            candidates.removeAll { $0 == next.sentence }
        }
        (self.overlaps, self.chosen) = (overlaps, chosen)
    }
}

/// Numbers for the words of one text and its summary.
private struct WordNumbers {
    private var table = TermTable()
    private var text = AnalyzedText()
    private var numbers: [UInt32] = []

    /// How often each word occurs, case ignored.
    mutating func counts(_ string: String) throws -> [UInt32: Int] {
        try TextAnalyzer().analyze(string, into: &text)
        text.bytes.withUnsafeBufferPointer { buffer in
            guard let bytes = buffer.baseAddress else { return }
            table.insert(text.terms, in: bytes, &numbers)
        }
        return Dictionary(numbers.map { ($0, 1) }, uniquingKeysWith: +)
    }
}
