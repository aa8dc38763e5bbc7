import Lab
import LyceumKit

extension OpenRun {
    /// What the prompt shows of it.
    ///
    /// - Parameter width: of the screen, in columns.
    public func text(width: Int) -> String {
        let record = knownRecord
        var rows: [(name: String, value: String)] = []
        if let record {
            let time = record.seconds.map { " in \(RunText.time($0))" } ?? ""
            rows.append(("state", record.state.rawValue + (record.state == .running ? "" : time)))
            rows.append(("started", record.started.localText))
        } else if let seconds {
            rows.append(("time", RunText.time(seconds)))
        }
        if let record {
            if let count = record.rows { rows.append(("rows", String(count))) }
            for name in ["model", "system", "prompt"] {
                if let text = record.options[name]?.string { rows.append((name, text)) }
            }
        }
        if let number, let spent = session.lab.attempt({ try $0.spending(ofRun: number) }) ?? nil {
            let tokens = "\(spent.promptTokens) + \(spent.completionTokens) tokens"
            let money = spent.cost.map { ", \(RunText.money($0)) USD" } ?? ", price not known"
            rows.append(("replies", "\(spent.replies), \(tokens)\(money)"))
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
        return TextCard.text(lead + DisplayWidth.oneLine(title), shown).split(separator: "\n").map {
            DisplayWidth.cut($0, to: max(width, 20))
        }.joined(separator: "\n")
    }
}
