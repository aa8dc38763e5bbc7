import Evaluation
import Lab
import LyceumKit

/// How two runs differ in a score of the same rows.
public struct RunTest: Sendable {
    /// The score.
    public let name: String
    /// The places of the runs; the difference is the first's less the second's.
    public let first: Int
    /// See `first`.
    public let second: Int
    /// What the paired tests found.
    public let difference: PairedDifference
    /// The p value of McNemar's exact test; nil for a score that is not just right or wrong.
    public let mcNemarP: Double?
    /// The p value of McNemar's test where there is one, else of approximate randomisation, corrected by Holm for all
    /// pairs of runs.
    public let correctedP: Double
}

extension WorkSession {
    /// Tests every two runs in every score that both have for the same rows, whoever wrote the metric.
    ///
    /// - Parameters:
    ///   - comparison: the runs.
    ///   - resampling: the trials of the tests.
    ///   - job: cancellation.
    /// - Returns: the tests of each group of scores, in the order of `comparison.scoreGroups`.
    /// - Throws: `LyceumError.file` if the lab cannot be read, `LyceumError.cancelled`.
    public func tests(
        of comparison: RunComparison, resampling: Resampling = Resampling(), job: Job
    ) throws -> [[RunTest]] {
        try comparison.scoreGroups.map { group in
            let pairs = try comparison.runs.map {
                try lab.store.pairs(of: $0.id, evaluation: group.evaluation, data: group.data)
            }
            return try tests(of: group, pairs, in: comparison, resampling, job)
        }
    }

    private func tests(
        of group: RunComparison.ScoreGroup, _ pairs: [[EvaluatedPair]], in comparison: RunComparison,
        _ resampling: Resampling, _ job: Job
    ) throws -> [RunTest] {
        var corpusFigures: [[CorpusFigure]?]?
        var tests: [RunTest] = []
        for figure in group.figures where figure.isFair {
            let columns = pairs.map { rows in rows.compactMap { $0.figures[figure.name] } }
            if columns.contains(where: { !$0.isEmpty }) {
                tests += try self.tests(named: figure.name, runs: pairs.count) { a, b in
                    let (first, second) = (columns[a], columns[b])
                    guard !first.isEmpty, first.count == second.count, first.count == pairs[a].count,
                        second.count == pairs[b].count
                    else { return nil }
                    let difference = try PairedTest.compare(
                        first, second, confidence: resampling.confidence, resamples: resampling.resamples,
                        seed: resampling.seed, job: job)
                    return (difference, PairedTest.mcNemar(first, second))
                }
                continue
            }
            // A figure of all rows together: the lab has the texts, from which the metric counts again.
            let counted = corpusFigures ?? pairs.map { self.corpusFigures(of: $0, group, comparison, job) }
            corpusFigures = counted
            tests += try self.tests(named: figure.name, runs: pairs.count) { a, b in
                guard let first = counted[a]?.first(where: { $0.name == figure.name }),
                    let second = counted[b]?.first(where: { $0.name == figure.name }),
                    first.count == second.count, first.count > 0
                else { return nil }
                return (try PairedTest.compare(first, second, resampling: resampling, job: job), nil)
            }
        }
        return tests
    }

    /// Tests every two of so many runs, and corrects for their number.
    private func tests(
        named name: String, runs: Int,
        _ test: (_ first: Int, _ second: Int) throws -> (PairedDifference, mcNemar: Double?)?
    ) throws -> [RunTest] {
        var found: [(first: Int, second: Int, difference: PairedDifference, mcNemar: Double?)] = []
        for a in 0..<runs {
            for b in 0..<runs where b > a {
                guard let (difference, mcNemar) = try test(a, b) else { continue }
                found.append((a, b, difference, mcNemar))
            }
        }
        let corrected = PairedTest.holm(found.map { $0.mcNemar ?? $0.difference.randomizationP })
        return zip(found, corrected).map { test, p in
            RunTest(
                name: name, first: test.first, second: test.second, difference: test.difference,
                mcNemarP: test.mcNemar, correctedP: p)
        }
    }

    /// The figures of all rows together of what a run wrote; nil where its metric is not there any more.
    private func corpusFigures(
        of pairs: [EvaluatedPair], _ group: RunComparison.ScoreGroup, _ comparison: RunComparison, _ job: Job
    ) -> [CorpusFigure]? {
        guard !pairs.isEmpty, let metric = try? plugins.metric(named: group.evaluation) else { return nil }
        let signature = comparison.runs.lazy.flatMap(\.evaluations).first {
            $0.name == group.evaluation && $0.data == group.data
        }?.signature
        let given = signature.flatMap { Score.options(ofSignature: $0) } ?? [:]
        guard
            let options = try? Options(
                given, declared: metric.options.filter(\.isPlain), function: "metrics.\(metric.id)"),
            let result = try? metric.evaluate(
                MetricInput(
                    predictions: pairs.map(\.prediction), references: pairs.map(\.references),
                    options: options, resampling: Resampling(resamples: 1), job: job))
        else { return nil }
        return result.corpusFigures
    }
}
