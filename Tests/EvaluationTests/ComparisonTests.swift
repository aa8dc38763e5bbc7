import LyceumKit
import Testing

@testable import Evaluation

@Suite struct ComparisonTests {
    /// scipy.stats.permutation_test of all 2^n signs, by hand for four texts.
    @Test func randomisationApproachesTheExactTest() throws {
        let a = [0.9, 0.7, 0.8, 0.6]
        let b = [0.5, 0.6, 0.5, 0.4]
        // Only the two assignments in which all signs agree are as far from 0.
        let test = try PairedTest.compare(a, b, resamples: 20_000, seed: 1)
        #expect(abs(test.difference - 0.25) < 1e-12)
        #expect(abs(test.randomizationP - 2.0 / 16) < 0.01)
        #expect(test.interval.lowerBound > 0.09 && test.interval.upperBound < 0.41)
        #expect(try PairedTest.compare(a, b, seed: 1) == PairedTest.compare(a, b, seed: 1))
    }

    /// With many texts both tests approach the t test.
    @Test func pValuesApproachTheNormalOnes() throws {
        var generator = SeededGenerator(seed: 5)
        func normal() -> Double { (0..<12).reduce(-6.0) { sum, _ in sum + generator.unit() } }
        let a = (0..<500).map { _ in normal() }
        let b = a.map { $0 + 0.08 + normal() }
        let differences = zip(a, b).map { $0 - $1 }
        let mean = differences.reduce(0, +) / 500
        let variance = differences.reduce(0) { $0 + ($1 - mean) * ($1 - mean) } / 499
        let z = abs(mean) / (variance / 500).squareRoot()
        // erfc(z / √2) by its definition, integrated.
        let steps = 20_000
        let tail = (0..<steps).reduce(0.0) { sum, i in
            let x = z + (Double(i) + 0.5) * (8 - z) / Double(steps)
            return sum + 2 * exponential(-x * x / 2) / 2.506628274631 * (8 - z) / Double(steps)
        }
        let test = try PairedTest.compare(a, b, resamples: 10_000, seed: 3)
        #expect(tail > 0.01 && tail < 0.5, "\(tail)")
        #expect(abs(test.bootstrapP - tail) < 0.02, "\(test.bootstrapP), not \(tail)")
        #expect(abs(test.randomizationP - tail) < 0.02, "\(test.randomizationP), not \(tail)")
    }

    private func exponential(_ x: Double) -> Double {
        // exp(x) = (exp(x / 1024))^1024
        var result = 1 + x / 1024 + x * x / (2 * 1024 * 1024) + x * x * x / (6 * 1024 * 1024 * 1024)
        for _ in 0..<10 { result *= result }
        return result
    }

    @Test func equalSystemsDoNotDiffer() throws {
        let test = try PairedTest.compare([0.1, 0.5, 0.7], [0.1, 0.5, 0.7])
        #expect(test.difference == 0 && test.interval == 0...0)
        #expect(test.bootstrapP == 1 && test.randomizationP == 1)
    }

    /// statsmodels.stats.multitest.multipletests(p, method="holm")
    @Test func holmsCorrection() {
        let corrected = PairedTest.holm([0.01, 0.04, 0.03, 0.005])
        for (ours, theirs) in zip(corrected, [0.03, 0.06, 0.06, 0.02]) { #expect(abs(ours - theirs) < 1e-12) }
        #expect(PairedTest.holm([0.9, 0.8]) == [1, 1])
        #expect(PairedTest.holm([]).isEmpty)
    }

    private func score(_ predictions: [String], _ options: [String: Value] = ["types": ["rouge1", "rougeL"]])
        throws
        -> Score
    {
        let references = (0..<predictions.count).map { ["the cat sat on mat number \($0)"] }
        return try score(Metrics.rouge, predictions, references, options)
    }

    private func score(
        _ metric: Metric, _ predictions: [String], _ references: [[String]], _ options: [String: Value] = [:]
    ) throws -> Score {
        let declared = metric.options.filter { $0.name != "tokens" }
        return try Score(
            metric,
            of: MetricInput(
                predictions: predictions, references: references,
                options: try Options(options, declared: declared, function: "test"),
                resampling: Resampling(resamples: 10), job: .silent()))
    }

    private let few = Resampling(resamples: 200)

    @Test func scoresOfOneTaskAreCompared() throws {
        let good = try score((0..<40).map { "the cat sat on mat \($0)" })
        let fair = try score((0..<40).map { $0 % 3 == 0 ? "a dog" : "the cat sat \($0)" })
        let poor = try score((0..<40).map { "the dog \($0)" })
        let two = try ScoreComparison([good, fair], names: ["good", "fair"], resampling: few)
        #expect(two.pairs.count == 2)
        #expect(two.pairs.allSatisfy { $0.test.difference > 0 && $0.correctedP < 0.01 })
        #expect(two.pairs.allSatisfy { $0.correctedP == $0.test.randomizationP && $0.mcNemarP == nil })
        let lines = two.table.split(separator: "\n")
        #expect(lines.count == 5)
        #expect(lines[1].hasPrefix("ROUGE-1  "))
        #expect(lines[4] == "ROUGE|stem:none|tok:google|refs:1|v:1")
        let three = try ScoreComparison([good, fair, poor], resampling: few)
        #expect(three.pairs.count == 6)
        #expect(three.names == ["A", "B", "C"])
        #expect(three.pairs.allSatisfy { $0.correctedP >= $0.test.randomizationP })
        #expect(three.table.contains("corrected by Holm for 3 pairs"))
        #expect(three.table.contains("− B"))
        #expect(three.figures["pairs"]?.list?.count == 6)
    }

    @Test func scoresThatDoNotFitAreRefused() throws {
        let a = try score(["the cat", "a mat"])
        #expect(throws: LyceumError.self) { try ScoreComparison([a]) }
        #expect(throws: LyceumError.self) { try ScoreComparison([a, try score(["the cat"])]) }
        #expect(throws: LyceumError.self) { try ScoreComparison([a, a], names: ["one"]) }
        let stemmed = try score(["x", "y"], ["types": ["rouge1", "rougeL"], "stemmer": true])
        #expect(throws: LyceumError.self) { try ScoreComparison([a, stemmed]) }
        let classes = try score(Metrics.classification, ["a", "b"], [["a"], ["a"]])
        #expect(throws: LyceumError.self) { try ScoreComparison([a, classes]) }
        #expect(throws: LyceumError.self) { try PairedTest.compare([1], [1, 2]) }
        #expect(throws: LyceumError.self) { try PairedTest.compare([], []) }
    }

    /// scipy.stats.binomtest(min(b, c), b + c).pvalue
    @Test func mcNemarsExactTest() throws {
        func p(_ first: Int, _ second: Int, both: Int = 5) -> Double? {
            PairedTest.mcNemar(
                [Double](repeating: 1, count: first) + [Double](repeating: 0, count: second)
                    + [Double](repeating: 1, count: both),
                [Double](repeating: 0, count: first) + [Double](repeating: 1, count: second)
                    + [Double](repeating: 1, count: both))
        }
        for (found, exact) in [
            (p(10, 2), 0.03857421875), (p(1, 9), 0.021484375), (p(6, 6), 1), (p(0, 0), 1), (p(5, 0), 0.0625),
        ] { #expect(abs((found ?? -1) - exact) < 1e-9, "\(found ?? -1), not \(exact)") }
        // Thousands of texts do not overflow; the normal distribution with the continuity correction says the same.
        #expect(abs((p(1100, 1000) ?? 0) - 0.0307) < 0.0005)
        #expect(PairedTest.mcNemar([0.5], [1]) == nil && PairedTest.mcNemar([1], [1, 0]) == nil)
    }

    /// Classes are compared in accuracy (McNemar, bootstrap) and in the averages of F1, which are not means of the
    /// rows' own.
    @Test func classesAreCompared() throws {
        let truth = (0..<90).map { $0 % 3 == 0 ? "rare" : "often" }
        // The first is right on most; the second says "often" always.
        let first = truth.enumerated().map { $0.offset % 9 == 0 ? "often" : $0.element }
        let second = truth.map { _ in "often" }
        let a = try score(Metrics.classification, first, truth.map { [$0] })
        let b = try score(Metrics.classification, second, truth.map { [$0] })
        for (score, predictions) in [(a, first), (b, second)] {
            let report = try ClassificationReport(predictions: predictions, references: truth, resamples: 10)
            let figures = Dictionary(
                score.corpusFigures.map { ($0.name, CorpusSums($0).total) }, uniquingKeysWith: { x, _ in x })
            #expect(abs((figures["macro_f1"] ?? 0) - report.macro.f1) < 1e-12)
            #expect(abs((figures["weighted_f1"] ?? 0) - report.weighted.f1) < 1e-12)
        }
        let comparison = try ScoreComparison([a, b], names: ["a", "b"], resampling: few)
        #expect(comparison.measures.map(\.name) == ["accuracy", "macro_f1", "weighted_f1"])
        let accuracy = try #require(comparison.pairs.first)
        #expect(abs(accuracy.test.difference - 20.0 / 90) < 1e-12)
        #expect(accuracy.mcNemarP.map { $0 < 1e-5 } == true && accuracy.correctedP == accuracy.mcNemarP)
        #expect(comparison.pairs.allSatisfy { $0.test.difference > 0 && $0.test.bootstrapP < 0.02 })
        #expect(comparison.pairs[1].mcNemarP == nil && comparison.pairs[1].correctedP < 0.02)
        #expect(comparison.table.contains("p (McNemar)") && comparison.table.contains("macro F1"))
        let same = try ScoreComparison([a, a], resampling: few)
        #expect(same.pairs.allSatisfy { $0.test.difference == 0 && $0.correctedP == 1 })
    }

    /// Whoever wrote a metric: it gets intervals, a signature, tests; what it does wrong is named.
    @Test func anyMetric() throws {
        let options: [OptionDeclaration] = [.integer("from", default: 1, "the length that counts as 0")]
        let metric = Metric(id: "length", summary: "", options: options, largerIsBetter: false) {
            texts, _, options, _ in
            let from = try options.int("from")
            return [("chars", texts.map { Double($0.count - from) })]
        }
        let short = try score(metric, ["a", "bb", "c"], [["x"], ["x"], ["x"]])
        let long = try score(metric, ["aaaa", "bbbbb", "cccc"], [["x"], ["x"], ["x"]])
        #expect(short.signature == #"length {"from":1}"#)
        #expect(Score.options(ofSignature: short.signature) == ["from": 1])
        #expect(short.report.scores.first?.name == "chars" && short.report.scores.first?.interval != nil)
        #expect(short.rows == [["chars": 0], ["chars": 1], ["chars": 0]])
        let comparison = try ScoreComparison([short, long], resampling: few)
        #expect(comparison.pairs.first?.test.difference == -3)
        #expect(comparison.table.contains("smaller is better: chars"))
        let other = try score(metric, ["a", "b", "c"], [["x"], ["x"], ["x"]], ["from": 2])
        #expect(throws: LyceumError.self) { try ScoreComparison([short, other]) }
        for (values, problem) in [([1.0], "gave 1 values"), ([1, .nan], "of text 2")] {
            let broken = Metric(id: "broken", summary: "") { _, _, _, _ in [("x", values)] }
            let error = #expect(throws: LyceumError.self) { try score(broken, ["a", "b"], [["a"], ["b"]]) }
            #expect(error?.description.contains(problem) == true)
        }
        let none = Metric(id: "none", summary: "") { _, _, _, _ in [] }
        #expect(throws: LyceumError.self) { try score(none, ["a"], [["a"]]) }
    }

    @Test func latencyCountsAfterWarmingUp() throws {
        var asked: [String] = []
        let report = try Latency.measure(["a", "b", "c"], warmup: 4) { asked.append($0) }
        #expect(asked == ["a", "b", "c", "a", "a", "b", "c"])
        #expect(report.seconds.count == 3 && report.seconds.allSatisfy { $0 >= 0 })
        let fixed = LatencyReport(seconds: [0.004, 0.001, 0.003, 0.002], warmup: 1)
        #expect(abs(fixed.quantile(0.5) - 0.0025) < 1e-15)
        #expect(abs((fixed.figures["p95"]?.number ?? 0) - 3.85) < 1e-9)
        #expect(abs((fixed.figures["per_second"]?.number ?? 0) - 400) < 1e-9)
        #expect(fixed.table.hasSuffix("4 inputs, one at a time, after 1 to warm up; 400.0 inputs/s"))
        #expect(throws: LyceumError.self) { try Latency.measure([]) { _ in } }
    }
}
