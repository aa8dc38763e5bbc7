import Foundation
import LyceumKit
import Testing

@testable import Evaluation

/// Scores by a metric with some of its options.
private func score(
    _ metric: Metric, _ predictions: [String], _ references: [[String]], _ given: [String: Value] = [:]
) throws -> Score {
    let options = try Options(
        given,
        declared: metric.options.filter {
            if case .object = $0.kind { return false }
            return true
        }, function: "metrics.\(metric.id)")
    return try Score(
        metric,
        of: MetricInput(
            predictions: predictions, references: references, options: options,
            resampling: Resampling(resamples: 10), job: .silent()))
}

/// BLEU, chrF and TER are sacrebleu's; fixtures from scripts/fixtures/overlap_metrics.py.
@Suite struct SacreBleuTests {
    private func lines() throws -> (texts: [(String, [String])], runs: [[String: Value]]) {
        let path = try fixture("sacrebleu.jsonl")
        var texts: [(String, [String])] = []
        var runs: [[String: Value]] = []
        try JSON.decodeLines(try Files.read(path), name: path) { _, row in
            let fields = try #require(row.object)
            if let list = fields["texts"]?.list {
                texts = list.map {
                    (
                        $0.object?["prediction"]?.string ?? "",
                        $0.object?["references"]?.list?.compactMap(\.string) ?? []
                    )
                }
            } else {
                runs.append(fields)
            }
        }
        return (texts, runs)
    }

    @Test(
        "corpus and sentence scores are sacrebleu's to the last digit, whatever the options, and so are the signatures"
    )
    func equalsSacreBleu() throws {
        let (texts, runs) = try lines()
        let metrics = Dictionary(Metrics.all.map { ($0.id, $0) }, uniquingKeysWith: { first, _ in first })
        var compared = 0
        for run in runs {
            let metric = try #require(metrics[run["metric"]?.string ?? ""])
            let some = run["part"] == .string("one") ? texts.filter { $0.1.count == 1 } : texts
            let options = run["options"]?.object ?? [:]
            let found = try score(metric, some.map(\.0), some.map(\.1), options)
            let name = "\(metric.id) \(JSON.encode(.object(options))) \(run["part"]?.string ?? "")"
            #expect(found.value == run["score"]?.number, "\(name)")
            let expected = try #require(run["values"]?.list).compactMap(\.number)
            let values = try #require(found.figures.first?.values)
            #expect(values.count == expected.count)
            for (row, (ours, theirs)) in zip(values, expected).enumerated() where ours != theirs {
                Issue.record("\(name), text \(row + 1) '\(some[row].0.prefix(80))': \(ours), not \(theirs)")
            }
            #expect(found.report.figures["signature"] == run["signature"], "\(name)")
            compared += expected.count
        }
        #expect(compared > 10_000)
    }

    @Test("the figure of all texts has an interval that holds it, and is compared by paired tests")
    func intervals() throws {
        let texts = try lines().texts.filter { $0.1.count == 1 }.suffix(100)
        let references = texts.map(\.1)
        for metric in Metrics.all where ["bleu", "chrf", "ter"].contains(metric.id) {
            let poor = try score(metric, texts.map { String($0.0.dropLast($0.0.count / 2)) }, references)
            let good = try score(metric, texts.map(\.0), references)
            let main = try #require(good.report.scores.first)
            #expect(main.name == metric.id)
            #expect(main.value == good.value)
            #expect(main.interval?.contains(main.value) == true)
            let comparison = try ScoreComparison([good, poor], resampling: Resampling(resamples: 200))
            let pair = try #require(comparison.pairs.first { $0.measure == metric.id })
            #expect(pair.test.randomizationP < 0.01)
            #expect((pair.test.difference > 0) == metric.largerIsBetter)
        }
    }

    @Test(
        "options that are not the defaults are part of what the lab keeps, so that figures can be counted again"
    )
    func signatureKeepsOptions() throws {
        let metric = Metrics.bleu
        let plain = try score(metric, ["a b c d"], [["a b c d"]])
        #expect(Score.options(ofSignature: plain.signature) == nil)
        let other = try score(metric, ["a b c d"], [["a b c d"]], ["max_ngram_order": 2, "lowercase": true])
        #expect(Score.options(ofSignature: other.signature) == ["max_ngram_order": 2, "lowercase": true])
    }
}

@Suite struct AnswerMetricTests {
    @Test func equalsSquad() throws {
        let path = try fixture("answers.jsonl")
        try JSON.decodeLines(try Files.read(path), name: path) { line, row in
            let fields = try #require(row.object)
            let prediction = try #require(fields["prediction"]?.string)
            let references = try #require(fields["references"]?.list).compactMap(\.string)
            for (version, key) in [("1.1", "f1"), ("2.0", "f1_v2")] {
                let found = try score(
                    Metrics.exactMatch, [prediction], [references], ["version": .string(version)])
                #expect(found.figures[0].values == [fields["exact_match"]?.number ?? -1], "line \(line)")
                #expect(found.figures[1].values == [fields[key]?.number ?? -1], "line \(line) \(version)")
            }
        }
        let both = try score(Metrics.tokenF1, ["red cat", "x"], [["the cat"], ["y"]])
        let expected: Double = 100 * (2.0 / 3.0) / 2
        #expect(both.value == expected)
    }

    @Test func equalsGrusky() throws {
        let path = try fixture("fragments.jsonl")
        try JSON.decodeLines(try Files.read(path), name: path) { line, row in
            let fields = try #require(row.object)
            let found = try score(
                Metrics.novelty, [try #require(fields["summary"]?.string)],
                [[try #require(fields["source"]?.string)]], ["tokenizer": "whitespace"])
            for name in ["coverage", "density", "compression"] {
                let figure = try #require(found.figures.first { $0.name == name })
                #expect(figure.values == [fields[name]?.number ?? -1], "line \(line), \(name)")
            }
        }
    }

    @Test func novelAndRepeated() throws {
        let novelty = try score(Metrics.novelty, ["A red cat, a cat"], [["a red dog saw a cat"]])
        #expect(novelty.figures.first { $0.name == "novel_1" }?.values == [0])
        // "red cat" and "cat a" are new, "a red" and "a cat" are not.
        #expect(novelty.figures.first { $0.name == "novel_2" }?.values == [0.5])
        let repetition = try score(Metrics.repetition, ["on and on and on", ""], [[], []])
        #expect(repetition.figures[0].values == [0.6, 0])
        #expect(repetition.figures[1].values == [0.5, 0])
        #expect(repetition.figures[3].values == [0, 0])
        let length = try score(Metrics.length, ["One cat. Two dogs.", ""], [[], []])
        #expect(length.figures.map(\.values) == [[4, 0], [18, 0], [2, 0]])
    }

    @Test("a metric without references says what is missing; one source is one text")
    func badInput() throws {
        for metric in [Metrics.bleu, Metrics.chrf, Metrics.ter, Metrics.exactMatch, Metrics.novelty] {
            let error = #expect(throws: LyceumError.self) { try score(metric, ["a", "b"], [["a"], []]) }
            #expect(error?.description.contains("row 2") == true)
        }
        #expect(throws: LyceumError.self) { try score(Metrics.novelty, ["a"], [["a", "b"]]) }
        #expect(throws: LyceumError.self) {
            try score(Metrics.bleu, ["a"], [["a"]], ["tokenize": "flores200"])
        }
    }
}
