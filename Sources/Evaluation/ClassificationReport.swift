import LyceumKit

/// Precision, recall and F1 of one class, or their average over classes, as fractions from 0 to 1.
public struct ClassScore: Sendable, Hashable {
    /// The share of what was predicted to be of the class that is of it; 0 if nothing was.
    public let precision: Double
    /// The share of what is of the class that was predicted to be; 0 if nothing is.
    public let recall: Double
    /// The harmonic mean of both.
    public let f1: Double

    /// { precision, recall, f1 }
    var value: [String: Value] {
        ["precision": .number(precision), "recall": .number(recall), "f1": .number(f1)]
    }
}

/// How often predicted classes are right; equal to scikit-learn's figures, undefined ratios counted as 0.
public struct ClassificationReport: Sendable {
    /// Every class that occurs, sorted by its Unicode scalars.
    public let labels: [String]
    /// How many rows are truly of each class, in the order of `labels`.
    public let support: [Int]
    /// Row: the true class; column: the predicted one; in the order of `labels`. Nil with more than
    /// `mostConfused` classes: its size is the square of their number.
    public let confusion: [[Int]]?
    /// The most classes that get a confusion matrix.
    public static let mostConfused = 1000
    /// How many rows there are.
    public let count: Int
    /// The share of rows that are right.
    public let accuracy: Double
    /// Cohen's kappa; NaN where chance alone explains everything (one class in all).
    public let kappa: Double
    /// The mean over classes.
    public let macro: ClassScore
    /// Over all rows: with one class a row, all three are the accuracy.
    public let micro: ClassScore
    /// The mean over classes, weighted by how often each is true.
    public let weighted: ClassScore
    /// Each class's own, in the order of `labels`.
    public let classes: [ClassScore]
    /// Bootstrap intervals by name: "accuracy", "kappa", "macro_f1", "weighted_precision", …
    public let intervals: [String: ClosedRange<Double>]
    private let confidence: Double

    /// Scores predicted classes.
    ///
    /// - Parameters:
    ///   - predictions: the predicted classes.
    ///   - references: the true ones, row by row.
    ///   - confidence: the share that an interval holds, between 0 and 1.
    ///   - resamples: how many bootstrap samples of rows to draw, from 1 to 1,000,000.
    ///   - seed: decides the samples.
    ///   - job: cancellation.
    /// - Throws: `LyceumError.invalid` if the lists differ in length or a parameter is out of range,
    ///   `LyceumError.empty`, `LyceumError.cancelled`.
    public init(
        predictions: [String], references: [String], confidence: Double = 0.95, resamples: Int = 1000,
        seed: Int = 0, job: Job = .silent("classification")
    ) throws {
        guard predictions.count == references.count, (1...1_000_000).contains(resamples), confidence > 0,
            confidence < 1
        else {
            throw LyceumError.invalid(
                "classification",
                expected:
                    "as many predictions as references, 1 to 1000000 resamples, a confidence between 0 and 1",
                got:
                    "\(predictions.count) predictions, \(references.count) references, \(resamples), \(confidence)",
                remedy: nil)
        }
        if predictions.isEmpty {
            throw LyceumError.empty("the list of predictions", remedy: "there is nothing to score")
        }
        // Swift compares strings by canonical equivalence; labels are equal if their bytes are.
        let order = Set((predictions + references).map { Array($0.utf8) })
            .sorted { $0.lexicographicallyPrecedes($1) }
        let places = Dictionary(order.enumerated().map { ($1, $0) }, uniquingKeysWith: { a, _ in a })
        func numbers(_ labels: [String]) -> [Int] { labels.map { places[Array($0.utf8)] ?? 0 } }
        let truth = numbers(references)
        let guess = numbers(predictions)

        labels = order.map { String(decoding: $0, as: UTF8.self) }
        support = truth.reduce(into: [Int](repeating: 0, count: order.count)) { $0[$1] += 1 }
        if order.count <= Self.mostConfused {
            var table = [[Int]](repeating: [Int](repeating: 0, count: order.count), count: order.count)
            for (t, g) in zip(truth, guess) { table[t][g] += 1 }
            confusion = table
        } else {
            confusion = nil
        }
        count = truth.count
        let counts = ClassCounts(truth, guess, labels: order.count)
        accuracy = counts.accuracy
        kappa = counts.kappa
        classes = counts.classes
        macro = counts.macro
        weighted = counts.weighted
        micro = ClassScore(precision: accuracy, recall: accuracy, f1: accuracy)
        self.confidence = confidence
        intervals = try Self.intervals(
            truth, guess, labels: order.count, confidence: confidence, resamples: resamples, seed: seed,
            job: job)
    }

    private static func intervals(
        _ truth: [Int], _ guess: [Int], labels: Int, confidence: Double, resamples: Int, seed: Int, job: Job
    ) throws -> [String: ClosedRange<Double>] {
        var generator = SeededGenerator(seed: seed)
        var samples: [String: [Double]] = [:]
        for _ in 0..<resamples {
            try job.checkCancelled()
            var counts = ClassCounts(labels: labels)
            for _ in truth.indices {
                let row = generator.index(below: truth.count)
                counts.add(truth[row], guess[row])
            }
            for (name, value) in counts.averages where !value.isNaN {
                samples[name, default: []].append(value)
            }
        }
        let tail = (1 - confidence) / 2
        return samples.mapValues { values in
            let sorted = values.sorted()
            let low = Bootstrap.quantile(tail, ofSorted: sorted)
            return low...max(low, Bootstrap.quantile(1 - tail, ofSorted: sorted))
        }
    }
}

extension ClassificationReport: Report {
    /// Accuracy, the averages of F1, and kappa.
    public var scores: [ReportedScore] {
        [
            ("accuracy", accuracy), ("macro_f1", macro.f1), ("weighted_f1", weighted.f1), ("kappa", kappa),
        ].map { ReportedScore($0.0, $0.1, intervals[$0.0]) }
    }

    /// What it is, in a word.
    public var kind: String { "classification" }

    /// The figures by name.
    public var figures: [String: Value] {
        func list(_ name: String, _ score: ClassScore) -> Value {
            var fields = score.value
            for part in ["precision", "recall", "f1"] {
                if let interval = intervals["\(name)_\(part)"] { fields["\(part)_ci"] = interval.value }
            }
            return .object(fields)
        }
        let classes = zip(labels, zip(classes, support)).map { label, found -> (String, Value) in
            (label, .object(found.0.value.merging(["support": .integer(found.1)]) { a, _ in a }))
        }
        var figures: [String: Value] = [
            "accuracy": .number(accuracy), "kappa": .number(kappa), "count": .integer(count),
            "labels": .list(labels.map(Value.string)),
            "macro": list("macro", macro), "micro": .object(micro.value),
            "weighted": list("weighted", weighted),
            "classes": .object(Dictionary(classes, uniquingKeysWith: { first, _ in first })),
        ]
        if let confusion { figures["confusion"] = .list(confusion.map { .list($0.map(Value.integer)) }) }
        for name in ["accuracy", "kappa"] {
            if let interval = intervals[name] { figures["\(name)_ci"] = interval.value }
        }
        return figures
    }

    /// The most important figures in a line.
    public var summary: String {
        "accuracy \(TextTable.percent(accuracy)), macro F1 \(TextTable.percent(macro.f1))"
    }

    /// Averages with intervals, then each class, then the confusion matrix if it is small enough to read.
    public var table: String {
        let percent = (confidence * 100).fixed(0)
        func interval(_ name: String) -> String { intervals[name].map(TextTable.percent) ?? "" }
        func cells(_ score: ClassScore) -> [String] {
            [score.precision, score.recall, score.f1].map(TextTable.percent)
        }
        var rows = [
            ["", "precision", "recall", "F1", "\(percent) % interval of F1", "rows"],
            ["macro"] + cells(macro) + [interval("macro_f1"), "\(count)"],
            ["weighted"] + cells(weighted) + [interval("weighted_f1"), "\(count)"],
        ]
        let most = 20
        for (i, label) in labels.enumerated().prefix(most) {
            rows.append(
                [DisplayWidth.oneLine(label, limit: 30)] + cells(classes[i])
                    + ["", "\(support[i])"])
        }
        var lines = [
            "accuracy \(TextTable.percent(accuracy)) (\(interval("accuracy"))), "
                + "Cohen's kappa \(kappa.fixed(4))"
        ]
        lines += TextTable.lines(rows)
        if labels.count > most { lines.append("… \(labels.count - most) more classes") }
        if labels.count <= 12, let confusion {
            let header = ["true \\ predicted"] + labels.map { DisplayWidth.oneLine($0, limit: 12) }
            lines.append("")
            lines += TextTable.lines(
                [header]
                    + zip(labels, confusion).map {
                        [DisplayWidth.oneLine($0, limit: 30)] + $1.map(String.init)
                    })
        }
        return lines.joined(separator: "\n")
    }
}
