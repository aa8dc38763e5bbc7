/// The different words of a stretch of text with their weights, in the order of the words' numbers.
struct TermVector {
    /// The words.
    let terms: [Int32]
    /// Each word's number of times, times its inverse document frequency.
    let weights: [Double]
    /// The number of words, repetitions included.
    let words: Int
    /// The Euclidean length.
    let norm: Double

    /// Reads a text; words that the index does not know are left out.
    init(_ text: String, _ index: BM25Index) {
        let all = index.terms.known(in: text).sorted()
        var terms: [Int32] = []
        var weights: [Double] = []
        for term in all {
            let weight = Double(index.inverseFrequency[Int(term)])
            if terms.last == term {
                weights[weights.count - 1] += weight
            } else {
                terms.append(term)
                weights.append(weight)
            }
        }
        words = all.count
        norm = weights.reduce(0) { $0 + $1 * $1 }.squareRoot()
        self.terms = terms
        self.weights = weights
    }

    /// The cosine of the angle to another vector; 0 if one is empty.
    func cosine(_ other: TermVector) -> Double {
        guard norm > 0, other.norm > 0 else { return 0 }
        var dot = 0.0
        common(with: other) { dot += weights[$0] * other.weights[$1] }
        return dot / (norm * other.norm)
    }

    /// Calls `body` with the places, here and there, of each word that both have.
    func common(with other: TermVector, _ body: (_ here: Int, _ there: Int) -> Void) {
        var (here, there) = (0, 0)
        while here < terms.count, there < other.terms.count {
            if terms[here] == other.terms[there] { body(here, there) }
            let (a, b) = (terms[here], other.terms[there])
            if a <= b { here += 1 }
            if b <= a { there += 1 }
        }
    }
}
