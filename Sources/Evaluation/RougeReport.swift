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
    /// Pair after pair, each with one score a measure.
    private let scores: [RougeScore]

    /// - Parameter scores: pair after pair, each with one score a measure; at least one pair.
    init(scores: [RougeScore], meanWords: Double, options: RougeOptions, job: Job) throws {
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
        self.scores = scores
        self.count = count
        self.meanWords = meanWords
        self.options = options
    }

    /// The summary of a measure; nil if it was not computed.
    public subscript(kind: RougeKind) -> RougeSummary? { summaries.first { $0.kind == kind } }

    /// The scores of every pair in one measure, in order; empty if it was not computed.
    public func scores(of kind: RougeKind) -> [RougeScore] {
        guard let place = options.kinds.firstIndex(of: kind) else { return [] }
        return stride(from: place, to: scores.count, by: options.kinds.count).map { scores[$0] }
    }

    /// What a paper must say for the figure to be repeatable: "ROUGE-L|stem:porter|split:newline|…".
    public func signature(of kind: RougeKind) -> String { kind.title + signatureTail(split: kind == .lsum) }

    private func signatureTail(split: Bool) -> String {
        "|stem:\(options.stemmer ? "porter" : "none")" + (split ? "|split:\(options.split.rawValue)" : "")
            + "|tok:google|refs:1|v:\(Rouge.version)"
    }

    /// A table of the means × 100, with what the figures rest on below it.
    public var table: String {
        let percent = Self.fixed(options.confidence * 100, decimals: 0)
        var rows = [["", "precision", "recall", "F", "\(percent) % interval of F"]]
        func hundredfold(_ value: Double) -> String { Self.fixed(value * 100, decimals: 2) }
        for summary in summaries {
            let interval = summary.interval
            rows.append([
                summary.kind.title, hundredfold(summary.precision), hundredfold(summary.recall),
                hundredfold(summary.fmeasure),
                "\(hundredfold(interval.lowerBound)) – \(hundredfold(interval.upperBound))",
            ])
        }
        let widths = (0..<5).map { column in rows.map { DisplayWidth.of($0[column]) }.max() ?? 0 }
        var lines = rows.map { row in
            zip(row, widths).enumerated().map { i, cell in
                DisplayWidth.fit(cell.0, to: cell.1, toRight: i > 0)
            }.joined(separator: "  ")
        }
        lines.append(
            "\(count) \(count == 1 ? "pair" : "pairs"), \(Self.fixed(meanWords, decimals: 1)) words a prediction"
        )
        lines.append("ROUGE" + signatureTail(split: options.kinds.contains(.lsum)))
        return lines.joined(separator: "\n")
    }

    /// A number with so many decimals, without locale.
    static func fixed(_ value: Double, decimals: Int) -> String {
        let scale = (0..<decimals).reduce(1.0) { scale, _ in scale * 10 }
        guard let scaled = Int(exactly: (value * scale).rounded(.toNearestOrAwayFromZero)) else {
            return String(value)
        }
        let digits = String(scaled.magnitude)
        let padded = String(repeating: "0", count: max(0, decimals + 1 - digits.count)) + digits
        let text = decimals == 0 ? padded : "\(padded.dropLast(decimals)).\(padded.suffix(decimals))"
        return scaled < 0 ? "-" + text : text
    }
}
