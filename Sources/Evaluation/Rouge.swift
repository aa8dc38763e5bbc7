import LyceumKit

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
    /// intervals.
    ///
    /// - Throws: `LyceumError.empty` without predictions, `LyceumError.invalid` if the lists differ in length,
    ///   `LyceumError.unsupported` for texts too long for ROUGE-Lsum, `LyceumError.cancelled`.
    public static func score(
        predictions: [String], references: [String], options: RougeOptions = .standard,
        job: Job = .silent("ROUGE")
    ) throws -> RougeReport {
        guard predictions.count == references.count else {
            throw LyceumError.invalid(
                "ROUGE", expected: "as many predictions as references",
                got: "\(predictions.count) predictions and \(references.count) references", remedy: nil)
        }
        if predictions.isEmpty {
            throw LyceumError.empty("the list of predictions", remedy: "there is nothing to score")
        }
        var scorer = RougeScorer(options)
        var scores: [RougeScore] = []
        scores.reserveCapacity(predictions.count * options.kinds.count)
        var words = 0
        for (i, (prediction, reference)) in zip(predictions, references).enumerated() {
            if i % 256 == 0 {
                try job.checkCancelled()
                job.update(done: i, of: predictions.count, unit: "pairs")
            }
            scores += try scorer.score(prediction: prediction, reference: reference)
            words += Lead.wordCount(prediction)
        }
        let report = try RougeReport(
            scores: scores, meanWords: Double(words) / Double(predictions.count), options: options, job: job)
        job.finish(done: predictions.count, of: predictions.count, unit: "pairs")
        return report
    }
}
