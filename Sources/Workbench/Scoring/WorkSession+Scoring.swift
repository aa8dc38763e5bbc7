import Corpus
import Evaluation
import Lab
import LyceumKit

/// Where scored texts come from, and which run their scores belong to.
public struct ScoreOrigin {
    /// The dataset that holds the predictions; nil if lists were scored.
    public var data: Dataset?
    /// Its column of predictions.
    public var column: String
    /// The run that the user named; nil takes the one that made the predictions.
    public var run: Int?

    /// Describes it.
    public init(data: Dataset? = nil, column: String = "prediction", run: Int? = nil) {
        self.data = data
        self.column = column
        self.run = run
    }
}

extension WorkSession {
    /// How many rows' inputs are kept with an evaluation: enough for samples, little next to the scores.
    private static let keptInputs = 100

    /// Scores texts by a metric, and records the scores with the run that made the texts.
    ///
    /// - Parameters:
    ///   - options: the metric's own; nil takes its defaults.
    ///   - functions: values of its options that are functions.
    ///   - students: values of its options that are students.
    ///   - resampling: how intervals are drawn.
    ///   - origin: where the texts come from.
    /// - Throws: what the metric throws, and `LyceumError` if the user named a run that is not there.
    public func score(
        _ texts: ScoredTexts, by metric: Metric, options: Options? = nil,
        functions: [String: (String) throws -> Int] = [:], students: [String: any Student] = [:],
        resampling: Resampling = Resampling(), origin: ScoreOrigin = ScoreOrigin()
    ) throws -> Score {
        let own =
            try options
            ?? Options(declared: metric.options.filter(\.isPlain), function: "metrics.\(metric.id)")
        try Ranks.group?.meet("metrics.\(metric.id)")
        let score = try Score(
            metric,
            of: MetricInput(
                predictions: texts.predictions, references: texts.references, options: own,
                functions: functions, students: students, resampling: resampling,
                isShared: Ranks.group != nil, job: job("scoring")))
        try record(score, of: texts, origin)
        return score
    }

    /// Compares scores of several systems on the same texts by paired tests.
    ///
    /// - Parameters:
    ///   - names: what the systems are called; A, B, … if nil.
    ///   - sacreBleu: whether BLEU, chrF and TER are also tested as sacrebleu does it.
    /// - Throws: `LyceumError.invalid` if the scores do not fit together, `LyceumError.cancelled`.
    public func compare(
        _ scores: [Score], names: [String]? = nil, resampling: Resampling = Resampling(),
        sacreBleu: Bool = false
    ) throws -> ScoreComparison {
        try ScoreComparison(
            scores, names: names, resampling: resampling, sacreBleu: sacreBleu, job: job("comparing"))
    }

    /// Records scores with the run that made the predictions, if the lab knows it.
    private func record(_ score: Score, of texts: ScoredTexts, _ origin: ScoreOrigin) throws {
        guard lab.isOn || origin.run != nil, let run = origin.run ?? origin.data?.run(ofColumn: origin.column)
        else { return }
        let inputs = origin.data.flatMap { keptTexts(of: run, in: $0) } ?? []
        let figures = score.figures.filter { !RunText.isDetail($0.name) }
        let pairs = texts.predictions.indices.map { row in
            EvaluatedPair(
                input: row < inputs.count ? inputs[row] : nil, prediction: texts.predictions[row],
                references: texts.references[row],
                figures: Dictionary(
                    figures.map { ($0.name, $0.values[row]) }, uniquingKeysWith: { first, _ in first }))
        }
        let evaluation = score.report.evaluation(
            name: score.metric, data: texts.fingerprint, signature: signature(of: score))
        try record(evaluation, pairs: pairs, run: run, isAsked: origin.run != nil)
    }

    /// How a score was computed, with the build of the plugin that computed it: what another build computed is another
    /// thing, and the comparison of runs says so.
    private func signature(of score: Score) -> String {
        let builds = versions(ofPlugins: { $0.metrics.contains { $0.id == score.metric } })
        return ([score.signature] + builds.map { "\($0.key) \($0.value)" }.sorted()).joined(separator: ", ")
    }

    /// Records scores.
    ///
    /// - Parameter isAsked: whether the user asked for it, and wants to know if it cannot be.
    public func record(_ evaluation: RunEvaluation, pairs: [EvaluatedPair], run: Int, isAsked: Bool) throws {
        // Rank 0 records for all ranks.
        if isAsked, Ranks.isMain {
            try lab.store.addEvaluation(evaluation, pairs: pairs, to: run)
        } else {
            lab.attempt { try $0.addEvaluation(evaluation, pairs: pairs, to: run) }
        }
    }

    /// What the run read of the first rows.
    private func keptTexts(of run: Int, in data: Dataset) -> [String]? {
        guard let record = lab.attempt({ try $0.run(run) }), let column = record.options["input"]?.string
        else { return nil }
        return try? data.take(Self.keptInputs).strings(column)
    }
}

extension Report {
    /// The scores as the lab keeps them.
    ///
    /// - Parameters:
    ///   - name: of the evaluation: the metric's id.
    ///   - data: the fingerprint of what was scored against.
    public func evaluation(name: String? = nil, data: String, signature: String = "") -> RunEvaluation {
        RunEvaluation(
            name: name ?? kind, data: data, signature: signature,
            scores: scores.map {
                RunScore($0.name, $0.value, low: $0.interval?.lowerBound, high: $0.interval?.upperBound)
            })
    }
}

extension OptionDeclaration {
    /// Whether it holds data, and not something that only the host knows.
    public var isPlain: Bool {
        if case .object = kind { return false }
        return true
    }
}
