import Glibc
import LyceumKit

/// An inverted index that ranks documents by BM25.
///
/// Source: Robertson and Zaragoza, "The Probabilistic Relevance Framework: BM25 and Beyond" (2009), with
/// k1 = 1.2, b = 0.75 and the inverse document frequency ln(1 + (N - n + 0.5) / (n + 0.5)), which is never
/// negative.
struct BM25Index: Sendable {
    /// A document and how well it fits.
    struct Hit: Sendable, Equatable {
        /// Its number, in the order of indexing.
        let document: Int
        /// The BM25 score; above 0.
        let score: Double
    }

    /// Long queries are cut to their rarest words: the others cost most and say least.
    static let longestQuery = 32

    /// The words.
    let terms: Terms
    /// How many documents there are.
    let count: Int
    /// The inverse document frequency of each word.
    let inverseFrequency: [Float]
    /// The postings of word t are at `starts[t] ..< starts[t + 1]`.
    private let starts: [Int]
    private let documents: [Int32]
    private let weights: [Float]

    /// Indexes texts.
    ///
    /// - Parameters:
    ///   - texts: the documents.
    ///   - job: progress and cancellation.
    /// - Throws: `LyceumError.cancelled`.
    init(_ texts: [String], job: Job) throws {
        var terms = Terms()
        // Postings in the order of documents: (word, times) pairs and where each document's begin.
        var words: [Int32] = []
        var times: [Int32] = []
        var ends: [Int] = []
        var lengths: [Float] = []
        for (number, text) in texts.enumerated() {
            if number % 512 == 0 {
                try job.checkCancelled()
                job.update(done: number, of: texts.count, unit: "documents")
            }
            let found = terms.adding(text).sorted()
            lengths.append(Float(found.count))
            for (i, word) in found.enumerated() {
                if i > 0, found[i - 1] == word {
                    times[times.count - 1] += 1
                } else {
                    words.append(word)
                    times.append(1)
                }
            }
            ends.append(words.count)
        }
        var starts = [Int](repeating: 0, count: terms.count + 1)
        for word in words { starts[Int(word) + 1] += 1 }
        let total = Float(texts.count)
        inverseFrequency = starts.dropFirst().map { log(1 + (total - Float($0) + 0.5) / (Float($0) + 0.5)) }
        for word in 0..<terms.count { starts[word + 1] += starts[word] }

        let meanLength = max(1, lengths.reduce(0, +) / max(1, total))
        var next = starts
        var documents = [Int32](repeating: 0, count: words.count)
        var weights = [Float](repeating: 0, count: words.count)
        var posting = 0
        for (document, end) in ends.enumerated() {
            let norm = 1.2 * (0.25 + 0.75 * lengths[document] / meanLength)
            while posting < end {
                let word = Int(words[posting])
                let frequency = Float(times[posting])
                documents[next[word]] = Int32(truncatingIfNeeded: document)
                weights[next[word]] = inverseFrequency[word] * frequency * 2.2 / (frequency + norm)
                next[word] += 1
                posting += 1
            }
        }
        self.terms = terms
        self.starts = starts
        self.documents = documents
        self.weights = weights
        count = texts.count
    }

    /// The documents that fit a text best, best first; of equal ones the earlier.
    ///
    /// - Parameters:
    ///   - text: the query.
    ///   - limit: how many.
    ///   - isExcluded: documents that must not be found.
    func search(_ text: String, limit: Int, isExcluded: (Int) -> Bool = { _ in false }) -> [Hit] {
        var scores = [Float](repeating: 0, count: count)
        for (word, times) in query(text) {
            for posting in starts[word]..<starts[word + 1] {
                scores[Int(documents[posting])] += weights[posting] * times
            }
        }
        var best: [Hit] = []
        var threshold: Float = 0
        for document in scores.indices where scores[document] > threshold && !isExcluded(document) {
            let hit = Hit(document: document, score: Double(scores[document]))
            let place = best.firstIndex { $0.score < hit.score } ?? best.count
            best.insert(hit, at: place)
            if best.count > limit { best.removeLast() }
            if best.count == limit, let worst = best.last { threshold = Float(worst.score) }
        }
        return best
    }

    /// The words of a query with how often each occurs, the rarest if there are too many.
    private func query(_ text: String) -> [(word: Int, times: Float)] {
        var times: [Int32: Float] = [:]
        for word in terms.known(in: text) { times[word, default: 0] += 1 }
        let ranked = times.sorted {
            let (a, b) = (inverseFrequency[Int($0.key)], inverseFrequency[Int($1.key)])
            return a == b ? $0.key < $1.key : a > b
        }
        return ranked.prefix(Self.longestQuery).map { (Int($0.key), $0.value) }
    }
}
