import Lab
import LyceumKit

extension LabSite {
    /// The teacher's part of a run: prompt, model, cost, and rows of what was asked and answered.
    func teacher(_ generation: GenerationRecord, _ wish: Wish) throws -> String {
        let size = wish.number("rows", 5, in: 1...100)
        let from = wish.number("from", 0, in: 0...10_000_000)
        let (answers, count) = try session.lab.store.answers(
            of: generation.id, containing: wish.text("q"), limit: size, offset: from)
        let cards = answers.map { answer in
            let asked = answer.messages.map { message in
                "<div class=\"card\"><h4>\(message.role.rawValue)</h4><p>\(PageText.escape(message.content))</p></div>"
            }
            let cost =
                answer.cost.map {
                    " <small>\(RunText.money($0)) USD\(answer.isReused ? ", reused" : "")</small>"
                } ?? ""
            let problem = answer.problem.map { "<p><em>\(PageText.escape($0))</em></p>" } ?? ""
            let reply =
                "<div class=\"card gold\"><h4>reply\(cost)</h4>\(problem)<p>\(PageText.escape(answer.text ?? ""))</p></div>"
            return
                "<article><h3>row \(answer.row + 1)\(answer.sample > 0 ? ", sample \(answer.sample + 1)" : "")</h3>"
                + "<div class=\"side\">\((asked + [reply]).joined())</div></article>"
        }
        func pageLink(_ start: Int, _ name: String) -> String {
            PageText.link("?q=\(Self.encoded(wish.text("q")))&rows=\(size)&from=\(start)", name)
        }
        let before = from > 0 ? pageLink(max(0, from - size), "earlier rows") : ""
        let after = from + size < count ? pageLink(from + size, "later rows") : ""
        return """
            <section><h2>Prompt</h2>\(template(generation))\(facts(of: generation))</section>
            <section><h2>Questions and replies</h2>
            <form class="filter" role="search" method="get">
            <label>rows with this text<input type="search" name="q" value="\(PageText.escape(wish.text("q")))"></label>
            <button>Show</button></form>
            <p>\(count) \(count == 1 ? "answer" : "answers")</p>
            \(cards.joined(separator: "\n"))<p>\(before) \(after)</p></section>
            """
    }

    private func template(_ generation: GenerationRecord) -> String {
        "<pre class=\"template\">\(PageText.escape(generation.prompt))</pre>"
    }

    private func facts(of generation: GenerationRecord) -> String {
        let spending = generation.spending
        let price = Self.price(spending)
        return """
            <dl class="facts"><dt>teacher</dt><dd>\(PageText.escape(generation.teacher))</dd>
            <dt>model</dt><dd>\(PageText.escape(generation.model))</dd>
            <dt>rows</dt><dd>\(generation.rows)</dd>
            <dt>answers</dt><dd>\(generation.answered + generation.reused + generation.failed)
            (\(generation.answered) asked, \(generation.reused) reused, \(generation.failed) failed)</dd>
            <dt>tokens, in + out</dt><dd>\(spending.promptTokens) + \(spending.completionTokens)</dd>
            <dt>cost</dt><dd>\(price.isEmpty ? "–" : price)</dd></dl>
            """
    }

    /// Every prompt that a teacher was asked with, the newest first, and what each has cost.
    func prompts(_ wish: Wish) throws -> Draft {
        let lab = try session.lab.store
        let wanted = wish.text("q").lowercased()
        let runs = try lab.runs(RunQuery(kinds: [.generate], descending: true, limit: 500))
        // A student's run over data is a generation without a teacher.
        let all = runs.compactMap { run in (try? lab.generation(run.id)).map { (run, $0) } }
        let found = all.filter { _, generation in
            wanted.isEmpty
                || [generation.prompt, generation.model, generation.teacher].contains {
                    $0.lowercased().contains(wanted)
                }
        }
        let cards = found.map { run, generation in
            """
            <article><h3>\(PageText.link("\(wish.root)/run/\(run.id)", "run \(run.id): \(PageText.escape(run.title))"))
            \(Self.state(run))</h3>\(template(generation))\(facts(of: generation))</article>
            """
        }
        let total = try lab.spending()
        let sum = Self.price(total)
        return Draft(
            title: "Prompts and costs",
            header: """
                <p>All replies in this lab: \(total.replies), \(total.promptTokens) + \(total.completionTokens) tokens,
                \(sum.isEmpty ? "nothing bought yet" : sum)</p>
                """,
            body: """
                <form class="filter" role="search" method="get">
                <label>prompt, model or teacher<input type="search" name="q" value="\(PageText.escape(wish.text("q")))"></label>
                <button>Show</button></form>
                \(cards.isEmpty ? "<p class=\"empty\">No teacher has been asked yet, or none fits.</p>" : cards.joined(separator: "\n"))
                """)
    }
}
