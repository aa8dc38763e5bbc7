import LyceumKit

/// What a metric of a plugin found: the mean of each figure, with its bootstrap interval.
public struct MetricReport: Sendable {
    /// The id of the metric.
    public let metric: String
    /// One value a text, by the name of the figure.
    public let scores: [(name: String, values: [Double])]
    /// The mean of each figure, in order.
    public let means: [Double]
    /// The interval of each mean, in order.
    public let intervals: [ClosedRange<Double>]

    /// Takes means and intervals.
    ///
    /// - Parameters:
    ///   - metric: its id.
    ///   - scores: what it gave.
    ///   - count: how many texts it was given.
    /// - Throws: `LyceumError.failed` if the metric gave another number of values, or one that is no number;
    ///   `LyceumError.cancelled`.
    public init(
        metric: String, scores: [(name: String, values: [Double])], count: Int, confidence: Double,
        resamples: Int, seed: Int, job: Job
    ) throws {
        for (name, values) in scores {
            guard values.count == count, values.allSatisfy(\.isFinite) else {
                throw LyceumError.failed(
                    "the metric '\(metric)' gave \(values.count) values of '\(name)' for \(count) texts, or one "
                        + "that is no number", remedy: "that is an error of its plugin")
            }
        }
        self.metric = metric
        self.scores = scores
        means = scores.map { $0.values.reduce(0, +) / Double(max(count, 1)) }
        // Row after row, so that a resample draws whole texts.
        let rows = (0..<count).flatMap { row in scores.map { $0.values[row] } }
        intervals =
            scores.isEmpty
            ? []
            : try Bootstrap.meanIntervals(
                rows, columns: scores.count, confidence: confidence, resamples: resamples, seed: seed,
                job: job)
    }
}

extension MetricReport: Report {
    /// The id of the metric.
    public var kind: String { metric }

    /// `{ mean, ci, values }` by the name of the figure.
    public var figures: [String: Value] {
        var figures: [String: Value] = [:]
        for (index, score) in scores.enumerated() {
            figures[score.name] = [
                "mean": .number(means[index]), "ci": intervals[index].value,
                "values": .list(score.values.map(Value.number)),
            ]
        }
        return figures
    }

    /// The means in a line.
    public var summary: String {
        zip(scores, means).map { "\($0.name) \($1.fixed(4))" }.joined(separator: ", ")
    }

    /// Figure, mean, interval: as they are, not × 100, because a plugin's figures need not be shares.
    public var table: String {
        let rows = scores.indices.map { index in
            [
                scores[index].name, means[index].fixed(4),
                "\(intervals[index].lowerBound.fixed(4)) – \(intervals[index].upperBound.fixed(4))",
            ]
        }
        return TextTable.lines([[metric, "mean", "interval"]] + rows).joined(separator: "\n")
    }
}
