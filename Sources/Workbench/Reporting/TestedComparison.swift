import Evaluation
import Lab
import LyceumKit

/// Runs side by side, with paired tests of their scores.
public struct TestedComparison {
    /// The runs, their scores and settings.
    public let comparison: RunComparison
    /// The paired tests of each group of scores.
    public let tests: [[RunTest]]

    /// Pairs a comparison with its tests; see `WorkSession.tests`.
    public init(_ comparison: RunComparison, tests: [[RunTest]]) {
        self.comparison = comparison
        self.tests = tests
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
    ///
    /// - Parameter width: of the screen, in columns.
    public func text(width: Int) -> String {
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
