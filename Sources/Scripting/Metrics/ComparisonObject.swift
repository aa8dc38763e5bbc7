import Evaluation
import Lab
import LuaBridge
import LyceumKit
import Workbench

/// Runs side by side, in Lua's hands.
final class ComparisonObject {
    let comparison: RunComparison

    init(_ comparison: RunComparison) { self.comparison = comparison }

    static var type: LuaType {
        LuaType(
            ComparisonObject.self, name: "comparison",
            summary: "Runs side by side: what they did differently, then how they scored.",
            properties: [
                LuaProperty("runs", "the numbers of the runs, in the order of the columns") {
                    (object: ComparisonObject) in
                    .data(.list(object.comparison.runs.map { .integer($0.id) }))
                },
                LuaProperty(
                    "differing", "the settings in which they differ: by name, a list with a value a run"
                ) {
                    (object: ComparisonObject) in
                    .data(values(object.comparison.differing))
                },
                LuaProperty("common", "the settings that are the same in all of them, by name") {
                    (object: ComparisonObject) in
                    .data(
                        .object(
                            Dictionary(
                                object.comparison.common.map { ($0.name, ($0.values.first ?? nil) ?? .null) },
                                uniquingKeysWith: { first, _ in first })))
                },
                LuaProperty(
                    "scores",
                    "a list of { evaluation, name, data, is_fair, values }, each value { value, low, high } or null"
                ) { (object: ComparisonObject) in
                    .data(.list(object.comparison.scores.map(value)))
                },
            ],
            toString: {
                "comparison (runs \($0.comparison.runs.map { String($0.id) }.joined(separator: ", ")))"
            },
            preview: { object, width in object.table(width: width) })
    }

    private static func values(_ settings: [RunComparison.Setting]) -> Value {
        .object(
            Dictionary(
                settings.map { ($0.name, .list($0.values.map { $0 ?? .null })) },
                uniquingKeysWith: { first, _ in first }))
    }

    private static func value(_ figure: RunComparison.Figure) -> Value {
        [
            "evaluation": .string(figure.evaluation), "name": .string(figure.name),
            "data": .string(figure.data), "is_fair": .bool(figure.isFair),
            "values": .list(
                figure.values.map { score in
                    guard let score else { return .null }
                    return [
                        "value": .number(score.value), "low": score.low.map(Value.number) ?? .null,
                        "high": score.high.map(Value.number) ?? .null,
                    ]
                }),
        ]
    }

    /// The widest a cell gets.
    private static let widest = 40

    /// What differs, then the scores, a column a run.
    func table(width: Int) -> String {
        var rows: [[String]] = [[""] + comparison.runs.map { "run \($0.id)" }]
        rows.append(["title"] + comparison.runs.map { DisplayWidth.oneLine($0.title, limit: 200) })
        rows.append(
            ["state"]
                + comparison.runs.map {
                    $0.state.rawValue + ($0.seconds.map { ", \(RunText.time($0))" } ?? "")
                })
        let settings = comparison.differing.map { setting in
            [setting.name] + setting.values.map { RunText.setting($0, named: setting.name) }
        }
        var notes: [String] = []
        let groups = comparison.scoreGroups
        let scores = groups.flatMap { group in
            group.figures.map { figure in
                [RunText.title(figure.name) + (group.mark.isEmpty ? "" : " " + group.mark)]
                    + figure.values.map { $0.map { RunText.score($0, in: figure.evaluation) } ?? "–" }
            }
        }
        for group in groups where !group.mark.isEmpty { notes.append("\(group.mark) \(group.explanation)") }
        let cells = (rows + settings + scores).map { $0.map { DisplayWidth.cut($0, to: Self.widest) } }
        var lines = TextTable.lines(cells)
        let rule = String(repeating: "─", count: min(lines.first.map { DisplayWidth.of($0) } ?? 0, width))
        if !scores.isEmpty { lines.insert(rule, at: rows.count + settings.count) }
        if !settings.isEmpty { lines.insert(rule, at: rows.count) }
        lines.append("\(comparison.common.count) settings are the same in all (comparison.common)")
        return (lines + notes).map { DisplayWidth.cut($0, to: max(width, 20)) }.joined(separator: "\n")
    }
}
