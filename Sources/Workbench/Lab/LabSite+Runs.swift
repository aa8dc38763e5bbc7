import Lab
import LyceumKit

extension LabSite {
    /// The most runs on one page.
    private static let mostRuns = 200

    /// All runs that fit, the newest first, to be compared by ticking them.
    func runs(_ wish: Wish) throws -> Draft {
        let lab = try session.lab.store
        var query = RunQuery(text: wish.text("q"), descending: true, limit: Self.mostRuns)
        if let kind = RunKind(rawValue: wish.text("kind")) { query.kinds = [kind] }
        if let state = RunState(rawValue: wish.text("state")) { query.states = [state] }
        if !wish.text("tag").isEmpty { query.tags = [wish.text("tag")] }
        let figures = try lab.figureNames()
        if figures.contains(wish.text("sort")) { query.order = .figure(wish.text("sort")) }
        if wish.text("sort") == "seconds" { query.order = .seconds }
        let found = try lab.runs(query)
        let spendings = try lab.spendings(ofGenerations: found.filter { $0.kind == .generate }.map(\.id))
        let rows = found.map { row($0, spendings[$0.id], wish) }
        let table =
            rows.isEmpty
            ? "<p class=\"empty\">\(lab.exists ? "No run fits." : "This lab is empty: the first run makes it.")</p>"
            : """
            <form action="\(PageText.escape(wish.root))/compare" method="get">
            <p><button>Compare the ticked runs</button></p>
            <div class="scroll"><table class="runs text"><thead><tr><th scope="col">run</th><th scope="col">what</th>
            <th scope="col">state</th><th scope="col">scores</th><th scope="col">last figures</th><th scope="col" class="number">time</th>
            <th scope="col" class="number">cost</th><th scope="col">started</th></tr></thead>
            <tbody>\(rows.joined(separator: "\n"))</tbody></table></div></form>
            """
        let cut =
            found.count == Self.mostRuns ? "<p class=\"empty\">The newest \(Self.mostRuns) that fit.</p>" : ""
        return Draft(
            title: "Lab", header: "<p>\(PageText.escape(lab.folder))</p>",
            body: filter(wish, figures: figures) + table + cut)
    }

    private func filter(_ wish: Wish, figures: [String]) -> String {
        func select(_ name: String, _ label: String, _ choices: [(String, String)]) -> String {
            let options = choices.map { value, title in
                "<option value=\"\(PageText.escape(value))\"\(value == wish.text(name) ? " selected" : "")>"
                    + "\(PageText.escape(title))</option>"
            }
            return "<label>\(label)<select name=\"\(name)\">\(options.joined())</select></label>"
        }
        let kinds = [("", "all")] + RunKind.allCases.map { ($0.rawValue, $0.rawValue) }
        let states = [("", "all")] + RunState.allCases.map { ($0.rawValue, $0.rawValue) }
        let orders =
            [("", "newest first"), ("seconds", "longest first")]
            + figures.filter { !RunText.isDetail($0) }.map { ($0, "\(RunText.title($0)), highest first") }
        return """
            <form class="filter" role="search" method="get">
            <label>title or note<input type="search" name="q" value="\(PageText.escape(wish.text("q")))"></label>
            \(select("kind", "kind", kinds))\(select("state", "state", states))\(select("sort", "order", orders))
            \(wish.text("tag").isEmpty ? "" : "<input type=\"hidden\" name=\"tag\" value=\"\(PageText.escape(wish.text("tag")))\">")
            <button>Show</button></form>
            """
    }

    private func row(_ run: RunRecord, _ spending: Spending?, _ wish: Wish) -> String {
        func cell(_ name: String, _ markup: String, number: Bool = false) -> String {
            let label = name.isEmpty || markup.isEmpty ? "" : " data-name=\"\(name)\""
            return "<td\(label)\(number ? " class=\"number\"" : "")>\(markup)</td>"
        }
        let tags = run.tags.map {
            PageText.link("\(wish.root)/?tag=\(Self.encoded($0))", "#" + PageText.escape($0))
        }
        let title = PageText.link("\(wish.root)/run/\(run.id)", PageText.escape(run.title))
        let scores = run.scoreRows.map { "\(PageText.escape($0.name)): \(PageText.escape($0.value))" }
        let figures = ["loss", "eval_loss"].compactMap { name in
            run.metrics[name].map { "\(name) \(RunText.number($0.value)) at \($0.step)" }
        }
        let note = run.note.isEmpty ? "" : "<br><small>\(PageText.escape(run.note))</small>"
        return """
            <tr><td><label><input type="checkbox" name="run" value="\(run.id)" aria-label="compare run \(run.id)">
            \(run.id)</label></td>
            <td class="title">\(title) \(tags.joined(separator: " "))\(note)</td>
            \(cell("", Self.state(run)))\(cell("scores", scores.joined(separator: "<br>")))
            \(cell("figures", figures.joined(separator: "<br>")))
            \(cell("time", Self.duration(run), number: true))\(cell("cost", spending.map(Self.price) ?? "", number: true))
            \(cell("started", PageText.escape(run.started.localText)))</tr>
            """
    }

    static func state(_ run: RunRecord) -> String {
        "<span class=\"state \(run.state.rawValue)\">\(run.state.rawValue)</span>"
    }

    /// How long it took, or has been going.
    static func duration(_ run: RunRecord) -> String {
        if let seconds = run.seconds { return RunText.time(seconds) }
        return run.state == .running ? RunText.time(max(0, Timestamp.now.seconds(since: run.started))) : ""
    }

    /// What is known of a price, as markup; an unknown one is not 0. Nothing where nothing was asked.
    static func price(_ spending: Spending) -> String {
        guard let cost = spending.cost else {
            return spending.replies == 0
                ? ""
                : "<span class=\"unknown\" title=\"the teacher was opened without a price: price_in, price_out\">unknown</span>"
        }
        let rest =
            spending.unpriced > 0
            ? " <small>+ \(spending.unpriced) \(spending.unpriced == 1 ? "reply" : "replies") of unknown price</small>"
            : ""
        return "\(RunText.money(cost)) USD\(rest)"
    }

    /// A text for the query of an address.
    static func encoded(_ text: String) -> String {
        text.utf8.map { byte in
            let isPlain =
                (byte >= 0x30 && byte <= 0x39) || (byte >= 0x41 && byte <= 0x5A)
                || (byte >= 0x61 && byte <= 0x7A)
                || byte == 0x2D || byte == 0x5F
            let digits = String(byte, radix: 16, uppercase: true)
            return isPlain ? String(Unicode.Scalar(byte)) : "%" + (digits.count < 2 ? "0" : "") + digits
        }.joined()
    }
}
