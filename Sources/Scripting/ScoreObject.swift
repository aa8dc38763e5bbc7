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
}
