import LyceumKit

/// What a metric without a table of its own found: each figure with its bootstrap interval.
public struct MetricReport: Sendable {
    /// One figure in numbers.
    private struct Line {
        let name: String
        let title: String
        let value: Double
        let interval: ClosedRange<Double>?
        let isShare: Bool
        /// One for each text; nil for a figure of all texts together.
        let values: [Double]?
    }

    /// The id of the metric.
    public let metric: String
    /// How many texts were scored.
    public let count: Int
    private let signature: String
    private let lines: [Line]
    private let confidence: Double
    private let score: Double?

    /// Takes means and intervals.
    ///
    /// - Parameters:
    ///   - metric: its id.
    ///   - result: what it gave, checked: a value for each text.
    /// - Throws: `LyceumError.invalid` for parameters out of range, `LyceumError.cancelled`.
    init(
        metric: String, _ result: MetricResult, signature: String, resampling: Resampling, job: Job
    ) throws {
        self.metric = metric
        self.signature = signature
        confidence = resampling.confidence
        let figures = result.figures
        let count = figures.first?.values.count ?? result.corpusFigures.first?.count ?? 0
        self.count = count
        // Row after row, so that a resample draws whole texts.
        let rows = (0..<count).flatMap { row in figures.map { $0.values[row] } }
        let intervals =
            figures.isEmpty
            ? []
            : try Bootstrap.meanIntervals(
                rows, columns: figures.count, confidence: resampling.confidence,
                resamples: resampling.resamples, seed: resampling.seed, job: job)
        let means = zip(figures, intervals).map { figure, interval in
            Line(
                name: figure.name, title: figure.title,
                value: figure.values.reduce(0, +) / Double(max(count, 1)), interval: interval,
                isShare: figure.isShare, values: figure.values)
        }
        let others = try result.corpusFigures.map { figure in
            let sums = CorpusSums(figure)
            return Line(
                name: figure.name, title: figure.title, value: sums.total,
                interval: try sums.interval(resampling, job: job), isShare: figure.isShare, values: nil)
        }
        // What people quote stands first: a figure of all texts, where the metric has one of its own name.
        let main = others.filter { $0.name == metric }
        lines = main + means + others.filter { $0.name != metric }
        score = result.score ?? lines.first?.value
    }
}

extension MetricReport: Report {
    /// The id of the metric.
    public var kind: String { metric }

    /// `{ mean, ci, values }` by the name of a figure that is a mean, `{ value, ci }` of another; `score`, the number that
    /// people quote, and `values`, one for each text; `signature`, `count`.
    public var figures: [String: Value] {
        var figures: [String: Value] = ["signature": .string(signature), "count": .integer(count)]
        figures["score"] = score.map(Value.number)
        figures["values"] = lines.lazy.compactMap(\.values).first.map { .list($0.map(Value.number)) }
        for line in lines {
            var fields: [String: Value] = [(line.values == nil ? "value" : "mean"): .number(line.value)]
            fields["ci"] = line.interval?.value
            fields["values"] = line.values.map { .list($0.map(Value.number)) }
            figures[line.name] = .object(fields)
        }
        return figures
    }

    /// The figures in a line.
    public var summary: String {
        lines.map { "\($0.title) \(Self.shown($0.value, $0.isShare))" }.joined(separator: ", ")
    }

    /// Figure, value, interval.
    public var table: String {
        let percent = (confidence * 100).fixed(0)
        let rows = lines.map { line in
            [
                line.title, Self.shown(line.value, line.isShare),
                line.interval.map {
                    "\(Self.shown($0.lowerBound, line.isShare)) – \(Self.shown($0.upperBound, line.isShare))"
                } ?? "",
            ]
        }
        return
            (TextTable.lines([[metric, "mean", "\(percent) % interval"]] + rows) + [
                "\(count) texts", signature,
            ]).joined(separator: "\n")
    }

    /// The figures with their intervals.
    public var scores: [ReportedScore] { lines.map { ReportedScore($0.name, $0.value, $0.interval) } }

    private static func shown(_ value: Double, _ isShare: Bool) -> String {
        isShare ? TextTable.percent(value) : value.fixed(4)
    }
}
