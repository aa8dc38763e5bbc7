import Corpus
import Evaluation
import LuaBridge
import LyceumKit

/// What an evaluation found, in Lua's hands: a table of figures that prints as the report does.
final class ScoreObject {
    let report: any Report
    /// The values of each text, for tests; nil for a comparison and for latency.
    let score: Score?

    init(_ report: any Report) {
        self.report = report
        score = nil
    }

    init(_ score: Score) {
        self.score = score
        report = score.report
    }

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
                if let figure = object.report.figures[name] { return .data(figure) }
                guard let score = object.score else { return nil }
                switch name {
                // The one number that people quote, and its values text by text, of every metric.
                case "score": return score.value.map(LuaValue.number)
                case "values": return score.figures.first.map { .data(.list($0.values.map(Value.number))) }
                default: return nil
                }
            },
            fields: {
                Set($0.report.figures.keys).union($0.score == nil ? [] : ["score", "values"]).sorted()
            },
            toString: { "score (\($0.report.summary))" },
            preview: { object, _ in object.report.table })
    }

    private static var rows: LuaFunction {
        LuaFunction(
            name: "rows", summary: "The figures of each text, in the order of the texts.",
            returns:
                "a dataset with a column for each figure; of metrics.rouge rouge1_precision, rouge1_recall, rouge1_fmeasure, and so on",
            errors: ["a comparison, or a score of metrics.latency"],
            example: "local s = metrics.rouge({ \"a cat\", \"a dog\" }, { \"a cat\", \"a fox\" })\n"
                + "assert(s:rows():sort(\"rouge1_fmeasure\")[1].rouge1_recall == 0.5)",
            body: { call in
                guard let score = try call.receiver(ScoreObject.self).score else {
                    throw LyceumError.unsupported(
                        "rows of this score", remedy: "metrics that score texts have them")
                }
                var rows = Dataset(records: [[String: Value]](repeating: [:], count: score.count))
                for figure in score.figures {
                    rows = try rows.adding(
                        column: columnName(figure.name, of: score.metric),
                        values: figure.values.map(Value.number))
                }
                return [.object(DatasetObject(rows))]
            })
    }

    /// ROUGE's figures have rouge_score's names.
    private static func columnName(_ figure: String, of metric: String) -> String {
        if metric == "rouge", !figure.contains(".") { return figure + "_fmeasure" }
        return figure.map { $0 == "." ? "_" : String($0) }.joined()
    }
}
