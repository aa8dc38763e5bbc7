import Evaluation
import LyceumKit

// All that is not written here goes through `PageText.escape`.
extension WorkshopPage {
    /// The parts of the page, with their headings; what matters most comes first.
    var parts: [(title: String, body: String)] {
        [
            ("Variants", "<p>\(PageText.escape(sentence))</p>\n\(variantTable)\(teacherTable)"),
            ("Is the difference real?", differenceTable), ("Answers", answers), ("Prompts", prompts),
        ].filter { !$0.1.isEmpty }
    }

    /// What a heading calls it: "a, b, c".
    var names: String {
        let shown = variants.map(\.name).sorted().prefix(6).joined(separator: ", ")
        return variants.count > 6 ? "\(shown), …" : shown
    }

    private func shown(_ value: Double?, _ figure: Int) -> String {
        guard let value, value.isFinite, figures.indices.contains(figure) else { return "–" }
        return figures[figure].isShare ? (value * 100).fixed(1) : RunText.number(value)
    }

    private func shown(_ score: Score, _ figure: Int) -> String {
        guard let low = score.low, let high = score.high else { return shown(score.value, figure) }
        return "\(shown(score.value, figure)) <small>\(shown(low, figure)) – \(shown(high, figure))</small>"
    }

    private func title(_ figure: Int) -> String {
        PageText.escape(figures[figure].title + (figures[figure].isShare ? " × 100" : ""))
    }

    private var percent: String { "\((confidence * 100).fixed(0)) %" }

    private var variantTable: String {
        let rows = variants.map { variant -> [String] in
            [PageText.escape(variant.name)]
                + variant.scores.enumerated().map { shown($1, $0) } + [
                    variant.answered == variant.wanted
                        ? "\(variant.answered)" : "\(variant.answered) of \(variant.wanted)",
                    variant.cost.map(RunText.money) ?? "unknown", variant.seconds.map { $0.fixed(2) } ?? "–",
                    variant.tokens.map { $0.fixed(0) } ?? "–", variant.run.map { "run \($0)" } ?? "–",
                ]
        }
        let heads = [""] + figures.indices.map(title) + ["answers", "USD", "s each", "tokens each", "lab"]
        let note =
            figures.isEmpty ? "" : "<p>In small print the \(percent) interval of a mean over the rows.</p>"
        return RunReport.table([heads] + rows) + note
    }

    /// Prompts by teachers in the figure that decides; nothing for one teacher or one prompt.
    private var teacherTable: String {
        guard let deciding else { return "" }
        func distinct(_ names: [String]) -> [String] {
            var seen: Set<String> = []
            return names.filter { seen.insert($0).inserted }
        }
        let (prompts, teachers) = (
            distinct(variants.map(\.promptName)), distinct(variants.map(\.teacherName))
        )
        if prompts.count < 2 || teachers.count < 2 { return "" }
        let rows = prompts.map { prompt in
            [PageText.escape(prompt)]
                + teachers.map { teacher in
                    variants.first { $0.promptName == prompt && $0.teacherName == teacher }
                        .map { shown($0.scores[deciding], deciding) } ?? "–"
                }
        }
        return "<h4>\(title(deciding)): prompts by teachers</h4>\n"
            + RunReport.table([["prompt"] + teachers.map { PageText.escape($0) }] + rows)
    }

    private var differenceTable: String {
        let decisive = differences.filter { $0.figure == deciding }
        let others = differences.filter { $0.figure != deciding }
        if others.isEmpty { return table(of: decisive) }
        let title = decisive.isEmpty ? "\(others.count) tests" : "\(others.count) tests of the other figures"
        return table(of: decisive)
            + "<details><summary>\(title)</summary>\n\(table(of: others))</details>"
    }

    private func table(of differences: [Difference]) -> String {
        if differences.isEmpty { return "" }
        let rows = differences.map { one -> [String] in
            [
                title(one.figure),
                PageText.escape("\(variants[one.first].name) − \(variants[one.second].name)"),
                shown(one.difference.value, one.figure),
                "\(shown(one.difference.low, one.figure)) – \(shown(one.difference.high, one.figure))",
                PageText.escape(PairedTest.shown(one.p)), PageText.escape(PairedTest.shown(one.correctedP)),
                "\(one.rows)",
            ]
        }
        return RunReport.table(
            [["", "of", "difference", "\(percent) interval", "p (randomisation)", "p (Holm)", "rows"]] + rows)
    }

    private var prompts: String {
        variants.map { variant in
            "<details><summary>\(PageText.escape(variant.name))</summary>\n"
                + "<pre class=\"plain\">\(PageText.escape(variant.prompt))</pre></details>"
        }.joined(separator: "\n")
    }

    // MARK: answers

    private var answers: String {
        let shown = rows.enumerated().map { place, row in
            let summary =
                "row \(place + 1)"
                + (deciding == nil
                    ? ""
                    : ": "
                        + variants.map { variant in
                            "\(variant.name) \(self.score(place, of: variant))"
                        }.joined(separator: ", "))
            return "<details\(place == 0 ? " open" : "")><summary>\(PageText.escape(summary))</summary>\n"
                + whole(row) + "</details>"
        }
        let rest =
            rows.count < rowCount
            ? "<p>The first \(rows.count) of \(rowCount) rows; w:save(\"w.html\", { rows = \(rowCount) }) writes all of them.</p>"
            : ""
        return ([grid] + shown + [rest]).filter { !$0.isEmpty }.joined(separator: "\n")
    }

    private func score(_ row: Int, of variant: Variant) -> String {
        guard let deciding, variant.grid.indices.contains(row) else { return "–" }
        return shown(variant.grid[row], deciding)
    }

    /// Rows by variants in the figure that decides.
    private var grid: String {
        guard let deciding else { return "" }
        let count = variants.map(\.grid.count).max() ?? 0
        if count == 0 { return "" }
        let lines = (0..<count).map { row in ["\(row + 1)"] + variants.map { score(row, of: $0) } }
        let rest = count < rowCount ? ", the first \(count) of \(rowCount)" : ""
        return "<details><summary>\(title(deciding)) row by row\(rest)</summary>\n"
            + RunReport.table([["row"] + variants.map { PageText.escape($0.name) }] + lines) + "</details>"
    }

    private func whole(_ row: Row) -> String {
        let fields = row.fields.map { field in
            "<p class=\"source\"><small>\(PageText.escape(field.name))</small> \(PageText.escape(field.text))</p>"
        }
        let references = row.references.map { text in
            card("reference", "", PageText.escape(text), class: "gold")
        }
        let cells = zip(variants, row.cells).flatMap { variant, samples in
            samples.enumerated().map { number, cell in
                self.cell(
                    cell, variant.name + (samples.count > 1 ? ", sample \(number + 1)" : ""), row.references)
            }
        }
        return fields.joined(separator: "\n")
            + "<div class=\"side\">\n\((references + cells).joined(separator: "\n"))\n</div>"
    }

    private func cell(_ cell: Cell, _ name: String, _ references: [String]) -> String {
        guard let text = cell.text else {
            return card(
                name, "", "<em>no answer (\(PageText.escape(cell.problem ?? "not asked")))</em>", class: "")
        }
        var facts = cell.scores.enumerated().compactMap { figure, value in
            value.map { "\(figures[figure].title) \(shown($0, figure))" }
        }
        if let tokens = cell.tokens { facts.append("\(tokens) tokens") }
        if let cost = cell.cost { facts.append("\(RunText.money(cost)) USD") }
        if let seconds = cell.seconds { facts.append("\(seconds.fixed(2)) s") }
        return card(
            name, " <small>\(PageText.escape(facts.joined(separator: ", ")))</small>",
            RunReport.marked(text, references: references), class: "")
    }

    private func card(_ title: String, _ facts: String, _ text: String, class name: String) -> String {
        "<div class=\"card \(name)\"><h4>\(PageText.escape(title))\(facts)</h4><p>\(text.isEmpty ? "<em>nothing</em>" : text)</p></div>"
    }
}
