/// A way to score texts: `metrics.<id>(data, …)`.
///
/// It gives a value for each text. From these come the means and their bootstrap intervals, the record in the lab,
/// paired tests (`metrics.compare`, `runs.compare`), curves of training (`metric_for_best_model`) and a place in the
/// report, whoever wrote the metric: Lyceum's own are made of this type, too.
public struct Metric {
    /// The name users type; lower case.
    public let id: String
    /// One line for `metrics.list()`.
    public let summary: String
    /// Its own options. One of kind `.object("function")` is called as `MetricInput.functions` says.
    public let options: [OptionDeclaration]
    /// Whether a larger value is a better one; a figure may say otherwise for itself.
    public let largerIsBetter: Bool
    /// Whether texts are scored against others; a metric of length or repetition looks at the texts alone.
    public let needsReferences: Bool
    /// Scores texts.
    public let evaluate: (MetricInput) throws -> MetricResult

    /// Describes a metric that gives a value for each text.
    ///
    /// - Parameters:
    ///   - id: the name in `metrics` and in help.
    ///   - summary: one line for help.
    ///   - options: what a call may say.
    ///   - largerIsBetter: false for an error rate or a distance.
    ///   - score: scores each prediction against its references (at least one each): a value for each text, in order,
    ///     by the name of the figure. Throws `LyceumError.cancelled` when the job is cancelled.
    public init(
        id: String, summary: String, options: [OptionDeclaration] = [], largerIsBetter: Bool = true,
        score:
            @escaping (_ predictions: [String], _ references: [[String]], _ options: Options, _ job: Job)
            throws -> [(name: String, values: [Double])]
    ) {
        self.init(id: id, summary: summary, options: options, largerIsBetter: largerIsBetter) { input in
            let scores = try score(input.predictions, input.references, input.options, input.job)
            return MetricResult(
                figures: scores.map {
                    MetricFigure($0.name, $0.values, largerIsBetter: largerIsBetter)
                })
        }
    }

    /// Describes a metric that also has figures which are not means of the texts' own (macro F1, a corpus BLEU), or a
    /// table of its own.
    ///
    /// - Parameters:
    ///   - id: the name in `metrics` and in help.
    ///   - summary: one line for help.
    ///   - options: what a call may say.
    ///   - largerIsBetter: false for an error rate or a distance.
    ///   - needsReferences: false for a metric that looks at the texts alone; its `references` are empty lists.
    ///   - evaluate: computes the figures.
    public init(
        id: String, summary: String, options: [OptionDeclaration] = [], largerIsBetter: Bool = true,
        needsReferences: Bool = true, evaluate: @escaping (MetricInput) throws -> MetricResult
    ) {
        self.needsReferences = needsReferences
        self.id = id
        self.summary = summary
        self.options = options
        self.largerIsBetter = largerIsBetter
        self.evaluate = evaluate
    }
}

extension Metric {
    /// Scores texts: a value for each, in order, by the name of the figure.
    public func score(
        _ predictions: [String], _ references: [[String]], _ options: Options, _ job: Job
    ) throws -> [(name: String, values: [Double])] {
        try evaluate(
            MetricInput(predictions: predictions, references: references, options: options, job: job)
        ).figures.map { ($0.name, $0.values) }
    }
}

/// What a metric scores.
public struct MetricInput {
    /// What was written.
    public let predictions: [String]
    /// What it is scored against: of each prediction one or more.
    public let references: [[String]]
    /// The metric's own options, checked.
    public let options: Options
    /// Functions of the user's, by the name of the option: a text in, a number out.
    public let functions: [String: (String) throws -> Int]
    /// Students of the user's, by the name of the option (of kind `.object("student")`).
    public let students: [String: any Student]
    /// How intervals are drawn, for a metric that brings its own table.
    public let resampling: Resampling
    /// Whether all ranks score these texts at once: then `numbers` computes this rank's share.
    public let isShared: Bool
    /// Progress and cancellation.
    public let job: Job

    /// Describes what is scored.
    public init(
        predictions: [String], references: [[String]], options: Options,
        functions: [String: (String) throws -> Int] = [:], students: [String: any Student] = [:],
        resampling: Resampling = Resampling(), isShared: Bool = false, job: Job
    ) {
        self.isShared = isShared
        self.students = students
        self.predictions = predictions
        self.references = references
        self.options = options
        self.functions = functions
        self.resampling = resampling
        self.job = job
    }

    /// Numbers for each text, in order; of several ranks each computes its share, and all get all.
    ///
    /// - Parameter body: gives the numbers of some texts, as many for each.
    public func numbers(_ body: (Range<Int>) throws -> [Double]) throws -> [Double] {
        isShared ? try Ranks.numbers(rows: predictions.count, body) : try body(predictions.indices)
    }
}

/// How intervals and tests draw their samples.
public struct Resampling: Sendable, Hashable {
    /// The share that an interval holds, between 0 and 1.
    public var confidence: Double
    /// How many samples are drawn.
    public var resamples: Int
    /// Decides the samples.
    public var seed: Int

    /// Describes it; every parameter has the default of `metrics`.
    public init(confidence: Double = 0.95, resamples: Int = 1000, seed: Int = 0) {
        self.confidence = confidence
        self.resamples = resamples
        self.seed = seed
    }
}

/// What a metric found.
public struct MetricResult {
    /// The figures that are means over the texts.
    public var figures: [MetricFigure]
    /// The figures of all texts together.
    public var corpusFigures: [CorpusFigure]
    /// What has to be said for the figures to be repeatable; nil takes the metric's id and options.
    public var signature: String?
    /// The metric's own table; nil shows means and intervals.
    public var report: (any Report)?
    /// The one number that people quote, on the scale of the metric's reference implementation (BLEU: 0 to 100); nil
    /// takes the value of the first figure.
    public var score: Double?

    /// Describes what was found.
    public init(
        figures: [MetricFigure], corpusFigures: [CorpusFigure] = [], signature: String? = nil,
        report: (any Report)? = nil, score: Double? = nil
    ) {
        self.score = score
        self.figures = figures
        self.corpusFigures = corpusFigures
        self.signature = signature
        self.report = report
    }
}

/// A figure with a value for each text.
public struct MetricFigure: Sendable {
    /// Its name: "rouge1".
    public let name: String
    /// What tables call it.
    public let title: String
    /// One value for each text, in order.
    public let values: [Double]
    /// Whether a larger value is a better one.
    public let largerIsBetter: Bool
    /// Whether values are shares from 0 to 1, which tables show × 100.
    public let isShare: Bool

    /// Names a figure.
    public init(
        _ name: String, title: String? = nil, _ values: [Double], largerIsBetter: Bool = true,
        isShare: Bool = false
    ) {
        self.name = name
        self.title = title ?? name
        self.values = values
        self.largerIsBetter = largerIsBetter
        self.isShare = isShare
    }
}

/// A figure of many texts that is not the mean of theirs, computed from counts that add up over the texts: macro F1,
/// a corpus BLEU.
///
/// Because counts add up, intervals and paired tests can be drawn by resampling texts.
public struct CorpusFigure: Sendable {
    /// Its name: "macro_f1".
    public let name: String
    /// What tables call it.
    public let title: String
    /// The counts of each text, by name; those that are missing are 0.
    public var counts: [[String: Double]] {
        guard let table else { return named }
        let width = max(table.columns.count, 1)
        return (0..<count).map { row in
            Dictionary(
                zip(table.columns, table.rows[(row * width)..<((row + 1) * width)]),
                uniquingKeysWith: { first, _ in first })
        }
    }
    /// How many texts it counts.
    public let count: Int
    /// The figure, of the sum of the counts of some texts.
    public let value: @Sendable (_ sum: [String: Double]) -> Double
    /// The counts as a table, where every text has all of them.
    public let table: Table?
    private let named: [[String: Double]]

    /// Counts of which every text has all.
    public struct Table: Sendable {
        /// What is counted.
        public let columns: [String]
        /// Text after text, a number for each column.
        public let rows: [Double]
        /// The figure, of the sum of the counts of some texts, in the order of the columns.
        public let value: @Sendable (_ sum: [Double]) -> Double
    }
    /// Whether a larger value is a better one.
    public let largerIsBetter: Bool
    /// Whether the value is a share from 0 to 1, which tables show × 100.
    public let isShare: Bool

    /// Names a figure.
    public init(
        _ name: String, title: String? = nil, counts: [[String: Double]], largerIsBetter: Bool = true,
        isShare: Bool = false, value: @escaping @Sendable (_ sum: [String: Double]) -> Double
    ) {
        self.name = name
        self.title = title ?? name
        named = counts
        count = counts.count
        table = nil
        self.value = value
        self.largerIsBetter = largerIsBetter
        self.isShare = isShare
    }

    /// Names a figure of a table of counts, which takes less time and memory than counts by name.
    ///
    /// - Parameters:
    ///   - name: of the figure: "bleu".
    ///   - title: what tables call it; the name if nil.
    ///   - columns: what is counted.
    ///   - rows: text after text, a number for each column; an incomplete row at the end does not count.
    ///   - largerIsBetter: false for an error rate or a distance.
    ///   - isShare: whether it is a fraction, which tables show times 100.
    ///   - value: the figure of the sums of all counts.
    public init(
        _ name: String, title: String? = nil, columns: [String], rows: [Double], largerIsBetter: Bool = true,
        isShare: Bool = false, value: @escaping @Sendable (_ sum: [Double]) -> Double
    ) {
        self.name = name
        self.title = title ?? name
        named = []
        count = rows.count / max(columns.count, 1)
        table = Table(columns: columns, rows: rows, value: value)
        self.value = { sum in value(columns.map { sum[$0] ?? 0 }) }
        self.largerIsBetter = largerIsBetter
        self.isShare = isShare
    }
}

/// What an evaluation found: figures for a program, a table for a person.
public protocol Report: Sendable {
    /// What it is, in a word: "rouge".
    var kind: String { get }
    /// The figures by name. Shares and scores are fractions from 0 to 1.
    var figures: [String: Value] { get }
    /// The most important figures in a line.
    var summary: String { get }
    /// All that matters as lines of text.
    var table: String { get }
    /// The figures that the lab keeps, in order; those with a dot in their name are details, which tables leave out.
    var scores: [ReportedScore] { get }
}

extension Report {
    /// None.
    public var scores: [ReportedScore] { [] }
}

/// A figure as the lab keeps it.
public struct ReportedScore: Sendable, Equatable {
    /// Its name: "rouge1", "rouge1.recall".
    public let name: String
    /// Its value.
    public let value: Double
    /// Its confidence interval, if it has one.
    public let interval: ClosedRange<Double>?

    /// Names a figure.
    public init(_ name: String, _ value: Double, _ interval: ClosedRange<Double>? = nil) {
        self.name = name
        self.value = value
        self.interval = interval
    }
}
