import LyceumKit
import LyceumText
import Synchronization

/// ROUGE, equal to Google's rouge_score 0.1.2.
///
/// Source: Lin, "ROUGE: a package for automatic evaluation of summaries" (2004).
public enum Rouge {
    /// Raised when the same texts would get other scores; part of every signature.
    public static let version = "1"

    /// The scores of one prediction.
    ///
    /// - Throws: `LyceumError.unsupported` for texts too long for ROUGE-Lsum.
    public static func score(
        prediction: String, reference: String, options: RougeOptions = .standard
    ) throws -> [RougeKind: RougeScore] {
        var scorer = RougeScorer(options)
        let scores = try scorer.score(prediction: prediction, reference: reference)
        return Dictionary(zip(options.kinds, scores), uniquingKeysWith: { first, _ in first })
    }

    /// The scores of each prediction against the reference of the same place, their means, and the means'
    /// intervals. See below.
    public static func score(
        predictions: [String], references: [String], options: RougeOptions = .standard,
        countTokens: ((String) throws -> Int)? = nil, job: Job = .silent("ROUGE")
    ) throws -> RougeReport {
        try score(
            predictions: predictions, multipleReferences: references.map { [$0] }, options: options,
            countTokens: countTokens, job: job)
    }

    /// The scores of each prediction against the references of the same place, their means, and the means'
    /// intervals; computed on all cores. In each measure the reference counts that gives the largest F.
    ///
    /// - Parameters:
    ///   - predictions: the generated texts.
    ///   - multipleReferences: for each at least one human text.
    ///   - options: the measures and how they are computed.
    ///   - countTokens: counts the tokens of a prediction, for the mean length; called one after the other.
    ///   - isShared: whether all ranks score these texts, each its share.
    ///   - job: progress and cancellation.
    /// - Throws: `LyceumError.empty` without predictions, `LyceumError.invalid` if the lists differ in length
    ///   or a prediction has no reference, `LyceumError.unsupported` for texts too long for ROUGE-Lsum,
    ///   `LyceumError.cancelled`, what `countTokens` throws.
    public static func score(
        predictions: [String], multipleReferences references: [[String]],
        options: RougeOptions = .standard, countTokens: ((String) throws -> Int)? = nil,
        isShared: Bool = false, job: Job = .silent("ROUGE")
    ) throws -> RougeReport {
        let referenceCounts = try check(predictions, references)
        func pairScores(_ rows: Range<Int>) throws -> [RougeScore] {
            try Self.pairScores(of: rows, predictions, references, options, job)
        }
        let scores =
            try isShared
            ? Ranks.numbers(rows: predictions.count) { rows in
                try pairScores(rows).flatMap { [$0.precision, $0.recall, $0.fmeasure] }
            }.scores : pairScores(predictions.indices)
        let words = predictions.reduce(0) { $0 + Words.count($1) }
        let tokens = try countTokens.map { count in
            try predictions.reduce(0) { sum, text in
                try job.checkCancelled()
                return sum + (try count(text))
            }
        }
        let report = try RougeReport(
            scores: scores, meanWords: Double(words) / Double(predictions.count),
            meanTokens: tokens.map { Double($0) / Double(predictions.count) },
            referenceCounts: referenceCounts, options: options, job: job)
        job.finish(done: predictions.count, of: predictions.count, unit: "pairs")
        return report
    }

    /// The scores of some pairs, pair after pair, computed on all cores.
    private static func pairScores(
        of rows: Range<Int>, _ predictions: [String], _ references: [[String]], _ options: RougeOptions,
        _ job: Job
    ) throws -> [RougeScore] {
        let done = Atomic<Int>(0)
        let total = rows.count
        // A scorer knows the stems of the words it has seen: few of them serve all pieces.
        let scorers = Mutex<[RougeScorer]>([])
        return try Parallel.map(rows.pieces(of: 64), job: job) { rows in
            var scorer = scorers.withLock { $0.popLast() } ?? RougeScorer(options, job: job)
            defer { scorers.withLock { $0.append(scorer) } }
            var scores: [RougeScore] = []
            for row in rows {
                try job.checkCancelled()
                scores += try scorer.score(prediction: predictions[row], references: references[row])
            }
            let now = done.add(rows.count, ordering: .relaxed).newValue
            job.update(done: now, of: total, unit: "pairs")
            return scores
        }.flatMap(\.self)
    }

    /// Checks the lists; gives the fewest and the most references.
    private static func check(_ predictions: [String], _ references: [[String]]) throws -> ClosedRange<Int> {
        guard predictions.count == references.count else {
            throw LyceumError.invalid(
                "ROUGE", expected: "as many predictions as references",
                got: "\(predictions.count) predictions and \(references.count) references", remedy: nil)
        }
        let counts = references.map(\.count)
        guard let fewest = counts.min(), let most = counts.max() else {
            throw LyceumError.empty("the list of predictions", remedy: "there is nothing to score")
        }
        if let row = counts.firstIndex(of: 0) {
            throw LyceumError.invalid(
                "ROUGE, row \(row + 1)", expected: "at least one reference", got: "none",
                remedy: "drop such rows with :filter")
        }
        return fewest...most
    }
}

extension [Double] {
    /// Scores whose numbers these are: precision, recall and F, one after the other.
    fileprivate var scores: [RougeScore] {
        stride(from: 0, to: count - 2, by: 3).map {
            RougeScore(precision: self[$0], recall: self[$0 + 1], fmeasure: self[$0 + 2])
        }
    }
}

extension Range<Int> {
    /// Cut into pieces of a size; the last may be shorter.
    func pieces(of size: Int) -> [Range<Int>] {
        stride(from: lowerBound, to: upperBound, by: size).map { $0..<Swift.min($0 + size, upperBound) }
    }
}
