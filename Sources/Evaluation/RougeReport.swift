import LyceumKit

/// The mean of one ROUGE measure over all pairs, as fractions from 0 to 1.
public struct RougeSummary: Sendable, Hashable {
    /// The measure.
    public let kind: RougeKind
    /// Mean precision.
    public let precision: Double
    /// Mean recall.
    public let recall: Double
    /// Mean F.
    public let fmeasure: Double
    /// The bootstrap interval of the mean precision.
    public let precisionInterval: ClosedRange<Double>
    /// The bootstrap interval of the mean recall.
    public let recallInterval: ClosedRange<Double>
    /// The bootstrap interval of the mean F.
    public let interval: ClosedRange<Double>

    /// { precision, recall, fmeasure, ci (of fmeasure), precision_ci, recall_ci }
    public var value: Value {
        [
            "precision": .number(precision), "recall": .number(recall), "fmeasure": .number(fmeasure),
            "ci": interval.value, "precision_ci": precisionInterval.value,
            "recall_ci": recallInterval.value,
        ]
    }
}

/// ROUGE over a list of pairs.
public struct RougeReport: Sendable {
    /// How it was computed.
    public let options: RougeOptions
    /// One summary a measure, in the order of the options.
    public let summaries: [RougeSummary]
    /// How many pairs there are.
    public let count: Int
    /// The mean length of the predictions, in words between white space.
    public let meanWords: Double
    /// The mean length of the predictions in tokens; nil if nobody counted them.
    public let meanTokens: Double?
    /// How many references the pairs have: the fewest and the most.
    public let referenceCounts: ClosedRange<Int>
    /// Pair after pair, each with one score a measure.
    private let pairScores: [RougeScore]

    /// - Parameter scores: pair after pair, each with one score a measure; at least one pair.
    init(
        scores: [RougeScore], meanWords: Double, meanTokens: Double?, referenceCounts: ClosedRange<Int>,
        options: RougeOptions, job: Job
    ) throws {
        let kinds = options.kinds
        let values = scores.flatMap { [$0.precision, $0.recall, $0.fmeasure] }
        let intervals = try Bootstrap.meanIntervals(
            values, columns: 3 * kinds.count, confidence: options.confidence, resamples: options.resamples,
            seed: options.seed, job: job)
        let count = scores.count / kinds.count
        func mean(_ column: Int) -> Double {
            stride(from: column, to: values.count, by: 3 * kinds.count).reduce(0) { $0 + values[$1] }
                / Double(count)
        }
        summaries = kinds.enumerated().map { i, kind in
            RougeSummary(
                kind: kind, precision: mean(3 * i), recall: mean(3 * i + 1), fmeasure: mean(3 * i + 2),
                precisionInterval: intervals[3 * i], recallInterval: intervals[3 * i + 1],
                interval: intervals[3 * i + 2])
        }
        pairScores = scores
        self.count = count
        self.meanWords = meanWords
        self.meanTokens = meanTokens
        self.referenceCounts = referenceCounts
        self.options = options
    }

    /// The summary of a measure; nil if it was not computed.
    public subscript(kind: RougeKind) -> RougeSummary? { summaries.first { $0.kind == kind } }

    /// The scores of every pair in one measure, in order; empty if it was not computed.
    public func scores(of kind: RougeKind) -> [RougeScore] {
        guard let place = options.kinds.firstIndex(of: kind) else { return [] }
        return stride(from: place, to: pairScores.count, by: options.kinds.count).map { pairScores[$0] }
    }

    /// What a paper must say for the figure to be repeatable: "ROUGE-L|stem:porter|tok:google|refs:1|v:1".
    public func signature(of kind: RougeKind) -> String { kind.title + signatureTail(split: kind == .lsum) }

    /// One signature for all measures: "ROUGE|stem:porter|split:newline|…".
    public var signature: String { "ROUGE" + signatureTail(split: options.kinds.contains(.lsum)) }

    private func signatureTail(split: Bool) -> String {
        let few = referenceCounts.lowerBound
        let many = referenceCounts.upperBound
        return "|stem:\(options.stemmer ? "porter" : "none")"
            + (split ? "|split:\(options.split.rawValue)" : "")
            + "|tok:\(options.tokenizer.rawValue)|refs:\(few == many ? "\(few)" : "\(few)-\(many)")"
            + "|v:\(Rouge.version)"
    }
}

extension RougeReport: Report {
    /// Of each measure F, and as details its precision and recall; mean lengths.
    public var scores: [ReportedScore] {
        var scores = summaries.flatMap { summary -> [ReportedScore] in
            let name = summary.kind.name
            return [
                ReportedScore(name, summary.fmeasure, summary.interval),
                ReportedScore("\(name).precision", summary.precision, summary.precisionInterval),
                ReportedScore("\(name).recall", summary.recall, summary.recallInterval),
            ]
        }
        if let meanTokens { scores.append(ReportedScore("mean_tokens", meanTokens)) }
        scores.append(ReportedScore("mean_words", meanWords))
        return scores
    }

    /// What it is, in a word.
    public var kind: String { "rouge" }

    /// The figures by name.
    public var figures: [String: Value] {
        var figures: [String: Value] = [
            "signature": .string(signature), "count": .integer(count), "mean_words": .number(meanWords),
        ]
        if let meanTokens { figures["mean_tokens"] = .number(meanTokens) }
        for summary in summaries { figures[summary.kind.name] = summary.value }
        return figures
    }

    /// The most important figures in a line.
    public var summary: String {
        summaries.map { "\($0.kind.title) \(TextTable.percent($0.fmeasure))" }.joined(separator: ", ")
    }

    /// The means × 100, with what the figures rest on below them.
    public var table: String {
        let percent = (options.confidence * 100).fixed(0)
        let rows = summaries.map { summary in
            [
                summary.kind.title, TextTable.percent(summary.precision), TextTable.percent(summary.recall),
                TextTable.percent(summary.fmeasure), TextTable.percent(summary.interval),
            ]
        }
        var length = "\(meanWords.fixed(1)) words"
        if let meanTokens { length += ", \(meanTokens.fixed(1)) tokens" }
        return
            (TextTable.lines([["", "precision", "recall", "F", "\(percent) % interval of F"]] + rows)
            + ["\(count) \(count == 1 ? "pair" : "pairs"), \(length) a prediction", signature])
            .joined(separator: "\n")
    }
}
