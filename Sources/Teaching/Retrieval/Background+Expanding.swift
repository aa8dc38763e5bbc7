import LyceumKit

extension Background {
    /// What a retrieval teacher answers, and whether anything in the background fitted.
    struct Answer {
        let text: String
        let isFound: Bool
    }

    private struct Candidate {
        let text: String
        let hit: Int
        let position: Int
        let vector: TermVector
        let nearness: Double
    }

    private static let neighbours = 8
    private static let sentencesPerDocument = 24

    /// Composes an input for a target: sentences of the nearest background inputs.
    ///
    /// Sentences are chosen one by one by maximal marginal relevance (Carbonell and Goldstein 1998): new words
    /// of the target and nearness to it count for a sentence, likeness to what is chosen counts against it, until the text is
    /// as long as the nearest input. The sentence that says most of the target comes first, the others follow
    /// in the order of their documents.
    ///
    /// - Parameter target: what the text should be about.
    /// - Returns: a text; the target itself if no other pair shares a word with it.
    func expand(_ target: String) -> Answer {
        let own = pairs(withTarget: target)
        let hits = index.search(target, limit: Self.neighbours) { own.contains($0) }
        guard let first = hits.first else { return Answer(text: target, isFound: false) }
        let wanted = TermVector(target, index)
        let chosen = choose(from: candidates(hits), wanted: wanted, words: length(like: first.document))
        guard let lead = chosen.first else { return Answer(text: target, isFound: false) }
        let rest = chosen.dropFirst().sorted { ($0.hit, $0.position) < ($1.hit, $1.position) }
        return Answer(text: ([lead] + rest).map(\.text).joined(separator: " "), isFound: true)
    }

    /// The number of words of a background input, kept between half and twice the mean.
    private func length(like document: Int) -> Int {
        let words = Double(index.terms.known(in: inputs[document]).count)
        return Int(max(meanInputWords / 2, min(words, meanInputWords * 2)))
    }

    private func candidates(_ hits: [BM25Index.Hit]) -> [Candidate] {
        let best = hits.first?.score ?? 1
        var seen: Set<String> = []
        return hits.enumerated().flatMap { rank, hit in
            Sentences.split(inputs[hit.document]).prefix(Self.sentencesPerDocument).enumerated()
                .compactMap { position, sentence -> Candidate? in
                    let text = sentence.split(whereSeparator: \.isWhitespace).joined(separator: " ")
                    let vector = TermVector(text, index)
                    guard vector.words >= 3, seen.insert(text).inserted else { return nil }
                    return Candidate(
                        text: text, hit: rank, position: position, vector: vector, nearness: hit.score / best)
                }
        }
    }

    private func choose(from candidates: [Candidate], wanted: TermVector, words: Int) -> [Candidate] {
        var left = candidates
        var chosen: [Candidate] = []
        var isCovered = [Bool](repeating: false, count: wanted.terms.count)
        let total = max(wanted.weights.reduce(0, +), 1e-9)
        var likeness = [Double](repeating: 0, count: left.count)
        var length = 0
        while length < words, !left.isEmpty {
            var best = 0
            var bestScore = -Double.infinity
            for (place, candidate) in left.enumerated() {
                var (new, all) = (0.0, 0.0)
                wanted.common(with: candidate.vector) { term, _ in
                    all += wanted.weights[term]
                    if !isCovered[term] { new += wanted.weights[term] }
                }
                // New words of the target, all of them, and how much of the sentence is about them.
                let aboutness = (1.5 * new + 0.5 * all) / total + candidate.vector.cosine(wanted)
                let score = aboutness + 0.5 * candidate.nearness - likeness[place]
                if score > bestScore { (best, bestScore) = (place, score) }
            }
            let next = left.remove(at: best)
            likeness.remove(at: best)
            for place in left.indices {
                likeness[place] = max(likeness[place], left[place].vector.cosine(next.vector))
            }
            wanted.common(with: next.vector) { term, _ in isCovered[term] = true }
            length += next.vector.words
            chosen.append(next)
        }
        return chosen
    }
}
