import Evaluation
import Lab
import LyceumKit

// The page is written as text that has no way out: everything that is not written here goes through
// `PageText.escape`. It loads nothing and runs nothing.
extension RunReport {
    /// The page, complete in one file.
    ///
    /// - Parameter moment: when it is written.
    public func html(at moment: Timestamp) -> String {
        PageText.page(
            title: title,
            header:
                "<p>\(runs.count == 1 ? "1 run" : "\(runs.count) runs"), written \(PageText.escape(moment.localText)) by Lyceum</p>",
            body: sections, policy: "default-src 'none'; style-src 'unsafe-inline'")
    }

    /// The parts of the page: what matters most comes first.
    var sections: String {
        ([section("Runs", overview)] + workshops.map(workshop) + [
            section("Scores", scores), section("Samples", sampleCards),
            section("Curves", plots), section("Time and cost", cost), section("Options", options),
        ]).filter { !$0.isEmpty }.joined(separator: "\n")
    }

    private func workshop(_ page: WorkshopPage) -> String {
        section(
            "Workshop: \(PageText.escape(page.names))",
            page.parts.map { "<h3>\($0.title)</h3>\n\($0.body)" }.joined(separator: "\n"))
    }

    /// Whether a workshop's own part shows these scores already.
    private func isInWorkshop(_ group: RunComparison.ScoreGroup) -> Bool {
        guard group.evaluation == "workshop" else { return false }
        let scored = zip(runs, group.figures.first?.values ?? []).filter { $0.1 != nil }.map(\.0.id)
        return workshops.contains { page in Set(scored).isSubset(of: page.variants.compactMap(\.run)) }
    }

    private func section(_ title: String, _ body: String) -> String {
        body.isEmpty ? "" : "<section>\n<h2>\(title)</h2>\n\(body)\n</section>"
    }

    /// A table; the first column and the first row are headings. Cells are markup.
    static func table(_ rows: [[String]], class name: String = "") -> String {
        guard let head = rows.first else { return "" }
        let header = head.map { "<th scope=\"col\">\($0)</th>" }.joined()
        let body = rows.dropFirst().map { row in
            "<tr>"
                + row.enumerated().map {
                    $0.offset == 0 ? "<th scope=\"row\">\($0.element)</th>" : "<td>\($0.element)</td>"
                }
                .joined() + "</tr>"
        }
        return
            "<div class=\"scroll\"><table\(name.isEmpty ? "" : " class=\"\(name)\"")><thead><tr>\(header)</tr></thead>\n<tbody>"
            + body.joined(separator: "\n") + "</tbody></table></div>"
    }

    private var runHeads: [String] { runs.map { "run \($0.id)" } }

    private var overview: String {
        func row(_ name: String, _ value: (RunRecord) -> String) -> [String]? {
            let cells = runs.map { PageText.escape(value($0)) }
            return cells.allSatisfy(\.isEmpty) ? nil : [name] + cells
        }
        let rows = [
            row("title") { $0.title }, row("state") { $0.state.rawValue },
            row("problem") { $0.problem ?? "" },
            row("started") { $0.started.localText }, row("machine") { $0.host },
            row("commit") { String(($0.commit ?? "").prefix(12)) },
            row("tags") { $0.tags.joined(separator: ", ") }, row("note") { $0.note },
        ].compactMap { $0 }
        return Self.table([[""] + runHeads] + rows, class: "text")
    }

    private var options: String {
        func rows(_ settings: [RunComparison.Setting]) -> [[String]] {
            settings.map { setting in
                [PageText.escape(setting.name)]
                    + setting.values.map { PageText.escape(RunText.setting($0, named: setting.name)) }
            }
        }
        var parts: [String] = []
        // What only some runs have are the defaults of another architecture.
        let shared = comparison.differing.filter { !$0.values.contains(nil) }
        let others = comparison.differing.filter { $0.values.contains(nil) }
        if !shared.isEmpty {
            parts.append(Self.table([["differs"] + runHeads] + rows(shared), class: "text"))
        }
        if !others.isEmpty {
            parts.append(
                "<details><summary>\(others.count) that only some of the runs have</summary>\n"
                    + Self.table([["option"] + runHeads] + rows(others), class: "text") + "</details>")
        }
        if !comparison.common.isEmpty {
            let common = rows(comparison.common).map { Array($0.prefix(2)) }
            let title =
                runs.count == 1 ? "\(common.count) options" : "\(common.count) that are the same in all"
            parts.append(
                "<details><summary>\(title)</summary>\n"
                    + Self.table([["option", "value"]] + common, class: "text") + "</details>")
        }
        return parts.joined(separator: "\n")
    }

    private var plots: String {
        let names = Set(curves.flatMap(\.keys))
        let shown =
            ["loss", "eval_loss"].filter(names.contains)
            + names.filter { $0.hasPrefix("eval_") && $0 != "eval_loss" }.sorted()
        let pictures = shown.compactMap { name -> String? in
            let series = zip(runs, curves).compactMap { run, curves -> Plot.Series? in
                guard let points = curves[name] else { return nil }
                return Plot.Series(
                    name: "run \(run.id)", points: points.map { (Double($0.step), $0.value) })
            }
            guard let plot = try? Plot(title: name, series: series) else { return nil }
            return "<figure>\(plot.svg(width: 480, height: 230, isAlone: false))</figure>"
        }
        return pictures.isEmpty ? "" : "<div class=\"plots\">\n\(pictures.joined(separator: "\n"))</div>"
    }

    private var scores: String {
        zip(comparison.scoreGroups, tests).filter {
            $0.0.evaluation != "latency" && !isInWorkshop($0.0)
        }.map { group, tests in
            let rows = group.figures.map { figure in
                [PageText.escape(RunText.title(figure.name))]
                    + figure.values.map { $0.map { Self.score($0, in: figure.evaluation) } ?? "–" }
            }
            var parts = [
                "<h3>\(PageText.escape(group.evaluation))</h3>", Self.table([[""] + runHeads] + rows),
            ]
            if !tests.isEmpty { parts += [significance(tests, in: group.evaluation)] }
            if !group.explanation.isEmpty { parts.append("<p>\(PageText.escape(group.explanation))</p>") }
            let signatures = Set(
                runs.flatMap(\.evaluations).filter { $0.name == group.evaluation && $0.data == group.data }
                    .map(\.signature)
            ).filter { !$0.isEmpty }.sorted()
            parts += signatures.map { "<p class=\"signature\">\(PageText.escape($0))</p>" }
            return parts.joined(separator: "\n")
        }.joined(separator: "\n")
    }

    /// A score with its interval in small print.
    private static func score(_ score: RunScore, in evaluation: String) -> String {
        let value = RunText.value(score.value, of: score.name, in: evaluation)
        guard let low = score.low, let high = score.high else { return value }
        return "\(value) <small>\(RunText.value(low, of: score.name, in: evaluation)) – "
            + "\(RunText.value(high, of: score.name, in: evaluation))</small>"
    }

    private func significance(_ tests: [RunTest], in evaluation: String) -> String {
        let rows = tests.map { test in
            func shown(_ value: Double) -> String { RunText.value(value, of: test.name, in: evaluation) }
            func p(_ value: Double) -> String { PageText.escape(PairedTest.shown(value)) }
            let difference = test.difference
            return [
                PageText.escape(RunText.title(test.name)),
                "run \(runs[test.first].id) − run \(runs[test.second].id)", shown(difference.difference),
                "\(shown(difference.interval.lowerBound)) – \(shown(difference.interval.upperBound))",
                p(difference.bootstrapP), p(difference.randomizationP), test.mcNemarP.map(p) ?? "",
                p(test.correctedP),
            ]
        }
        let hasMcNemar = tests.contains { $0.mcNemarP != nil }
        let isCorrected = runs.count > 2
        func cells(_ row: [String]) -> [String] {
            row.enumerated().filter { (hasMcNemar || $0.offset != 6) && (isCorrected || $0.offset != 7) }
                .map(\.element)
        }
        return "<h4>Is the difference real?</h4>\n"
            + Self.table(
                [
                    cells([
                        "", "of", "difference", "95 % interval", "p (bootstrap)", "p (randomisation)",
                        "p (McNemar)", "p (corrected by Holm)",
                    ])
                ]
                    + rows.map(cells))
            + "<p>Paired tests on the same rows, \(Self.resamples) trials each, two-sided.</p>"
    }

    private var cost: String {
        func newest(_ run: RunRecord, _ name: String) -> String {
            run.evaluations.last { $0.name == "latency" }?.scores.first { $0.name == name }.map {
                RunText.number($0.value)
            } ?? ""
        }
        func row(_ name: String, _ cells: [String]) -> [String]? {
            cells.allSatisfy(\.isEmpty) ? nil : [name] + cells.map { $0.isEmpty ? "–" : PageText.escape($0) }
        }
        let rows = [
            row("time", runs.map { $0.seconds.map(RunText.time) ?? "" }),
            row("steps", runs.map { $0.steps.map(String.init) ?? "" }),
            row("tokens trained on", runs.map { $0.metrics["tokens"].map { $0.value.fixed(0) } ?? "" }),
            row("teacher's replies", spendings.map { $0.map { String($0.replies) } ?? "" }),
            row(
                "teacher's tokens, in + out",
                spendings.map { $0.map { "\($0.promptTokens) + \($0.completionTokens)" } ?? "" }),
            row("teacher's price, USD", spendings.map { $0.map(Self.price) ?? "" }),
            row("one answer: median, ms", runs.map { newest($0, "p50") }),
            row("one answer: 95 % within, ms", runs.map { newest($0, "p95") }),
            row("answers a second", runs.map { newest($0, "per_second") }),
        ].compactMap { $0 }
        return rows.isEmpty ? "" : Self.table([[""] + runHeads] + rows)
    }

    /// An unknown price is never 0.
    private static func price(_ spending: Spending) -> String {
        guard let cost = spending.cost else { return "unknown" }
        return cost.fixed(4) + (spending.unpriced > 0 ? " + \(spending.unpriced) unpriced" : "")
    }
}
