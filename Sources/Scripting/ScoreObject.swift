import Evaluation
import LuaBridge
import LyceumKit

/// A ROUGE score in Lua's hands.
final class ScoreObject {
    let report: RougeReport

    init(_ report: RougeReport) { self.report = report }

    static var type: LuaType {
        LuaType(
            ScoreObject.self, name: "score",
            summary: "ROUGE over all pairs. Values are fractions, 0…1; the printed table shows them × 100.",
            properties: [
                LuaProperty("signature", "how it was computed; quote it with the figures") {
                    (object: ScoreObject) in
                    .string(object.signature)
                },
                LuaProperty("count", "how many pairs were scored") { (object: ScoreObject) in
                    .integer(object.report.count)
                },
                LuaProperty("mean_words", "the mean length of the predictions, in words") {
                    (object: ScoreObject) in
                    .number(object.report.meanWords)
                },
            ],
            index: { object, key, _ in
                guard let name = key.string, let kind = try? RougeKind(name),
                    let summary = object.report[kind]
                else { return nil }
                return .data(summary.value)
            },
            fields: { $0.report.summaries.map(\.kind.name) },
            toString: { object in
                "score ("
                    + object.report.summaries.map { "\($0.kind.title) \(($0.fmeasure * 100).fixed(2))" }
                    .joined(separator: ", ") + ")"
            },
            preview: { object, _ in object.report.table })
    }

    private var signature: String {
        report.options.kinds.last.map(report.signature) ?? ""
    }
}

extension RougeSummary {
    /// { precision =, recall =, fmeasure =, ci = { low, high } (of fmeasure), … }
    fileprivate var value: Value {
        func list(_ interval: ClosedRange<Double>) -> Value {
            [.number(interval.lowerBound), .number(interval.upperBound)]
        }
        return [
            "precision": .number(precision), "recall": .number(recall), "fmeasure": .number(fmeasure),
            "ci": list(interval), "precision_ci": list(precisionInterval), "recall_ci": list(recallInterval),
        ]
    }
}
