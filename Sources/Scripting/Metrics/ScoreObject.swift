import Corpus
import Evaluation
import LuaBridge
import LyceumKit

/// What an evaluation found, in Lua's hands: a table of figures that prints as the report does.
final class ScoreObject {
    let report: any Report

    init(_ report: any Report) { self.report = report }

    static var type: LuaType {
        LuaType(
            ScoreObject.self, name: "score",
            summary:
                "What a function of `metrics` found: its figures by name. Shares are fractions, 0…1; the printed table shows them × 100.",
            methods: [rows],
            properties: [
                LuaProperty("kind", "what was measured: \"rouge\", \"comparison\", …") {
                    (object: ScoreObject) in
                    .string(object.report.kind)
                }
            ],
            index: { object, key, _ in
                guard let name = key.string else { return nil }
                return object.report.figures[name].map(LuaValue.data)
            },
            fields: { $0.report.figures.keys.sorted() },
            toString: { "score (\($0.report.summary))" },
            preview: { object, _ in object.report.table })
    }

    private static var rows: LuaFunction {
        LuaFunction(
            name: "rows", summary: "The ROUGE scores of each pair, in the order of the texts.",
            returns:
                "a dataset of rouge1_precision, rouge1_recall, rouge1_fmeasure, and so on for each measure",
            errors: ["a score that is not of metrics.rouge"],
            example: "local s = metrics.rouge({ \"a cat\", \"a dog\" }, { \"a cat\", \"a fox\" })\n"
                + "assert(s:rows():sort(\"rouge1_fmeasure\")[1].rouge1_recall == 0.5)",
            body: { call in
                guard let report = try call.receiver(ScoreObject.self).report as? RougeReport else {
                    throw LyceumError.unsupported(
                        "rows of this score", remedy: "only metrics.rouge scores row by row")
                }
                let parts: [(name: String, value: KeyPath<RougeScore, Double>)] = [
                    ("precision", \.precision), ("recall", \.recall), ("fmeasure", \.fmeasure),
                ]
                var rows = Dataset(records: [[String: Value]](repeating: [:], count: report.count))
                for kind in report.options.kinds {
                    let scores = report.scores(of: kind)
                    for part in parts {
                        rows = try rows.adding(
                            column: "\(kind.name)_\(part.name)",
                            values: scores.map { .number($0[keyPath: part.value]) })
                    }
                }
                return [.object(DatasetObject(rows))]
            })
    }
}
