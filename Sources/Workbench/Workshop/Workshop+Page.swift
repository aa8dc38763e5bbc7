import Corpus
import Evaluation
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
        let order = ranking + plan.variants.indices.filter { !ranking.contains($0) }
        let heads = figures.map { PageText.escape($0.title + ($0.isShare ? " × 100" : "")) }
        let scores = order.map { variant -> [String] in
            let effort = effort(variant)
            return [PageText.escape(plan.variants[variant].name)]
                + figures.map { figure in
                    shown(figure.means[variant], figure)
                        + (figure.intervals[variant].map {
                            " <small>\(shown($0.lowerBound, figure)) – \(shown($0.upperBound, figure))</small>"
                        } ?? "")
                } + [
                    "\(results[variant].answers.count(where: \.isGood)) of \(results[variant].answers.count)",
                    cost(variant).map(RunText.money) ?? "unknown", effort.map { $0.seconds.fixed(2) } ?? "–",
                    results[variant].run.map { "run \($0)" } ?? "–",
                ]
        }
        let differences = tests.map { test -> [String] in
            let figure = figures.first { $0.name == test.figure }
            func value(_ number: Double) -> String { figure.map { shown(number, $0) } ?? number.fixed(4) }
            return [
                PageText.escape(figure?.title ?? test.figure),
                PageText.escape("\(plan.variants[test.first].name) − \(plan.variants[test.second].name)"),
                value(test.difference.difference),
                "\(value(test.difference.interval.lowerBound)) – \(value(test.difference.interval.upperBound))",
                PageText.escape(PairedTest.shown(test.difference.randomizationP)),
                PageText.escape(PairedTest.shown(test.correctedP)), "\(test.count)",
            ]
        }
        var sections = [
            section(
                "Variants",
                "<p>\(PageText.escape(sentence))</p>\n"
                    + RunReport.table([[""] + heads + ["answers", "USD", "s each", "lab"]] + scores))
        ]
        if !differences.isEmpty {
            sections.append(
                section(
                    "Is the difference real?",
                    RunReport.table(
                        [["", "of", "difference", "interval", "p (randomisation)", "p (Holm)", "rows"]]
                            + differences)))
        }
        let prompts = plan.variants.map { variant in
            "<h3>\(PageText.escape(variant.name))</h3>\n\(preformatted(variant.prompt.recordedSource))"
        }
        sections.append(section("Prompts", prompts.joined(separator: "\n")))
        let cards = (0..<min(max(rows, 0), plan.data.count)).map { row -> String in
            let texts = (try? text(ofRow: row)) ?? ""
            return "<details><summary>row \(row + 1)</summary>\(preformatted(texts))</details>"
        }
        sections.append(section("Answers", cards.joined(separator: "\n")))
        return PageText.page(
            title: title, body: sections.joined(separator: "\n"),
            policy: "default-src 'none'; style-src 'unsafe-inline'")
    }

    /// Text as it was written, which the page may break anywhere.
    private func preformatted(_ text: String) -> String {
        "<pre style=\"white-space: pre-wrap; overflow-wrap: anywhere\">\(PageText.escape(text))</pre>"
    }

    private func section(_ title: String, _ body: String) -> String {
        "<section>\n<h2>\(title)</h2>\n\(body)\n</section>"
    }
}
