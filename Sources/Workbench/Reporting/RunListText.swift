import Lab
import LyceumKit

/// Runs as a table for the prompt.
public enum RunListText {
    /// The scores that have a column of their own, if any run has them.
    private static let scores = ["rouge1", "rouge2", "rougeL", "rougeLsum", "accuracy", "macro_f1"]

    /// One line a run; columns that no run fills are left out, and titles are cut to the width.
    public static func table(_ runs: [RunRecord], width: Int) -> String {
        if runs.isEmpty { return "no runs" }
        var columns: [(title: String, isText: Bool, cells: [String])] = []
        func add(_ title: String, isText: Bool = false, _ cell: (RunRecord) -> String) {
            let cells = runs.map(cell)
            if cells.contains(where: { !$0.isEmpty }) { columns.append((title, isText, cells)) }
        }
        add("run") { String($0.id) }
        add("title", isText: true) { DisplayWidth.oneLine($0.title, limit: 60) }
        add("state", isText: true) { $0.state.rawValue }
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
        add("time") { $0.seconds.map(RunText.time) ?? "" }
        add("started", isText: true) { String($0.started.localText.dropFirst(5).dropLast(3)) }
        add("tags", isText: true) { $0.tags.joined(separator: ", ") }
        for name in ["R-L", "time", "started", "tags", "steps"] {
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
