import LyceumKit
import Testing

@testable import Evaluation

@Suite struct ReportTests {
    @Test func summarisesAndPrints() throws {
        let report = try Rouge.score(
            predictions: ["the cat sat", "a dog", "nothing"],
            references: ["the cat sat", "a big dog", "all else"],
            options: try RougeOptions(stemmer: true, resamples: 500, seed: 3))
        #expect(report.count == 3)
        #expect(abs((report[.n(1)]?.precision ?? 0) - 2.0 / 3) < 1e-12)
        #expect(abs((report[.n(1)]?.recall ?? 0) - (1 + 2.0 / 3) / 3) < 1e-12)
        #expect(abs((report[.n(1)]?.fmeasure ?? 0) - (1 + 0.8) / 3) < 1e-12)
        #expect(report[.n(3)] == nil)
        #expect(report.meanWords == 2)
        #expect(report[.n(1)]?.interval == 0...1)
        #expect(report.signature(of: .l) == "ROUGE-L|stem:porter|tok:google|refs:1|v:1")
        #expect(report.signature(of: .lsum) == "ROUGE-Lsum|stem:porter|split:newline|tok:google|refs:1|v:1")
        #expect(
            report.table == """
                            precision  recall      F  95 % interval of F
                ROUGE-1         66.67   55.56  60.00       0.00 – 100.00
                ROUGE-2         33.33   33.33  33.33       0.00 – 100.00
                ROUGE-L         66.67   55.56  60.00       0.00 – 100.00
                ROUGE-Lsum      66.67   55.56  60.00       0.00 – 100.00
                3 pairs, 2.0 words a prediction
                ROUGE|stem:porter|split:newline|tok:google|refs:1|v:1
                """)
    }

    @Test func seedDecidesTheIntervals() throws {
        var generator = SeededGenerator(seed: 1)
        let rows = (0..<300).map { _ in generator.unit() }
        func interval(_ seed: Int) throws -> ClosedRange<Double> {
            try Bootstrap.meanIntervals(rows, columns: 1, seed: seed)[0]
        }
        #expect(try interval(1) == interval(1))
        #expect(try interval(1) != interval(2))
    }

    /// The percentile interval of a mean is close to the normal one when there are many rows.
    @Test func intervalsAreAsWideAsTheyShouldBe() throws {
        var generator = SeededGenerator(seed: 9)
        let count = 2000
        let values = (0..<count).flatMap { _ in [generator.unit(), 10 * generator.unit()] }
        let intervals = try Bootstrap.meanIntervals(values, columns: 2, resamples: 4000, seed: 4)
        for (column, scale) in [(0, 1.0), (1, 10.0)] {
            let mean =
                stride(from: column, to: values.count, by: 2).reduce(0) { $0 + values[$1] } / Double(count)
            let half = 1.959964 * scale * (1.0 / 12).squareRoot() / Double(count).squareRoot()
            #expect(abs(intervals[column].lowerBound - (mean - half)) < 0.1 * half)
            #expect(abs(intervals[column].upperBound - (mean + half)) < 0.1 * half)
        }
    }

    @Test func edgesOfTheBootstrap() throws {
        #expect(try Bootstrap.meanIntervals([0.1], columns: 1, resamples: 1, seed: 0) == [0.1...0.1])
        #expect(throws: LyceumError.self) { try Bootstrap.meanIntervals([], columns: 1, seed: 0) }
        #expect(throws: LyceumError.self) { try Bootstrap.meanIntervals([1, 2, 3], columns: 2, seed: 0) }
        #expect(throws: LyceumError.self) { try Bootstrap.meanIntervals([1], columns: 0, seed: 0) }
        #expect(throws: LyceumError.self) {
            try Bootstrap.meanIntervals([1], columns: 1, resamples: .max, seed: 0)
        }
        // numpy.percentile([1, 2, 3, 10], [2.5, 50, 97.5])
        let quantiles = [0.025, 0.5, 0.975].map { Bootstrap.quantile($0, ofSorted: [1, 2, 3, 10]) }
        for (ours, numpy) in zip(quantiles, [1.075, 2.5, 9.475]) { #expect(abs(ours - numpy) < 1e-12) }
    }

    @Test func leadTakesTheBeginning() {
        let text = "Dr. Smith left. He  came\nback. Then?"
        #expect(Lead.sentences(text) == "Dr. Smith left.")
        #expect(Lead.sentences(text, count: 9) == "Dr. Smith left. He  came\nback. Then?")
        #expect(Lead.words(text, count: 5) == "Dr. Smith left. He came")
        #expect(Lead.words(text, count: 0).isEmpty)
        #expect(Lead.sentences("", count: 2).isEmpty)
        #expect(Lead.words(" a ", count: 5) == "a")
    }
}
