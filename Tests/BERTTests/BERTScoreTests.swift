import Foundation
import LyceumKit
import LyceumTorch
import Testing

@testable import BERT
@testable import Evaluation

/// BERTScore over an encoder is bert_score's; fixtures from scripts/fixtures/bertscore_values.py.
@Suite struct BERTScoreTests {
    @Test func equalsBERTScore() throws {
        let folder = BERTFixture.folder + "/encoder"
        let student = try BERT.registration.load(folder)
        let expected = try #require(
            try JSON.decode(try Files.read(folder + "/bert_score.json"), name: "bert_score").object)
        let predictions = try #require(expected["predictions"]?.list).compactMap(\.string)
        let references = try #require(expected["references"]?.list).map {
            $0.list?.compactMap(\.string) ?? []
        }
        for run in try #require(expected["runs"]?.list).compactMap(\.object) {
            let metric = Metrics.bertScore
            let result = try metric.evaluate(
                MetricInput(
                    predictions: predictions, references: references,
                    options: try Options(
                        [
                            "num_layers": run["num_layers"] ?? .null, "idf": run["idf"] ?? .null,
                            "batch_size": 5,
                        ],
                        declared: metric.options.filter { $0.name != "student" }, function: "bertscore"),
                    students: ["student": student], job: .silent()))
            let rows = try #require(run["values"]?.list).map { $0.list?.compactMap(\.number) ?? [] }
            for (name, place) in [("precision", 0), ("recall", 1), ("f1", 2)] {
                let values = try #require(result.figures.first { $0.name == name }?.values)
                for (row, (ours, theirs)) in zip(values, rows.map { $0[place] }).enumerated() {
                    #expect(
                        abs(ours - theirs) <= 1e-5,
                        "\(name) of '\(predictions[row].prefix(40))', \(run["num_layers"]?.text ?? "") layers: \(ours), not \(theirs)"
                    )
                }
            }
        }
    }
}
