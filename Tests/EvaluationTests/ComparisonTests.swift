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

    private func report(_ predictions: [String]) throws -> RougeReport {
        let references = (0..<predictions.count).map { "the cat sat on mat number \($0)" }
        return try Rouge.score(
            predictions: predictions, references: references,
            options: try RougeOptions(kinds: [.n(1), .l], resamples: 10))
    }

    @Test func reportsOfOneTaskAreCompared() throws {
        let good = try report((0..<40).map { "the cat sat on mat \($0)" })
        let fair = try report((0..<40).map { $0 % 3 == 0 ? "a dog" : "the cat sat \($0)" })
        let poor = try report((0..<40).map { "the dog \($0)" })
        let two = try RougeComparison([good, fair], names: ["good", "fair"], resamples: 200)
        #expect(two.pairs.count == 2)
        #expect(two.pairs.allSatisfy { $0.test.difference > 0 && $0.correctedP < 0.01 })
        #expect(two.pairs.allSatisfy { $0.correctedP == $0.test.randomizationP })
        let lines = two.table.split(separator: "\n")
        #expect(lines.count == 5)
        #expect(lines[1].hasPrefix("ROUGE-1  "))
        #expect(lines[4] == "ROUGE|stem:none|tok:google|refs:1|v:1")
        let three = try RougeComparison([good, fair, poor], resamples: 200)
        #expect(three.pairs.count == 6)
        #expect(three.names == ["A", "B", "C"])
        #expect(three.pairs.allSatisfy { $0.correctedP >= $0.test.randomizationP })
        #expect(three.table.contains("corrected by Holm for 3 pairs"))
        #expect(three.table.contains("− B"))
        #expect(three.figures["pairs"]?.list?.count == 6)
    }

    @Test func reportsThatDoNotFitAreRefused() throws {
        let a = try report(["the cat", "a mat"])
        #expect(throws: LyceumError.self) { try RougeComparison([a]) }
        #expect(throws: LyceumError.self) { try RougeComparison([a, try report(["the cat"])]) }
        #expect(throws: LyceumError.self) { try RougeComparison([a, a], names: ["one"]) }
        let stemmed = try Rouge.score(
            predictions: ["x", "y"], references: ["x", "y"], options: try RougeOptions(stemmer: true))
        #expect(throws: LyceumError.self) { try RougeComparison([a, stemmed]) }
        #expect(throws: LyceumError.self) { try PairedTest.compare([1], [1, 2]) }
        #expect(throws: LyceumError.self) { try PairedTest.compare([], []) }
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
