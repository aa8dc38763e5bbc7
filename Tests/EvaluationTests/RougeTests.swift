import Evaluation
import Foundation
import LyceumKit
import Testing

@Suite struct RougeTests {
    /// Google's own scores of real and of hard pairs, from scripts/fixtures/rouge.py.
    @Test func equalsRougeScore() throws {
        let path = try fixture("rouge.jsonl")
        var compared = 0
        try JSON.decodeLines(try Files.read(path), name: path) { line, row in
            let fields = try #require(row.object)
            let target = try #require(fields["target"]?.string)
            let prediction = try #require(fields["prediction"]?.string)
            for (key, stemmer) in [("scores", false), ("stemmed", true)] {
                let expected = try #require(fields[key]?.object)
                let kinds = try expected.keys.sorted().map { try RougeKind($0) }
                let scores = try Rouge.score(
                    prediction: prediction, reference: target,
                    options: try RougeOptions(kinds: kinds, stemmer: stemmer))
                for kind in kinds {
                    let score = try #require(scores[kind])
                    let figures = try #require(expected[kind.name]?.list).compactMap(\.number)
                    for (ours, theirs) in zip([score.precision, score.recall, score.fmeasure], figures) {
                        #expect(
                            abs(ours - theirs) <= 1e-9 + 1e-9 * abs(theirs),
                            "line \(line), \(kind.name), stemmer \(stemmer): \(ours), not \(theirs)")
                        compared += 1
                    }
                }
            }
        }
        #expect(compared > 9000)
    }

    @Test func oneScorerServesManyPairs() throws {
        // Buffers that a pair leaves dirty would show in the next.
        let path = try fixture("rouge.jsonl")
        var predictions: [String] = []
        var references: [String] = []
        try JSON.decodeLines(try Files.read(path), name: path) { _, row in
            references.append(try #require(row.object?["target"]?.string))
            predictions.append(try #require(row.object?["prediction"]?.string))
        }
        let options = try RougeOptions(kinds: RougeKind.all, stemmer: true, resamples: 10)
        let report = try Rouge.score(predictions: predictions, references: references, options: options)
        for (i, (prediction, reference)) in zip(predictions, references).enumerated() {
            let alone = try Rouge.score(prediction: prediction, reference: reference, options: options)
            for kind in RougeKind.all {
                #expect(report.scores(of: kind)[i] == alone[kind], "pair \(i), \(kind.name)")
            }
        }
    }

    @Test func splitByRulesIsSplitByLinesOnceLinesAreLost() throws {
        let reference = "The cat sat.\nThe dog ran away.\nIt was over."
        let prediction = "It was over.\nThe dog sat.\nThe cat ran."
        func score(_ split: RougeOptions.Split, _ change: (String) -> String) throws -> RougeScore? {
            try Rouge.score(
                prediction: change(prediction), reference: change(reference),
                options: try RougeOptions(kinds: [.lsum], split: split))[.lsum]
        }
        func joined(_ text: String) -> String { text.split(separator: "\n").joined(separator: " ") }
        let lines = try score(.newline) { $0 }
        #expect(try score(.rules, joined) == lines)
        #expect(try score(.newline, joined) != lines)
    }

    @Test func badInputIsRefused() throws {
        #expect(throws: LyceumError.self) { try Rouge.score(predictions: ["a"], references: []) }
        #expect(throws: LyceumError.self) { try Rouge.score(predictions: [], references: []) }
        #expect(throws: LyceumError.self) { try RougeOptions(kinds: [.n(10)]) }
        #expect(throws: LyceumError.self) { try RougeOptions(kinds: [.n(0)]) }
        #expect(throws: LyceumError.self) { try RougeOptions(kinds: []) }
        #expect(throws: LyceumError.self) { try RougeOptions(confidence: 1) }
        #expect(throws: LyceumError.self) { try RougeOptions(confidence: .nan) }
        #expect(throws: LyceumError.self) { try RougeOptions(resamples: 0) }
        let error = try #require(throws: LyceumError.self) { try RougeKind("rogueL") }
        #expect(error.description.hasPrefix("unknown ROUGE measure 'rogueL'; did you mean 'rougeL'"))
    }

    @Test func obeysCancellation() {
        let job = Job.silent()
        job.cancel()
        #expect(throws: LyceumError.cancelled("")) {
            try Rouge.score(predictions: ["a"], references: ["a"], job: job)
        }
    }
}
