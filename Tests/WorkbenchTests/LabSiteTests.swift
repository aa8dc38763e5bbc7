import Lab
import LyceumKit
import TestServers
import Testing

@testable import Workbench

/// The lab's pages: what they show, as it stands in the lab at that moment, and nothing that could run.
@Suite struct LabSiteTests {
    private let hostile = "<script>alert(1)</script> & \"quotes\""

    private func page(_ site: LabSite, _ path: String, _ query: [String: [String]] = [:]) -> LabSite.Page {
        site.page(path, query: query, root: "/lab")
    }

    /// A lab with a training that goes on, two that were scored on the same rows, and a teacher's run.
    private func fill(_ lab: LabStore) throws {
        let running = try lab.startRun(RunStart(kind: .train, title: hostile, options: ["batch_size": 4]))
        try lab.addMetrics(["loss": [.init(step: 1, value: 3), .init(step: 2, value: 2.5)]], to: running)
        for (title, text) in [("good", "the cat sat"), ("poor", "no dog ran")] {
            let run = try lab.startRun(RunStart(kind: .train, title: title))
            try lab.addEvaluation(
                RunEvaluation(
                    name: "rouge", data: "d1", signature: "s",
                    scores: [RunScore("rouge1", 0.5, low: 0.4, high: 0.6)]),
                pairs: (0..<8).map {
                    EvaluatedPair(
                        input: "source \($0) \(hostile)", prediction: text, references: ["the cat sat"],
                        figures: ["rouge1": Double($0 % 3) / 3])
                }, to: run)
            try lab.finishRun(run, .finished)
        }
        let generation = try lab.startGeneration(
            GenerationStart(
                title: "teacher", teacher: "openai", model: "gpt-x", prompt: "Write \(hostile) {{ a }}",
                inputData: "d2",
                rows: 3))
        let rows = (0..<2).map { row in
            GenerationRow(
                row: row,
                outcome: .reply(
                    SentRequest(model: "gpt-x", messages: [ChatMessage(.user, "question \(row)")]),
                    StoredReply(
                        TeacherReply(
                            text: "reply \(row)", model: "gpt-x", promptTokens: 10, completionTokens: 5),
                        cost: 0.001)))
        }
        try lab.keep(rows + [GenerationRow(row: 2, outcome: .failed("no answer"))], of: generation)
        try lab.finishRun(generation, .finished)
    }

    @Test("runs, figures, scores, prompts, costs and samples are there, as text")
    func shows() throws {
        try withLab { folder in
            let session = workSession(folder)
            try fill(session.lab.store)
            let site = LabSite(session)
            let list = page(site, "").text
            for text in ["running", "loss 2.500 at 2", "R-1 50.00", "0.002", "/lab/run/1", "good", "teacher"]
            {
                #expect(list.contains(text), "\(text)")
            }
            let run = page(site, "/run/1").text
            #expect(run.contains("<svg") && run.contains("batch_size"))
            let compared = page(site, "/compare", ["run": ["2", "3"]]).text
            #expect(compared.contains("Is the difference real?") && compared.contains("source 1"))
            let teacher = page(site, "/run/4").text
            for text in ["question 1", "reply 1", "no answer", "gpt-x", "2 asked", "1 failed"] {
                #expect(teacher.contains(text))
            }
            let prompts = page(site, "/prompts").text
            #expect(prompts.contains("gpt-x") && prompts.contains("20 + 10 tokens"))
            for text in [list, run, compared, teacher, prompts] {
                #expect(!text.contains("<script>alert"))
                #expect(text.components(of: "<script>") == 1, "one script, ours")
            }
        }
    }

    @Test("lists are filtered and sorted, samples and replies searched")
    func filters() throws {
        try withLab { folder in
            let session = workSession(folder)
            try fill(session.lab.store)
            let site = LabSite(session)
            let found = page(site, "/", ["q": ["goo"]]).text
            #expect(found.contains("/lab/run/2") && !found.contains("/lab/run/3\""))
            #expect(page(site, "/", ["state": ["running"]]).text.contains("/lab/run/1"))
            #expect(!page(site, "/", ["kind": ["generate"]]).text.contains("/lab/run/1\""))
            #expect(page(site, "/", ["q": ["nothing like it"]]).text.contains("No run fits"))
            let sample = page(site, "/compare", ["run": ["2", "3"], "q": ["SOURCE 5"]]).text
            #expect(sample.contains("row 6") && !sample.contains("row 5<"))
            let reply = page(site, "/run/4", ["q": ["reply 0"]]).text
            #expect(reply.contains("question 0") && !reply.contains("question 1"))
            #expect(page(site, "/prompts", ["q": ["other model"]]).text.contains("none fits"))
        }
    }

    @Test("what is not there, or not asked for rightly, is a page that says so")
    func strange() throws {
        try withLab { folder in
            let site = LabSite(workSession(folder))
            #expect(page(site, "/").text.contains("This lab is empty"))
            #expect(page(site, "/run/1").status == 404)
            #expect(page(site, "/run/99999999999999999999").status == 404)
            #expect(page(site, "/../x").status == 404)
            try fill(try site.session.lab.store)
            let number = String(repeating: "9", count: 400)
            for query in ["rows", "from", "seed"] {
                #expect(page(site, "/run/4", [query: [number]]).status == 200)
            }
            #expect(page(site, "/run/4", ["from": ["-5"], "rows": ["0"]]).status == 200)
            #expect(page(site, "/compare", ["run": ["2", "2", "x", "77"]]).status == 404)
            #expect(page(site, "/compare").text.contains("Tick runs"))
            #expect(page(site, "/", ["sort": ["'; drop table runs"]]).status == 200)
        }
    }

    @Test("the version changes with what another process writes")
    func live() throws {
        try withLab { folder in
            let site = LabSite(workSession(folder))
            let other = LabStore(folder: folder)
            let run = try other.startRun(RunStart(kind: .train, title: "t"))
            var seen: Set<String> = [page(site, "/version").text]
            for step in 1...3 {
                try other.addMetrics(["loss": [.init(step: step, value: 1)]], to: run)
                #expect(seen.insert(page(site, "/version").text).inserted)
                #expect(page(site, "/").text.contains("loss 1.000 at \(step)"))
            }
        }
    }
}

extension String {
    fileprivate func components(of text: String) -> Int {
        var (count, rest) = (0, self[...])
        while let found = rest.firstRange(of: text) {
            count += 1
            rest = rest[found.upperBound...]
        }
        return count
    }
}
