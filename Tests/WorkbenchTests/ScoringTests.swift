import Corpus
import Evaluation
import Lab
import LyceumKit
import TestServers
import Testing

@testable import Workbench

/// Scores by any metric, whoever wrote it: recorded, compared, tested, shown.
@Suite struct ScoringTests {
    /// A metric as a plugin may bring it: a figure for each text, of which less is better, and one of all texts.
    private let novelty = Metric(
        id: "new_words", summary: "words that no reference has",
        options: [.integer("least", default: 1, "letters of a word that counts")], largerIsBetter: false
    ) { input in
        let least = try input.options.int("least")
        let counts = zip(input.predictions, input.references).map { text, references -> [String: Double] in
            let words: [String] = text.split(separator: " ").map(String.init).filter { $0.count >= least }
            let known: [String] = references.flatMap { $0.split(separator: " ").map(String.init) }
            let new = words.filter { (word: String) -> Bool in !known.contains { $0 == word } }
            return ["new": Double(new.count), "all": Double(max(words.count, 1))]
        }
        return MetricResult(
            figures: [
                MetricFigure(
                    "new_words", counts.map { $0["new"] ?? 0 }, largerIsBetter: false)
            ],
            corpusFigures: [
                CorpusFigure("new_share", counts: counts, largerIsBetter: false) {
                    ($0["new"] ?? 0) / max($0["all"] ?? 0, 1)
                }
            ])
    }

    private let gold = (0..<12).map { ["cat number \($0)"] }

    /// A run of the lab that wrote something.
    private func run(_ title: String, in session: WorkSession) throws -> Int {
        let id = try session.lab.store.startRun(RunStart(kind: .generate, title: title))
        try session.lab.store.finishRun(id, .finished)
        return id
    }

    @Test(
        "a metric of anybody's is recorded with the run, compared by paired tests, and stands in the report")
    func anyMetric() throws {
        try withLab { folder in
            let session = workSession(folder)
            session.plugins.registerBuiltIns { try $0.register(novelty) }
            let metric = try session.plugins.metric(named: "new_words")
            let options = try Options(["least": 2], declared: metric.options, function: "metrics.new_words")
            var scores: [Score] = []
            for (title, word) in [("good", "cat"), ("poor", "some dog")] {
                let number = try run(title, in: session)
                scores.append(
                    try session.score(
                        ScoredTexts(predictions: (0..<12).map { "\(word) number \($0)" }, references: gold),
                        by: metric, options: options, origin: ScoreOrigin(run: number)))
            }
            let recorded = try session.lab.store.run(2).evaluations
            #expect(recorded.map(\.name) == ["new_words"])
            #expect(recorded.first?.signature == #"new_words {"least":2}"#)
            #expect(recorded.first?.scores.map(\.name) == ["new_words", "new_share"])
            #expect(recorded.first?.scores.first?.low != nil)

            let comparison = try session.compare(scores, names: ["good", "poor"])
            #expect(comparison.pairs.map(\.measure) == ["new_words", "new_share"])
            #expect(comparison.pairs.allSatisfy { $0.test.difference < 0 && $0.correctedP < 0.01 })

            // From the lab alone, as runs.compare does; figures of all texts are counted again.
            let runs = try session.lab.store.compare([1, 2])
            let tests = try session.tests(of: runs, job: .silent())
            #expect(tests.joined().map(\.name) == ["new_words", "new_share"])
            for (test, pair) in zip(tests.joined(), comparison.pairs) {
                #expect(abs(test.difference.difference - pair.test.difference) < 1e-12)
            }
            let page = try RunReport(
                [1, 2], in: session, title: "two", sampleCount: 2, seed: 0, job: .silent()
            ).html(at: .now)
            #expect(page.contains("new_words") && page.contains("new_share") && page.contains("new_words"))
            #expect(page.contains("Is the difference real?"))
            // Scores and samples stand before the options.
            let places = ["<h2>Scores", "<h2>Samples", "<h2>Options"].compactMap {
                page.firstRange(of: $0)?.lowerBound
            }
            #expect(places.count == 3 && places == places.sorted())
        }
    }

    @Test("classes are tested by McNemar and the averages of F1 by resampling, from the lab alone")
    func classes() throws {
        try withLab { folder in
            let session = workSession(folder)
            let metric = try session.plugins.metric(named: "classification")
            let truth = (0..<40).map { [$0 % 4 == 0 ? "a" : "b"] }
            for wrong in [20, 3] {
                let guesses = truth.enumerated().map { $0.offset % wrong == 0 ? "c" : $0.element[0] }
                _ = try session.score(
                    ScoredTexts(predictions: guesses, references: truth), by: metric,
                    origin: ScoreOrigin(run: try run("every \(wrong)th is wrong", in: session)))
            }
            let tests = try session.tests(of: try session.lab.store.compare([1, 2]), job: .silent()).joined()
            let accuracy = try #require(tests.first { $0.name == "accuracy" })
            #expect(accuracy.mcNemarP.map { $0 < 0.01 } == true && accuracy.difference.difference > 0)
            let f1 = try #require(tests.first { $0.name == "macro_f1" })
            #expect(f1.mcNemarP == nil && f1.difference.difference > 0 && f1.correctedP < 0.05)
        }
    }

    @Test("a run that is not there is an error if the user named it")
    func unknownRun() throws {
        try withLab { folder in
            let session = workSession(folder)
            let texts = try ScoredTexts(predictions: ["a"], references: [["a"]])
            let metric = try session.plugins.metric(named: "rouge")
            #expect(throws: LyceumError.self) {
                try session.score(texts, by: metric, origin: ScoreOrigin(run: 9))
            }
            #expect(try session.score(texts, by: metric).rows.first?["rouge1"] == 1)
            #expect(throws: LyceumError.self) { try ScoredTexts(predictions: ["a"], references: []) }
        }
    }
}
