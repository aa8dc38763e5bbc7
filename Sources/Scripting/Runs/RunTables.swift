import Evaluation
import Lab
import LyceumKit

/// How the figures of runs are written for people: scores × 100, times in a unit that fits.
enum RunText {
    /// What a score is called in tables: "R-1" for "rouge1".
    static func title(_ name: String) -> String {
        if name.hasPrefix("rouge") { return "R-" + name.dropFirst(5) }
        return [
            "mean_words": "mean words", "mean_tokens": "mean tokens", "macro_f1": "macro F1",
            "weighted_f1": "weighted F1", "p50": "p50, ms", "p95": "p95, ms", "p99": "p99, ms",
            "per_second": "inputs/s",
        ][name] ?? name
    }

    /// Whether tables leave the score out: only F stands there, its parts are for programs.
    static func isDetail(_ name: String) -> Bool { name.hasSuffix(".precision") || name.hasSuffix(".recall") }

    /// A score; fractions × 100.
    static func value(_ value: Double, of name: String, in evaluation: String) -> String {
        if !value.isFinite { return "–" }
        let isShare = ["rouge", "classification"].contains(evaluation) && !plain.contains(name)
        if isShare { return TextTable.percent(value) }
        if name.hasPrefix("mean_") { return value.fixed(1) }
        return evaluation == "classification" ? value.fixed(4) : number(value)
    }

    /// A score with its interval, if it has one.
    static func score(_ score: RunScore, in evaluation: String) -> String {
        let text = value(score.value, of: score.name, in: evaluation)
        guard let low = score.low, let high = score.high else { return text }
        return text + " (\(value(low, of: score.name, in: evaluation))"
            + " – \(value(high, of: score.name, in: evaluation)))"
    }

    /// A number in so many digits as matter.
    static func number(_ value: Double) -> String {
        guard value.isFinite else { return "–" }
        let size = abs(value)
        if size != 0, size < 1e-3 || size >= 1e7 { return scientific(value) }
        return value.fixed(size >= 1000 ? 0 : size >= 100 ? 1 : size >= 10 ? 2 : size >= 1 ? 3 : 4)
    }

    /// "3.0e-04"
    private static func scientific(_ value: Double) -> String {
        var exponent = 0
        var digits = abs(value)
        while digits >= 10 { (digits, exponent) = (digits / 10, exponent + 1) }
        while digits < 1 { (digits, exponent) = (digits * 10, exponent - 1) }
        var text = digits.fixed(2)
        while text.contains("."), text.hasSuffix("0") || text.hasSuffix(".") { text.removeLast() }
        return "\(value < 0 ? "-" : "")\(text)e\(exponent)"
    }

    /// "41 s", "12 min", "3.4 h"
    static func time(_ seconds: Double) -> String {
        switch seconds {
        case ..<10: return "\(seconds.fixed(1)) s"
        case ..<120: return "\(seconds.fixed(0)) s"
        case ..<7200: return "\((seconds / 60).fixed(1)) min"
        default: return "\((seconds / 3600).fixed(1)) h"
        }
    }

    /// The value of an option.
    static func option(_ value: Value?) -> String {
        guard let value else { return "–" }
        if case .number(let number) = value { return Self.number(number) }
        return DisplayWidth.oneLine(value.text)
    }

    /// The value of a setting, fingerprints and commits cut to what tells them apart.
    static func setting(_ value: Value?, named name: String) -> String {
        let isHash = name == "commit" || name.hasPrefix("data.")
        return isHash ? String(option(value).prefix(8)) : option(value)
    }

    private static let plain: Set<String> = ["mean_words", "mean_tokens", "kappa"]
}

extension RunObject {
    /// What the prompt shows of it.
    func preview(width: Int) -> String {
        let record = knownRecord
        var rows: [(name: String, value: String)] = []
        if let record {
            let time = record.seconds.map { " in \(RunText.time($0))" } ?? ""
            rows.append(("state", record.state.rawValue + (record.state == .running ? "" : time)))
            rows.append(("started", record.started.localText))
        } else if let seconds {
            rows.append(("time", RunText.time(seconds)))
        }
        if let steps {
            rows.append(("steps", "\(steps)" + (epochs.map { " (\($0.fixed(2)) epochs)" } ?? "")))
        }
        if let seconds, let tokens, seconds > 0, tokens > 0 {
            rows.append(("tokens/s", (Double(tokens) / seconds).fixed(0)))
        }
        let curves = (try? history()) ?? [:]
        for name in ["loss", "eval_loss"] {
            guard let points = curves[name], let first = points.first, let last = points.last else {
                continue
            }
            rows.append((name, "\(first.value.fixed(4)) → \(last.value.fixed(4))"))
        }
        rows += record?.scoreRows ?? []
        if let checkpoint { rows.append(("checkpoint", checkpoint)) }
        if let commit = record?.commit { rows.append(("commit", String(commit.prefix(12)))) }
        if let tags = record?.tags, !tags.isEmpty { rows.append(("tags", tags.joined(separator: ", "))) }
        if let note = record?.note, !note.isEmpty { rows.append(("note", note)) }
        if let problem = record?.problem { rows.append(("problem", problem)) }
        let lead = number.map { "run \($0)  " } ?? ""
        let shown = rows.map { ($0.name, DisplayWidth.oneLine($0.value)) }
        return card(lead + DisplayWidth.oneLine(title), shown).split(separator: "\n").map {
            DisplayWidth.cut($0, to: max(width, 20))
        }.joined(separator: "\n")
    }
}

extension RunRecord {
    /// The newest scores, one line an evaluation.
    fileprivate var scoreRows: [(name: String, value: String)] {
        var rows: [(name: String, value: String)] = []
        for evaluation in evaluations {
            let scores = evaluation.scores.filter { !RunText.isDetail($0.name) }.map {
                "\(RunText.title($0.name)) \(RunText.value($0.value, of: $0.name, in: evaluation.name))"
            }
            rows.removeAll { $0.name == evaluation.name }
            rows.append((evaluation.name, scores.joined(separator: ", ")))
        }
        return rows
    }
}

/// Runs as a table for the prompt.
enum RunListText {
    /// The scores that have a column of their own, if any run has them.
    private static let scores = ["rouge1", "rouge2", "rougeL", "rougeLsum", "accuracy", "macro_f1"]

    /// One line a run; columns that no run fills are left out, and titles are cut to the width.
    static func table(_ runs: [RunRecord], width: Int) -> String {
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
