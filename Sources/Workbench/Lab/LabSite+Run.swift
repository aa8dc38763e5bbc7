import Lab
import LyceumKit

extension LabSite {
    /// One run: what a report says of it, its curves and what it was made from and left behind.
    func run(_ number: Int, _ wish: Wish) throws -> Draft {
        let lab = try session.lab.store
        let run = try lab.run(number)
        var parts = [facts(of: run, wish)]
        if run.kind == .generate, let generation = try? lab.generation(number) {
            parts.append(try teacher(generation, wish))
        }
        let report = try report([number], title: run.title, wish)
        if report.sampledRows > 0 { parts.append(sampleSearch(wish, hidden: [])) }
        parts.append(report.sections)
        let artifacts = try lab.artifacts(of: number)
        if !artifacts.isEmpty {
            let rows = artifacts.map {
                [
                    PageText.escape($0.kind), PageText.escape($0.path),
                    $0.step.map(String.init) ?? "", PageText.escape($0.created.localText),
                ]
            }
            parts.append(
                "<section><h2>Files</h2>\(RunReport.table([["kind", "path", "step", "written"]] + rows, class: "text"))</section>"
            )
        }
        return Draft(
            title: "Run \(number): \(run.title)",
            header: "<p>\(Self.state(run)) \(Self.duration(run))</p>", body: parts.joined(separator: "\n"))
    }

    private func facts(of run: RunRecord, _ wish: Wish) -> String {
        func links(_ numbers: [Int]) -> String {
            numbers.map { PageText.link("\(wish.root)/run/\($0)", "run \($0)") }.joined(separator: ", ")
        }
        var rows: [(String, String)] = []
        if let problem = run.problem { rows.append(("problem", PageText.escape(problem))) }
        if !run.parents.isEmpty { rows.append(("made from", links(run.parents))) }
        if let seed = run.seed { rows.append(("seed", String(seed))) }
        if !run.note.isEmpty { rows.append(("note", PageText.escape(run.note))) }
        for (role, data) in run.data.sorted(by: { $0.key < $1.key }) {
            rows.append(("data: " + PageText.escape(role), PageText.escape(data.prefix(12))))
        }
        if rows.isEmpty { return "" }
        return "<dl class=\"facts\">" + rows.map { "<dt>\($0.0)</dt><dd>\($0.1)</dd>" }.joined() + "</dl>"
    }

    /// Runs side by side, as a report shows them.
    func comparison(_ wish: Wish) throws -> Draft {
        let numbers = (wish.query["run"] ?? []).compactMap { Int($0) }
        var seen: Set<Int> = []
        let chosen = Array(numbers.filter { seen.insert($0).inserted }.prefix(12))
        if chosen.isEmpty {
            return Draft(title: "Compare", body: "<p class=\"empty\">Tick runs in the list first.</p>")
        }
        let title =
            chosen.count == 1 ? "Run \(chosen[0])" : "Runs " + chosen.map(String.init).joined(separator: ", ")
        let report = try report(chosen, title: title, wish)
        let links = chosen.map { PageText.link("\(wish.root)/run/\($0)", "run \($0)") }
        let search =
            report.sampledRows > 0 || !wish.text("q").isEmpty
            ? sampleSearch(wish, hidden: chosen.map { ("run", String($0)) }) : ""
        return Draft(
            title: title, header: "<p>\(links.joined(separator: ", "))</p>", body: search + report.sections)
    }

    /// The parts of a report, with tests that are made once for the same scores.
    private func report(_ numbers: [Int], title: String, _ wish: Wish) throws -> RunReport {
        let records = try numbers.map { try session.lab.store.run($0) }
        let key = "\(numbers) \(records.map(\.evaluations).hashValue)"
        let report = try RunReport(
            numbers, in: session, title: title, sampleCount: wish.number("rows", 5, in: 1...100),
            seed: wish.number("seed", 1, in: 0...1_000_000), containing: wish.text("q"),
            knownTests: knownTests[key], job: .silent("reading the lab"))
        if knownTests.count > 50 { knownTests = [:] }
        knownTests[key] = report.tests
        return report
    }

    private func sampleSearch(_ wish: Wish, hidden: [(String, String)]) -> String {
        let fields = hidden.map {
            "<input type=\"hidden\" name=\"\($0.0)\" value=\"\(PageText.escape($0.1))\">"
        }
        let counts = [5, 10, 20, 50].map {
            "<option\(wish.number("rows", 5, in: 1...100) == $0 ? " selected" : "")>\($0)</option>"
        }
        return """
            <form class="filter" role="search" method="get">\(fields.joined())
            <label>samples with this text<input type="search" name="q" value="\(PageText.escape(wish.text("q")))"></label>
            <label>rows<select name="rows">\(counts.joined())</select></label>
            <label>draw<select name="seed">\((1...9).map { "<option\(wish.number("seed", 1, in: 0...1_000_000) == $0 ? " selected" : "")>\($0)</option>" }.joined())</select></label>
            <button>Show</button></form>
            """
    }
}
