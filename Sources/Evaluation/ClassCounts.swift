/// What all classification figures rest on: for each class how often it is true, predicted, and both.
struct ClassCounts {
    private var truths: [Int]
    private var guesses: [Int]
    private var hits: [Int]
    private var count = 0

    init(labels: Int) {
        truths = [Int](repeating: 0, count: labels)
        guesses = truths
        hits = truths
    }

    /// - Parameters:
    ///   - truth: the true classes by number.
    ///   - guess: the predicted ones.
    init(_ truth: [Int], _ guess: [Int], labels: Int) {
        self.init(labels: labels)
        for (t, g) in zip(truth, guess) { add(t, g) }
    }

    mutating func add(_ truth: Int, _ guess: Int) {
        truths[truth] += 1
        guesses[guess] += 1
        if truth == guess { hits[truth] += 1 }
        count += 1
    }

    var accuracy: Double { Double(hits.reduce(0, +)) / Double(count) }

    /// 1 - disagreement / disagreement expected by chance.
    var kappa: Double {
        let total = Double(count)
        let expected = zip(truths, guesses).reduce(0.0) { $0 + Double($1.0) * Double($1.1) } / total
        return 1 - (total - Double(hits.reduce(0, +))) / (total - expected)
    }

    var classes: [ClassScore] { truths.indices.map(score) }

    /// The mean over the classes that occur.
    var macro: ClassScore {
        let occurring = truths.indices.filter { truths[$0] + guesses[$0] > 0 }
        return average(occurring) { _ in 1 / Double(occurring.count) }
    }

    /// The mean over classes, weighted by how often each is true.
    var weighted: ClassScore { average(Array(truths.indices)) { Double(truths[$0]) / Double(count) } }

    /// The figures that have intervals, by name.
    var averages: [(String, Double)] {
        let (macro, weighted) = (macro, weighted)
        return [
            ("accuracy", accuracy), ("kappa", kappa), ("macro_precision", macro.precision),
            ("macro_recall", macro.recall), ("macro_f1", macro.f1),
            ("weighted_precision", weighted.precision), ("weighted_recall", weighted.recall),
            ("weighted_f1", weighted.f1),
        ]
    }

    private func score(_ label: Int) -> ClassScore {
        func ratio(_ part: Int, _ whole: Int) -> Double { whole == 0 ? 0 : Double(part) / Double(whole) }
        return ClassScore(
            precision: ratio(hits[label], guesses[label]), recall: ratio(hits[label], truths[label]),
            f1: ratio(2 * hits[label], truths[label] + guesses[label]))
    }

    private func average(_ labels: [Int], _ weight: (Int) -> Double) -> ClassScore {
        var (precision, recall, f1) = (0.0, 0.0, 0.0)
        for label in labels {
            let score = score(label)
            let weight = weight(label)
            precision += weight * score.precision
            recall += weight * score.recall
            f1 += weight * score.f1
        }
        return ClassScore(precision: precision, recall: recall, f1: f1)
    }
}
