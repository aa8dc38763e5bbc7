import Evaluation
import LyceumKit

// What a person reads of a workshop.
extension Workshop {
    /// A value of a figure; shares × 100.
    func shown(_ value: Double?, _ figure: Figure) -> String {
        guard let value, value.isFinite else { return "–" }
        return figure.isShare ? (value * 100).fixed(1) : RunText.number(value)
    }

    /// Every variant in a line, the best first: its figures with their intervals, what it took, and what is established.
    public var table: String { (TextTable.lines(wideRows) + [sentence]).joined(separator: "\n") }

    /// The table, as it fits into so many columns: a line a variant; else a column a variant; else a paragraph a variant.
    public func table(width: Int) -> String {
        for rows in [wideRows, tallRows] {
            let lines = TextTable.lines(rows)
            if lines.allSatisfy({ DisplayWidth.of($0) <= width }) {
                return (lines + [sentence]).joined(separator: "\n")
            }
        }
        let paragraphs = tallColumns.flatMap { name, cells in
            let facts = cells.map { "\($0.name) \($0.value)" }.joined(separator: ", ")
            return [name] + DisplayWidth.wrapped(facts, to: max(width - 2, 20)).map { "  " + $0 }
        }
        return (paragraphs + [sentence]).joined(separator: "\n")
    }

    private var order: [Int] { ranking + plan.variants.indices.filter { !ranking.contains($0) } }

    private func name(_ figure: Figure) -> String { figure.title + (figure.isShare ? " × 100" : "") }

    private func interval(_ variant: Int, _ figure: Figure) -> String? {
        figure.intervals[variant].map { "\(shown($0.lowerBound, figure)) – \(shown($0.upperBound, figure))" }
    }

    /// What the variant took: answers, USD, seconds and tokens of an answer.
    private func effortCells(_ variant: Int) -> [String] {
        let good = results[variant].answers.count(where: \.isGood)
        let all = results[variant].answers.count
        let effort = effort(variant)
        return [
            good == all ? "\(good)" : "\(good) of \(all)", cost(variant).map(RunText.money) ?? "unknown",
            effort.map { $0.seconds.fixed(2) } ?? "–", effort?.tokens.map { $0.fixed(0) } ?? "–",
        ]
    }

    private var wideRows: [[String]] {
        let percent = (plan.resampling.confidence * 100).fixed(0)
        let header =
            [""] + figures.flatMap { [name($0), "\(percent) %"] } + ["answers", "USD", "s each", "tokens"]
        return [header]
            + order.map { variant in
                [plan.variants[variant].name]
                    + figures.flatMap {
                        [shown($0.means[variant], $0), interval(variant, $0) ?? ""]
                    } + effortCells(variant)
            }
    }

    /// Each variant with its figures and what it took, by name.
    private var tallColumns: [(name: String, cells: [(name: String, value: String)])] {
        order.map { variant in
            let scores = figures.map { figure in
                (
                    name: name(figure),
                    value: shown(figure.means[variant], figure)
                        + (interval(variant, figure).map { " (\($0))" } ?? "")
                )
            }
            let took = zip(["answers", "USD", "s each", "tokens each"], effortCells(variant)).map {
                (name: $0, value: $1)
            }
            return (plan.variants[variant].name, scores + took)
        }
    }

    private var tallRows: [[String]] {
        let columns = tallColumns
        guard let first = columns.first else { return [] }
        return [[""] + columns.map(\.name)]
            + first.cells.indices.map { row in [first.cells[row].name] + columns.map { $0.cells[row].value } }
    }

    /// Which variant is better, by how much, whether that is established, and how many rows more would establish it.
    public var sentence: String {
        guard let figure = decidingFigure else {
            return "Nothing scores the answers: give a metric with a reference, checks, or a judge."
        }
        guard let test = decidingTest, let best = ranking.first else {
            return ranking.isEmpty
                ? "There is no answer to score." : "There is only one variant with answers to compare."
        }
        let other = test.first == best ? test.second : test.first
        let sign = test.first == best ? 1.0 : -1.0
        let difference = sign * test.difference.difference
        let bounds = [
            sign * test.difference.interval.lowerBound, sign * test.difference.interval.upperBound,
        ].sorted()
        let (first, second) = (plan.variants[best].name, plan.variants[other].name)
        let unit = figure.isShare ? " points" : ""
        let others = plan.variants.count > 2 ? ", the next best," : ""
        let rows = test.count == 1 ? "1 row" : "\(test.count) rows"
        if difference == 0 {
            return "\(first) and \(second) do not differ in \(figure.title) on \(rows)."
        }
        let direction = figure.largerIsBetter ? "" : " (less is better)"
        let start =
            "\(first) is better than \(second)\(others) in \(figure.title)\(direction): by \(shown(abs(difference), figure))\(unit) on \(rows) "
            + "(\((plan.resampling.confidence * 100).fixed(0)) % interval of the difference \(shown(bounds[0], figure)) to \(shown(bounds[1], figure)), p \(PairedTest.shown(test.correctedP))"
            + (plan.variants.count > 2 ? ", corrected by Holm)" : ")")
        if isEstablished { return start + ". This is established." }
        guard let needed = test.neededRows else { return start + ". This is not established." }
        let more = max(needed - test.count, 1)
        return start
            + ". This is not established; if the difference is real, about \(more) more \(more == 1 ? "row" : "rows") would establish it (four times in five)."
    }

    /// The answers to one row, variant after variant, with their scores and what they took.
    ///
    /// - Parameters:
    ///   - row: counted from 0.
    ///   - showsQuestions: whether each variant's question is shown as it was asked.
    /// - Throws: `LyceumError.invalid` if there is no such row.
    public func text(ofRow row: Int, showsQuestions: Bool = false) throws -> String {
        guard (0..<plan.data.count).contains(row) else {
            throw LyceumError.invalid(
                "the row of a workshop", expected: "1 to \(plan.data.count)", got: String(row + 1),
                remedy: nil)
        }
        var lines = ["row \(row + 1) of \(plan.data.count)"]
        if let reference = plan.reference {
            let texts = (try? plan.data.rows([row]).stringLists(reference).first) ?? []
            lines += texts.map { "reference: \($0)" }
        }
        for variant in plan.variants.indices {
            lines.append("")
            if showsQuestions {
                lines.append("── \(plan.variants[variant].name), the question")
                lines.append(try question(variant, row: row))
            }
            for sample in 0..<plan.samples { lines += cell(variant, row: row, sample: sample) }
        }
        return lines.joined(separator: "\n")
    }

    /// One answer: a line about it, and the text.
    func cell(_ variant: Int, row: Int, sample: Int) -> [String] {
        let number = plan.samples > 1 ? ", sample \(sample + 1)" : ""
        let name = "── \(plan.variants[variant].name)\(number)"
        guard let answer = answer(variant, row: row, sample: sample), answer.isGood, let reply = answer.reply
        else {
            let problem = self.answer(variant, row: row, sample: sample)?.problem ?? "not asked"
            return ["\(name): no answer (\(problem))"]
        }
        let place = row * plan.samples + sample
        let scores = figures.compactMap { figure -> String? in
            figure.cells[variant][place].map { "\(figure.title) \(shown($0, figure))" }
        }
        var facts = scores
        if let tokens = reply.reply.completionTokens { facts.append("\(tokens) tokens") }
        if let cost = reply.cost { facts.append("\(RunText.money(cost)) USD") }
        facts.append("\(reply.reply.seconds.fixed(2)) s")
        return ["\(name): \(facts.joined(separator: ", "))", reply.reply.text]
    }

    /// What differs between the answers of two variants to a row.
    ///
    /// - Throws: `LyceumError.invalid` if there is no such row, `LyceumError.failed` if one of them has no answer.
    public func diff(_ first: Int, _ second: Int, row: Int, sample: Int = 0) throws -> TextDiff {
        guard (0..<plan.data.count).contains(row), (0..<plan.samples).contains(sample) else {
            throw LyceumError.invalid(
                "the row and sample of a workshop",
                expected: "rows 1 to \(plan.data.count), samples 1 to \(plan.samples)",
                got: "\(row + 1) and \(sample + 1)", remedy: nil)
        }
        let texts = try [first, second].map { variant -> String in
            guard let text = answer(variant, row: row, sample: sample)?.reply?.reply.text else {
                throw LyceumError.failed(
                    "\(plan.variants[variant].name) has no answer to row \(row + 1)", remedy: nil)
            }
            return text
        }
        return TextDiff(texts[0], texts[1])
    }

    /// Rows by variants: the deciding figure of each, or whether there is an answer.
    public func grid(rows: Range<Int>) -> String {
        let figure = decidingFigure
        let header = ["row"] + plan.variants.map(\.name)
        let lines = rows.clamped(to: 0..<plan.data.count).map { row in
            ["\(row + 1)"]
                + plan.variants.indices.map { variant in
                    if let figure { return shown(figure.rows[variant][row], figure) }
                    return answer(variant, row: row)?.isGood == true ? "answered" : "–"
                }
        }
        return TextTable.lines([header] + lines).joined(separator: "\n")
    }

    /// One screen of the walk through the cells.
    public func screen(row: Int, variant: Int, sample: Int, view: WorkshopView) -> String {
        let name = plan.variants[variant].name
        var lines = [
            "row \(row + 1) of \(plan.data.count)   \(name), variant \(variant + 1) of \(plan.variants.count)"
                + (plan.samples > 1 ? "   sample \(sample + 1) of \(plan.samples)" : ""), "",
        ]
        if let reference = plan.reference, let texts = try? plan.data.rows([row]).stringLists(reference).first
        {
            lines += texts.map { "reference: \($0)" } + [""]
        }
        switch view {
        case .answer: lines += cell(variant, row: row, sample: sample)
        case .question:
            lines.append("── \(name), the question")
            lines.append((try? question(variant, row: row)) ?? "–")
        case .difference:
            let other = variant == 0 ? min(1, plan.variants.count - 1) : 0
            let diff = try? diff(other, variant, row: row, sample: sample)
            let same = diff?.isEmpty == true ? ": the answers are the same" : ""
            lines.append("── from \(plan.variants[other].name) to \(name)\(same)")
            lines.append(diff?.text() ?? "one of them has no answer")
        }
        return lines.joined(separator: "\n")
    }
}

/// What a screen of the walk shows of a cell.
public enum WorkshopView: Sendable {
    /// The answer with its scores.
    case answer
    /// The question as it was asked.
    case question
    /// What differs from the first variant's answer (of the first: from the second's).
    case difference
}
