import Corpus
import Evaluation
import Lab
import LyceumKit

/// Predictions and what they are scored against, row by row.
public struct ScoredTexts {
    /// What was written.
    public let predictions: [String]
    /// Each row's, of which there may be several.
    public let references: [[String]]

    /// Pairs texts: as many predictions as references.
    public init(predictions: [String], references: [[String]]) {
        self.predictions = predictions
        self.references = references
    }

    /// Identifies the references, whatever the column or the list they stand in is called: scores on other
    /// references do not compare.
    public var fingerprint: String {
        Dataset(records: references.map { ["reference": .list($0.map(Value.string))] }).fingerprint
    }
}

extension WorkSession {
    /// How many rows' inputs are kept with an evaluation: enough for samples, little beside the scores.
    private static let keptInputs = 100

    /// Records scores with the run that made the predictions, if the lab knows it.
    ///
    /// - Parameters:
    ///   - data: the dataset that was scored; nil if lists were.
    ///   - options: with `run`, if the user names it, and `prediction`, the column.
    ///   - evaluation: the scores, given the fingerprint of what they were scored against.
    ///   - figures: each row's; called only if they are kept.
    /// - Throws: `LyceumError` if the user named a run that is not there.
    public func record(
        _ scored: ScoredTexts, _ data: Dataset?, _ options: Options,
        evaluation: (_ data: String) -> RunEvaluation, figures: () -> [[String: Double]]
    ) throws {
        let named = options.optionalInt("run")
        guard lab.isOn || named != nil,
            let run = try named ?? data?.run(ofColumn: try options.string("prediction"))
        else { return }
        let inputs = data.flatMap { keptTexts(of: run, in: $0) } ?? []
        let texts = zip(scored.predictions, scored.references)
        let pairs = zip(texts, figures()).enumerated().map { row, pair in
            EvaluatedPair(
                input: row < inputs.count ? inputs[row] : nil, prediction: pair.0.0, references: pair.0.1,
                figures: pair.1)
        }
        try record(evaluation(scored.fingerprint), pairs: pairs, run: run, isAsked: named != nil)
    }

    /// Records scores.
    ///
    /// - Parameter isAsked: whether the user asked for it, and wants to know if it cannot be.
    public func record(_ evaluation: RunEvaluation, pairs: [EvaluatedPair], run: Int, isAsked: Bool) throws {
        if isAsked {
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

extension RougeReport {
    /// The scores as the lab keeps them: of each measure F, and its precision and recall.
    public func evaluation(data: String) -> RunEvaluation {
        var scores: [RunScore] = []
        for summary in summaries {
            let name = summary.kind.name
            scores += [
                RunScore(name, summary.fmeasure, summary.interval),
                RunScore("\(name).precision", summary.precision, summary.precisionInterval),
                RunScore("\(name).recall", summary.recall, summary.recallInterval),
            ]
        }
        if let meanTokens { scores.append(RunScore("mean_tokens", meanTokens)) }
        scores.append(RunScore("mean_words", meanWords))
        return RunEvaluation(name: kind, data: data, signature: signature, scores: scores)
    }

    /// Row by row, F of each measure.
    public var rowFigures: [[String: Double]] {
        var rows = [[String: Double]](repeating: [:], count: count)
        for kind in options.kinds {
            for (row, score) in scores(of: kind).enumerated() { rows[row][kind.name] = score.fmeasure }
        }
        return rows
    }
}

extension ClassificationReport {
    /// The scores as the lab keeps them.
    public func evaluation(data: String) -> RunEvaluation {
        func score(_ name: String, _ value: Double) -> RunScore {
            intervals[name].map { RunScore(name, value, $0) } ?? RunScore(name, value)
        }
        return RunEvaluation(
            name: kind, data: data,
            scores: [
                score("accuracy", accuracy), score("macro_f1", macro.f1),
                score("weighted_f1", weighted.f1), score("kappa", kappa),
            ])
    }
}

extension LatencyReport {
    /// The scores as the lab keeps them: milliseconds, and inputs a second.
    public func evaluation(data: String) -> RunEvaluation {
        let quantiles = [("p50", 0.5), ("p95", 0.95), ("p99", 0.99)]
        return RunEvaluation(
            name: kind, data: data,
            scores: quantiles.map { RunScore($0, quantile($1) * 1000) } + [RunScore("per_second", 1 / mean)])
    }
}

extension RunScore {
    init(_ name: String, _ value: Double, _ interval: ClosedRange<Double>) {
        self.init(name, value, low: interval.lowerBound, high: interval.upperBound)
    }
}
