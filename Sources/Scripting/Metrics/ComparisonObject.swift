import Evaluation
import Lab
import LuaBridge
import LyceumKit
import Workbench

/// Runs side by side, in Lua's hands.
final class ComparisonObject {
    let comparison: RunComparison
    /// The paired tests of each group of scores.
    let tests: [[RunTest]]

    init(_ comparison: RunComparison, tests: [[RunTest]]) {
        self.comparison = comparison
        self.tests = tests
    }

    static var type: LuaType {
        LuaType(
            ComparisonObject.self, name: "comparison",
            summary:
                "Runs side by side: how they scored, whether the differences are real, and what they did differently.",
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
                LuaProperty(
                    "tests",
                    "paired tests of scores of the same rows, a list of { evaluation, name, a, b, difference, ci, p_bootstrap, p_randomization, p_mcnemar, p_holm }"
                ) { (object: ComparisonObject) in .data(object.testValues) },
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

    private var testValues: Value {
        .list(
            zip(comparison.scoreGroups, tests).flatMap { group, tests in
                tests.map { test -> Value in
                    var fields: [String: Value] = [
                        "evaluation": .string(group.evaluation), "name": .string(test.name),
                        "a": .integer(comparison.runs[test.first].id),
                        "b": .integer(comparison.runs[test.second].id),
                        "difference": .number(test.difference.difference),
                        "ci": [
                            .number(test.difference.interval.lowerBound),
                            .number(test.difference.interval.upperBound),
                        ],
                        "p_bootstrap": .number(test.difference.bootstrapP),
                        "p_randomization": .number(test.difference.randomizationP),
                        "p_holm": .number(test.correctedP),
                    ]
                    fields["p_mcnemar"] = test.mcNemarP.map(Value.number)
                    return .object(fields)
                }
            })
    }

    /// The tests as lines: who, by how much, p.
    private var testRows: [[String]] {
        let rows = zip(comparison.scoreGroups, tests).flatMap { group, tests in
            tests.map { test -> [String] in
                func shown(_ value: Double) -> String {
                    RunText.value(value, of: test.name, in: group.evaluation)
                }
                let interval = test.difference.interval
                return [
                    RunText.title(test.name),
                    "run \(comparison.runs[test.first].id) − run \(comparison.runs[test.second].id)",
                    shown(test.difference.difference),
                    "\(shown(interval.lowerBound)) – \(shown(interval.upperBound))",
                    PairedTest.shown(test.difference.bootstrapP), PairedTest.shown(test.correctedP),
                ]
            }
        }
        if rows.isEmpty { return [] }
        let other =
            tests.joined().contains { $0.mcNemarP != nil }
            ? "p (randomisation, McNemar)" : "p (randomisation)"
        let corrected = comparison.runs.count > 2 ? "\(other), Holm" : other
        return [["", "difference of", "", "95 % interval", "p (bootstrap)", corrected]] + rows
    }

    /// The widest a cell gets.
    private static let widest = 40

    /// The scores and their tests, then what differs, a column for each run.
    func table(width: Int) -> String {
        var head: [[String]] = [[""] + comparison.runs.map { "run \($0.id)" }]
        head.append(["title"] + comparison.runs.map { DisplayWidth.oneLine($0.title, limit: 200) })
        head.append(
            ["state"]
                + comparison.runs.map {
                    $0.state.rawValue + ($0.seconds.map { ", \(RunText.time($0))" } ?? "")
                })
        let groups = comparison.scoreGroups
        let scores = groups.flatMap { group in
            group.figures.map { figure in
                [RunText.title(figure.name) + (group.mark.isEmpty ? "" : " " + group.mark)]
                    + figure.values.map { $0.map { RunText.score($0, in: figure.evaluation) } ?? "–" }
            }
        }
        // What only some runs have are the defaults of another architecture.
        let shared = comparison.differing.filter { !$0.values.contains(nil) }
        let settings = shared.map { setting in
            [setting.name] + setting.values.map { RunText.setting($0, named: setting.name) }
        }
        let cells = (head + scores + settings).map { $0.map { DisplayWidth.cut($0, to: Self.widest) } }
        var lines = TextTable.lines(cells)
        let rule = String(repeating: "─", count: min(lines.first.map { DisplayWidth.of($0) } ?? 0, width))
        if !settings.isEmpty { lines.insert(rule, at: head.count + scores.count) }
        if !scores.isEmpty { lines.insert(rule, at: head.count) }
        let tests = TextTable.lines(testRows)
        if !tests.isEmpty { lines += [""] + tests }
        let others = comparison.differing.count - shared.count
        if others > 0 {
            lines.append("\(others) settings that only some of them have (comparison.differing)")
        }
        lines.append("\(comparison.common.count) settings are the same in all (comparison.common)")
        for group in groups where !group.mark.isEmpty { lines.append("\(group.mark) \(group.explanation)") }
        return lines.map { DisplayWidth.cut($0, to: max(width, 20)) }.joined(separator: "\n")
    }
}
