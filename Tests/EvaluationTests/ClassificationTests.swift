import Evaluation
import LyceumKit
import Testing

@Suite struct ClassificationTests {
    /// scikit-learn's figures, from scripts/fixtures/classification.py.
    @Test("many classes need no memory for their square")
    func manyClasses() throws {
        let truth = (0..<5000).map { "class \($0)" }
        let report = try ClassificationReport(predictions: truth, references: truth, resamples: 1)
        #expect(report.confusion == nil && report.figures["confusion"] == nil)
        #expect(report.support == [Int](repeating: 1, count: 5000) && report.accuracy == 1)
        let few = try ClassificationReport(
            predictions: Array(truth.prefix(1000)), references: Array(truth.prefix(1000)), resamples: 1)
        #expect(few.confusion?.count == 1000)
    }

    @Test func equalsScikitLearn() throws {
        var cases = 0
        let path = try fixture("classification.jsonl")
        try JSON.decodeLines(try Files.read(path), name: path) { _, row in
            let fields = try #require(row.object)
            func texts(_ name: String) throws -> [String] {
                try #require(fields[name]?.list).compactMap(\.string)
            }
            func figures(_ value: Value?) throws -> [Double] {
                try #require(value?.list).compactMap(\.number)
            }
            let name = try #require(fields["name"]?.string)
            let report = try ClassificationReport(
                predictions: try texts("prediction"), references: try texts("reference"), resamples: 20)
            func expect(_ ours: [Double], _ theirs: [Double], _ what: String) {
                #expect(ours.count == theirs.count)
                for (a, b) in zip(ours, theirs) {
                    #expect(abs(a - b) <= 1e-12 + 1e-12 * abs(b), "\(name), \(what): \(a), not \(b)")
                }
            }
            func list(_ score: ClassScore) -> [Double] { [score.precision, score.recall, score.f1] }
            #expect(report.labels == (try texts("labels")))
            let confusion = try #require(fields["confusion"]?.list).map { $0.list?.compactMap(\.integer) }
            #expect(report.confusion == confusion)
            expect([report.accuracy], [try #require(fields["accuracy"]?.number)], "accuracy")
            if let kappa = fields["kappa"]?.number {
                expect([report.kappa], [kappa], "kappa")
            } else {
                #expect(report.kappa.isNaN, "\(name)")
            }
            expect(list(report.macro), try figures(fields["macro"]), "macro")
            expect(list(report.micro), try figures(fields["micro"]), "micro")
            expect(list(report.weighted), try figures(fields["weighted"]), "weighted")
            for (label, score) in zip(report.labels, report.classes) {
                expect(list(score), try figures(fields["classes"]?.object?[label]), label)
            }
            cases += 1
        }
        #expect(cases == 12)
    }

    @Test func intervalsHoldTheFigures() throws {
        var generator = SeededGenerator(seed: 2)
        let references = (0..<600).map { "c\($0 % 3)" }
        let predictions = references.map { generator.unit() < 0.7 ? $0 : "c\(generator.index(below: 3))" }
        let report = try ClassificationReport(predictions: predictions, references: references, seed: 1)
        let accuracy = try #require(report.intervals["accuracy"])
        // The normal interval of a share.
        let half = 1.96 * (report.accuracy * (1 - report.accuracy) / 600).squareRoot()
        #expect(abs(accuracy.lowerBound - (report.accuracy - half)) < 0.15 * half)
        #expect(abs(accuracy.upperBound - (report.accuracy + half)) < 0.15 * half)
        for (name, figure) in [
            ("kappa", report.kappa), ("macro_f1", report.macro.f1),
            ("weighted_recall", report.weighted.recall),
        ] { #expect(try #require(report.intervals[name]).contains(figure), "\(name)") }
        let again = try ClassificationReport(predictions: predictions, references: references, seed: 1)
        #expect(again.intervals == report.intervals)
    }

    @Test func printsWhatMatters() throws {
        let report = try ClassificationReport(
            predictions: ["net", "net", "doc", "doc"], references: ["net", "doc", "doc", "doc"], resamples: 50
        )
        let lines = report.table.split(separator: "\n", omittingEmptySubsequences: false)
        #expect(lines[0].hasPrefix("accuracy 75.00 ("))
        #expect(lines[0].hasSuffix("Cohen's kappa 0.5000"))
        #expect(
            lines.suffix(3) == [
                "true \\ predicted  doc  net", "doc                 2    1", "net                 0    1",
            ])
        #expect(report.figures["classes"]?.object?["doc"]?.object?["support"] == 3)
        #expect(report.figures["accuracy_ci"]?.list?.count == 2)
    }

    @Test func badInputIsRefused() {
        #expect(throws: LyceumError.self) { try ClassificationReport(predictions: [], references: []) }
        #expect(throws: LyceumError.self) { try ClassificationReport(predictions: ["a"], references: []) }
        #expect(throws: LyceumError.self) {
            try ClassificationReport(predictions: ["a"], references: ["a"], resamples: 0)
        }
    }
}
