import LyceumKit

/// What a metric found about some texts: a report for a person, and the values from which tests are computed.
public struct Score: Sendable {
    /// The id of the metric.
    public let metric: String
    /// How it was computed; scores of one signature compare.
    public let signature: String
    /// How many texts were scored.
    public let count: Int
    /// The figures that are means over the texts.
    public let figures: [MetricFigure]
    /// The figures of all texts together.
    public let corpusFigures: [CorpusFigure]
    /// What a person sees.
    public let report: any Report
    /// The one number that people quote, on the scale of the metric's reference implementation.
    public var value: Double? {
        quoted ?? figures.first.map { $0.values.reduce(0, +) / Double(max(count, 1)) }
    }
    private let quoted: Double?

    /// Scores texts.
    ///
    /// - Throws: what the metric throws; `LyceumError.invalid` if predictions and references do not pair up,
    ///   `LyceumError.failed` if the metric gave another number of values than there are texts, one that is not a
    ///   number, no figure at all, or one name twice.
    public init(_ metric: Metric, of input: MetricInput) throws {
        let count = input.predictions.count
        guard input.references.count == count, count > 0 else {
            throw LyceumError.invalid(
                "metrics.\(metric.id)", expected: "as many references as predictions, at least one each",
                got: "\(count) predictions, \(input.references.count) references", remedy: nil)
        }
        let result = try metric.evaluate(input)
        try Self.check(result, of: metric.id, count: count)
        self.metric = metric.id
        let stated = result.signature ?? Self.signature(metric.id, input.options, metric.options)
        // Figures of all texts are counted again from what the lab keeps: it must know the options.
        signature =
            result.signature == nil || result.corpusFigures.isEmpty
            ? stated : Self.completed(stated, input.options, metric.options)
        self.count = count
        figures = result.figures
        corpusFigures = result.corpusFigures
        report =
            try result.report
            ?? MetricReport(
                metric: metric.id, result, signature: stated, resampling: input.resampling, job: input.job)
        quoted = result.score
    }

    private static func check(_ result: MetricResult, of metric: String, count: Int) throws {
        func blame(_ problem: String) -> LyceumError {
            .failed("the metric '\(metric)' \(problem)", remedy: "that is an error of its plugin")
        }
        let names = result.figures.map(\.name) + result.corpusFigures.map(\.name)
        if names.isEmpty { throw blame("gave no figures") }
        if let twice = names.first(where: { name in names.count { $0 == name } > 1 }) {
            throw blame("gave '\(twice)' twice")
        }
        for figure in result.figures {
            guard figure.values.count == count else {
                throw blame("gave \(figure.values.count) values of '\(figure.name)' for \(count) texts")
            }
            if let row = figure.values.firstIndex(where: { !$0.isFinite }) {
                throw blame("gave \(figure.values[row]) as '\(figure.name)' of text \(row + 1)")
            }
        }
        for figure in result.corpusFigures where figure.count != count {
            throw blame("gave counts of '\(figure.name)' for \(figure.count) of \(count) texts")
        }
    }

    /// The id, and the options that decide the figures.
    private static func signature(_ id: String, _ options: Options, _ declared: [OptionDeclaration]) -> String
    {
        let names = Set(declared.map(\.name))
        let own = options.values.filter { names.contains($0.key) }
        if own.isEmpty { return id }
        return "\(id) \(JSON.encode(.object(own)))"
    }

    /// A signature of the metric's own with the options that are not at their defaults.
    private static func completed(
        _ signature: String, _ options: Options, _ declared: [OptionDeclaration]
    ) -> String {
        let defaults = Dictionary(
            declared.map { ($0.name, $0.defaultValue) }, uniquingKeysWith: { first, _ in first })
        let own = options.values.filter { defaults[$0.key] != nil && defaults[$0.key] != .some($0.value) }
        return own.isEmpty ? signature : "\(signature) \(JSON.encode(.object(own)))"
    }

    /// The options that a signature was made of; nil for one that says no options.
    public static func options(ofSignature signature: String) -> [String: Value]? {
        // Behind the options may stand the build of the plugin.
        guard let start = signature.firstIndex(of: "{"), let end = signature.lastIndex(of: "}"), start < end
        else { return nil }
        return (try? JSON.decode(String(signature[start...end]), name: "signature"))?.object
    }

    /// Row by row, the figures by name.
    public var rows: [[String: Double]] {
        (0..<count).map { row in
            Dictionary(figures.map { ($0.name, $0.values[row]) }, uniquingKeysWith: { first, _ in first })
        }
    }
}
