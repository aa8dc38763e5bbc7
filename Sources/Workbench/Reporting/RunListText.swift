import Lab
import LyceumKit

/// Runs as a table for the prompt.
public enum RunListText {
    /// The scores that have a column of their own, if any run has them.
    private static let scores = ["rouge1", "rouge2", "rougeL", "rougeLsum", "accuracy", "macro_f1"]

    /// One line a run; columns that no run fills are left out, and titles are cut to the width.
    ///
    /// - Parameter costs: what the replies of runs cost, by the run's number.
    public static func table(_ runs: [RunRecord], costs: [Int: Spending] = [:], width: Int) -> String {
        if runs.isEmpty { return "no runs" }
        let differences = differences(of: runs)
        var columns: [(title: String, isText: Bool, cells: [String])] = []
        func add(_ title: String, isText: Bool = false, _ cell: (RunRecord) -> String) {
            let cells = runs.map(cell)
            if cells.contains(where: { !$0.isEmpty }) { columns.append((title, isText, cells)) }
        }
        add("run") { String($0.id) }
        add("title", isText: true) { DisplayWidth.oneLine($0.title, limit: 60) }
        add("state", isText: true) { $0.state.rawValue }
        add("rows") { $0.rows.map(String.init) ?? "" }
        add("steps") { $0.steps.map(String.init) ?? "" }
        for name in ["loss", "eval_loss"] {
            add(name) { $0.metrics[name].map { $0.value.fixed(4) } ?? "" }
        }
        for name in scores {
            add(RunText.title(name)) { run in
                for evaluation in run.evaluations.reversed() {
                    if let score = evaluation.scores.first(where: { $0.name == name }) {
                        return RunText.value(score.value, of: name, in: evaluation.name)
                    }
                }
                return ""
            }
        }
        add("USD") { run in costs[run.id]?.cost.map(RunText.money) ?? "" }
        add("differs", isText: true) { DisplayWidth.oneLine(differences[$0.id] ?? "", limit: 40) }
        add("time") { $0.seconds.map(RunText.time) ?? "" }
        add("started", isText: true) { String($0.started.localText.dropFirst(5).dropLast(3)) }
        add("tags", isText: true) { $0.tags.joined(separator: ", ") }
        for name in ["R-L", "started", "time", "tags", "steps", "differs", "rows"] {
            let needed = zip(columns, widths(columns)).reduce(-2) { sum, column in
                sum + 2 + (column.0.title == "title" ? min(column.1, leastTitle) : column.1)
            }
            if needed <= width { break }
            columns.removeAll { $0.title == name }
        }
        let total = widths(columns).reduce(-2) { $0 + $1 + 2 }
        return lines(columns, excess: max(0, total - width)).map {
            DisplayWidth.cut($0, to: max(width, 20))
        }.joined(separator: "\n")
    }

    /// What sets each run apart from the others of its kind: the options in which they differ, "name = value".
    ///
    /// Left out are columns, texts and paths, which say little in a table; `runs.compare` has them all.
    private static func differences(of runs: [RunRecord]) -> [Int: String] {
        var found: [Int: String] = [:]
        for kind in RunKind.allCases {
            let some = runs.filter { $0.kind == kind }
            if some.count < 2 { continue }
            let names = Set(some.flatMap(\.options.keys)).subtracting(unspoken).sorted()
            let differing = names.filter { name in
                some.contains { $0.options[name] != some.first?.options[name] }
            }
            for run in some {
                let parts = differing.compactMap { name -> String? in
                    guard let value = run.options[name] else { return nil }
                    let text = RunText.option(value)
                    if text.count > 16 { return nil }
                    return "\(name.split(separator: ".").last ?? "") = \(text)"
                }
                found[run.id] = parts.joined(separator: ", ")
            }
        }
        return found
    }

    /// Options that have a column, or that differ by nature.
    private static let unspoken: Set<String> = [
        "rows", "output", "name", "input", "target", "checkpoint_dir",
    ]

    /// The columns of the screen that titles keep, whatever else has to go.
    private static let leastTitle = 16

    private static func widths(_ columns: [(title: String, isText: Bool, cells: [String])]) -> [Int] {
        columns.map { column in ([column.title] + column.cells).map { DisplayWidth.of($0) }.max() ?? 0 }
    }

    private static func lines(
        _ columns: [(title: String, isText: Bool, cells: [String])], excess: Int
    ) -> [String] {
        let laid = columns.map { column in
            let natural = ([column.title] + column.cells).map { DisplayWidth.of($0) }.max() ?? 0
            let width = column.title == "title" ? max(natural - excess, leastTitle) : natural
            return ([column.title] + column.cells).map {
                DisplayWidth.fit($0, to: width, toRight: !column.isText)
            }
        }
        let count = (columns.first?.cells.count ?? 0) + 1
        return (0..<count).map { row in
            var line = laid.map { row < $0.count ? $0[row] : "" }.joined(separator: "  ")
            while line.hasSuffix(" ") { line.removeLast() }
            return line
        }
    }
}
