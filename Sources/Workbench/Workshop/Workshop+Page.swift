import Corpus
import LyceumKit

extension Workshop {
    /// Every answer in a row of its own: the row's columns, the variant, the answer, its figures and what it took.
    public func dataset() throws -> Dataset {
        var records: [[String: Value]] = []
        for row in 0..<plan.data.count {
            let record = try plan.data.record(at: row)
            for variant in plan.variants.indices {
                for sample in 0..<plan.samples {
                    guard let answer = answer(variant, row: row, sample: sample) else { continue }
                    var fields = Dictionary(
                        zip(record.columns, record.values), uniquingKeysWith: { first, _ in first })
                    fields["workshop_row"] = .integer(row + 1)
                    fields["variant"] = .string(plan.variants[variant].name)
                    fields["sample"] = .integer(sample + 1)
                    fields["answer"] =
                        answer.isGood ? answer.reply.map { .string($0.reply.text) } ?? .null : .null
                    fields["problem"] = answer.problem.map(Value.string) ?? .null
                    fields["cost_usd"] = answer.reply?.cost.map(Value.number) ?? .null
                    fields["seconds"] = answer.reply.map { .number($0.reply.seconds) } ?? .null
                    for figure in figures {
                        fields["score_\(figure.name)"] =
                            figure.cells[variant][row * plan.samples + sample].map(Value.number) ?? .null
                    }
                    records.append(fields)
                }
            }
        }
        return Dataset(
            records: records,
            columns: plan.data.columns + ["workshop_row", "variant", "sample", "answer"]
                + figures.map { "score_\($0.name)" } + ["problem", "cost_usd", "seconds"])
    }

    /// A page about the workshop, complete in one file; it loads nothing and runs no script.
    ///
    /// - Parameters:
    ///   - title: the heading.
    ///   - rows: how many rows are shown whole, from the first.
    public func html(title: String, rows: Int = 50) -> String {
        let sections = WorkshopPage(self, within: .whole(rows: rows)).parts.map {
            "<section>\n<h2>\($0.title)</h2>\n\($0.body)\n</section>"
        }
        return PageText.page(
            title: title, body: sections.joined(separator: "\n"),
            policy: "default-src 'none'; style-src 'unsafe-inline'")
    }
}
