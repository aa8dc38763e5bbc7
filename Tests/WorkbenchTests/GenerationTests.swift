import Corpus
import Lab
import LyceumKit
import Prompting
import Teaching
import TestServers
import Testing

@testable import Workbench

/// A session without plugins whose lab is in `folder`; nil has none.
func workSession(_ folder: String?, _ notes: Notes = Notes()) -> WorkSession {
    WorkSession(
        plugins: PluginHost(folders: []), listener: notes.listener,
        lab: LabSession(folder: folder, versions: ["lyceum": "test"], tell: notes.listener.note))
}

/// Rows "t1", "t2", …, with an id each.
func rows(_ count: Int) -> Dataset {
    Dataset(records: (1...count).map { ["id": .string("r\($0)"), "text": .string("t\($0)")] })
}

extension WorkSession {
    /// A teacher that asks a test's server, at 1 and 2 USD a million tokens.
    func openTiny(_ address: String, _ options: [String: Value] = [:]) throws -> OpenTeacher {
        let given: [String: Value] = [
            "model": "tiny", "base_url": .string(address), "price_in": 1, "price_out": 2,
        ]
        return try openTeacher("openai", given.merging(options) { $1 }.filter { !$0.value.isNull })
    }
}

/// A plan that asks for each row's text.
func plan(_ data: Dataset, output: String = "reply", samples: Int = 1, reuse: GenerationPlan.Reuse = .all)
    throws
    -> GenerationPlan
{
    try GenerationPlan(
        data, prompt: PromptTemplate("{{ text }}"), output: output, samples: samples, reuse: reuse)
}

@Suite("Generation without Lua: replies are paid for once")
struct GenerationTests {
    @Test("a teacher generation with cache, lab and budget in ten lines")
    func tenLines() throws {
        let server = try echoServer()
        defer { server.stop() }
        try withLab { folder in
            let session = WorkSession(plugins: PluginHost(folders: []), lab: LabSession(folder: folder))
            let teacher = try session.openTeacher(
                "openai", ["model": "tiny", "base_url": .string(server.baseURL), "budget_calls": 2])
            let data = Dataset(records: [["text": "a"], ["text": "b"], ["text": "a"]])
            let plan = try GenerationPlan(data, prompt: PromptTemplate("{{ text }}"), output: "said")
            let first = try session.generate(plan, by: teacher)
            let second = try session.generate(plan, by: teacher)
            #expect(try first.answered.strings("said") == ["re: a", "re: b", "re: a"])
            #expect(teacher.usage.calls == 2 && second.answered.fingerprint == first.answered.fingerprint)
            let kept = try session.lab.store.generation(1)
            #expect(kept.answered == 2 && kept.reused == 1, "equal rows share one reply")
            #expect(throws: LyceumError.self) { try session.ask([ChatMessage(.user, "c")], of: teacher) }
        }
    }

    @Test("replies are kept under the build of the plugin that gave them")
    func builds() throws {
        let server = try echoServer()
        defer { server.stop() }
        try withLab { folder in
            func calls(_ build: String) throws -> Int {
                let session = workSession(folder)
                let tiny = try session.openTiny(server.baseURL).teacher
                let teacher = OpenTeacher(tiny, builds: ["plugin x": build])
                let result = try session.generate(try plan(rows(2)), by: teacher)
                let run = try session.lab.store.run(try #require(result.run))
                #expect(run.options["plugin x"] == nil)
                return teacher.usage.calls
            }
            let asked = [try calls("0.1.0 (a)"), try calls("0.1.0 (a)"), try calls("0.1.0 (b)")]
            #expect(asked == [2, 0, 2])
        }
    }

    @Test("a changed call and a later session buy nothing again, and the lab knows the cost")
    func reused() throws {
        let server = try echoServer()
        defer { server.stop() }
        try withLab { folder in
            let session = workSession(folder)
            let result = try session.generate(try plan(rows(10)), by: try session.openTiny(server.baseURL))
            let run = try #require(result.run)
            let spent = try #require(try session.lab.store.spending(ofRun: run))
            #expect(spent.replies == 10 && abs((spent.cost ?? 0) - 10 * 20e-6) < 1e-12)
            let notes = Notes()
            let later = workSession(folder, notes)
            let teacher = try later.openTiny(server.baseURL)
            let more = try later.generate(try plan(rows(12), output: "answer"), by: teacher)
            #expect(try more.answered.strings("answer").last == "re: t12" && teacher.usage.calls == 2)
            _ = try later.generate(try plan(rows(12)), by: teacher)
            #expect(teacher.usage.calls == 2)
            _ = try later.generate(try plan(rows(12), reuse: .none), by: teacher)
            #expect(teacher.usage.calls == 14)
            #expect(
                notes.lines.contains { $0.contains("10 of 12 replies reused, 0.0002 USD not spent again") })
        }
    }

    @Test(
        "without a lab replies are kept for the session, across teachers; another request is another question"
    )
    func withoutLab() throws {
        let server = try echoServer()
        defer { server.stop() }
        let session = workSession(nil)
        _ = try session.generate(try plan(rows(5)), by: try session.openTiny(server.baseURL))
        let again = try session.openTiny(server.baseURL)
        let result = try session.generate(try plan(rows(5)), by: again)
        #expect(again.usage.calls == 0 && result.run == nil)
        #expect(try result.answered.strings("reply").last == "re: t5")
        let warm = try session.openTiny(server.baseURL, ["temperature": 1])
        _ = try session.generate(try plan(rows(5)), by: warm)
        #expect(warm.usage.calls == 5)
    }

    @Test("several samples of a row stand together, each with its seed, and equal rows are asked once")
    func samples() throws {
        let server = try LoopbackServer { request in
            let seed = (try? JSON.decode(request.body, name: ""))?.object?["seed"]?.integer ?? -1
            return .init(200, completion("\((try? question(request)) ?? "?") with \(seed)"))
        }
        defer { server.stop() }
        try withLab { folder in
            let session = workSession(folder)
            let teacher = try session.openTiny(server.baseURL, ["seed": 40])
            let data = Dataset(records: ["a", "b", "a"].map { ["text": .string($0)] })
            var plan = try plan(data, samples: 2)
            plan.showsProvenance = true
            let out = try session.generate(plan, by: teacher).answered
            #expect(
                try out.strings("reply") == [
                    "a with 40", "a with 41", "b with 40", "b with 41", "a with 40", "a with 41",
                ])
            #expect(teacher.usage.calls == 4)
            let last = try out.record(at: 5)
            let fields = Dictionary(zip(last.columns, last.values), uniquingKeysWith: { a, _ in a })
            #expect(
                fields["teacher_row"] == 3 && fields["teacher_sample"] == 2 && fields["teacher_seed"] == 41)
            #expect(fields["teacher_model"] == "tiny-2024" && fields["teacher_prompt_tokens"] == 10)
        }
    }

    @Test("what failed has its reason, what was paid for and cut short is kept, and a retry asks only those")
    func retries() throws {
        let server = try LoopbackServer { request in
            let text = (try? question(request)) ?? "?"
            let isFirst = request.number < 6
            if text == "t2", isFirst { return .init(400, serverError("bad row")) }
            if text == "t4", isFirst { return .init(200, completion("half a", finish: "length")) }
            return .init(200, completion("re: \(text)"))
        }
        defer { server.stop() }
        try withLab { folder in
            let session = workSession(folder)
            let teacher = try session.openTiny(server.baseURL)
            let first = try session.generate(try plan(rows(6)), by: teacher)
            #expect(first.answered.count == 4 && teacher.usage.calls == 6)
            let reasons = try #require(first.failed).strings("reason")
            #expect(reasons[0].contains("bad row") && reasons[1].contains("cut short"))
            // The row that was refused cost nothing and is asked again; the one that was cut short is not.
            let second = try session.generate(try plan(rows(6)), by: teacher)
            #expect(teacher.usage.calls == 7 && second.failed?.count == 1)
            let whole = try session.retry(second, by: teacher)
            #expect(teacher.usage.calls == 8 && whole.isComplete)
            #expect(try whole.answered.strings("reply")[3] == "re: t4")
            #expect(try session.retry(whole, by: teacher).isComplete && teacher.usage.calls == 8)
        }
    }

    @Test("when every row fails, the reasons are there, and the run is marked as failed")
    func allFailed() throws {
        let server = try LoopbackServer { _ in .init(400, serverError("bad row")) }
        defer { server.stop() }
        try withLab { folder in
            let notes = Notes()
            let session = workSession(folder, notes)
            let result = try session.generate(try plan(rows(3)), by: try session.openTiny(server.baseURL))
            #expect(result.answered.count == 0 && result.failed?.count == 3)
            #expect(result.answered.columns == ["id", "text", "reply"])
            let run = try #require(result.run)
            #expect(try session.lab.store.run(run).state == .failed)
            #expect(notes.lines.contains { $0.contains("none of the 3 requests was answered") })
        }
    }

    @Test("a run that is stopped keeps what came, and the next session goes on from there")
    func resumes() throws {
        let server = try LoopbackServer { request in
            request.number == 7
                ? .init(429, serverError("no credit", type: "insufficient_quota"))
                : .init(200, completion("re: " + ((try? question(request)) ?? "?")))
        }
        defer { server.stop() }
        try withLab { folder in
            let notes = Notes()
            let session = workSession(folder, notes)
            let run = GenerationRun(
                try plan(rows(20)), by: try session.openTiny(server.baseURL, ["concurrency": 1]), in: session)
            let error = #expect(throws: LyceumError.self) { try run.ask() }
            #expect(error?.description.contains("out of credit") == true)
            // What there is can be used at once.
            let partial = try run.result()
            #expect(partial.answered.count == 7 && partial.failed?.count == 13 && partial.run == 1)
            #expect(
                notes.lines.contains {
                    $0.contains("run 1: 7 of 20 replies came and are kept in the lab; the same call goes on")
                }, "\(notes.lines)")
            let later = workSession(folder)
            let whole = try later.generate(try plan(rows(20)), by: try later.openTiny(server.baseURL))
            #expect(whole.isComplete && server.requests.count == 21)
        }
    }

    @Test("an estimate says what is left to pay, and learns from the replies in the lab")
    func estimates() throws {
        let server = try echoServer()
        defer { server.stop() }
        try withLab { folder in
            let session = workSession(folder)
            let teacher = try session.openTiny(server.baseURL, ["max_tokens": 50])
            let before = try session.estimate(try plan(rows(10)), by: teacher)
            #expect(before.calls == 10 && before.reused == 0 && before.saved == 0 && teacher.usage.calls == 0)
            #expect((before.low ?? 0) > 0 && (before.high ?? 0) > 10 * 50 * 2e-6)
            _ = try session.generate(try plan(rows(6)), by: teacher)
            let after = try session.estimate(try plan(rows(10), output: "x"), by: teacher)
            #expect(after.calls == 4 && after.reused == 6 && abs((after.saved ?? 0) - 6 * 20e-6) < 1e-12)
            #expect(after.completionTokens == 20 && after.basis?.contains("6 earlier replies") == true)
            #expect(try session.estimate(try plan(rows(6)), by: teacher).high == 0)
            let fresh = try session.estimate(try plan(rows(10), samples: 3, reuse: .none), by: teacher)
            #expect(fresh.calls == 30)
            let unpriced = try session.openTiny(server.baseURL, ["price_in": .null, "price_out": .null])
            #expect(try session.estimate(try plan(rows(10)), by: unpriced).low == nil)
        }
    }

    @Test("a lab that cannot be written is reported once, and the replies stay in the session")
    func readOnlyLab() throws {
        let server = try echoServer()
        defer { server.stop() }
        try withLab { folder in
            // A file where the folder should be: nobody can write there, root included.
            try Files.write(Array("not a folder".utf8), to: folder)
            let notes = Notes()
            let session = workSession(folder, notes)
            let teacher = try session.openTiny(server.baseURL)
            for _ in 0..<2 {
                #expect(try session.generate(try plan(rows(5)), by: teacher).answered.count == 5)
            }
            #expect(teacher.usage.calls == 5)
            #expect(notes.lines.count { $0.contains("the work goes on") } == 1, "\(notes.lines)")
        }
    }

    @Test("one question counts, is the next sample when it is asked again, and serves a generation later")
    func singleQuestions() throws {
        let server = try LoopbackServer { request in
            .init(200, completion("\((try? question(request)) ?? "?"), answer \(request.number + 1)"))
        }
        defer { server.stop() }
        try withLab { folder in
            let session = workSession(folder)
            let teacher = try session.openTiny(server.baseURL, ["budget_calls": 3])
            let asked = [ChatMessage(.user, "t1")]
            #expect(try session.ask(asked, of: teacher).text == "t1, answer 1")
            #expect(try session.ask(asked, of: teacher).text == "t1, answer 2")
            let lab = try session.lab.store
            let run = try lab.run(1)
            #expect(run.kind == .generate && run.state == .finished && run.options["model"] == "tiny")
            #expect(try lab.spending(ofRun: 1)?.replies == 2)
            #expect(abs((try lab.spending(ofRun: 1)?.cost ?? 0) - 2 * 20e-6) < 1e-12)
            let out = try session.generate(try plan(rows(1)), by: teacher).answered
            #expect(try out.strings("reply") == ["t1, answer 1"] && teacher.usage.calls == 2)
            let both = try session.generate(try plan(rows(1), samples: 2), by: teacher).answered
            #expect(try both.strings("reply") == ["t1, answer 1", "t1, answer 2"])
            // In a later session, too, it is another sample; and the budget holds.
            let later = workSession(folder)
            let other = try later.openTiny(server.baseURL, ["budget_calls": 1])
            #expect(try later.ask(asked, of: other).text == "t1, answer 3")
            #expect(throws: LyceumError.self) { try later.ask([ChatMessage(.user, "t2")], of: other) }
        }
    }

    @Test("what a dataset cost is the sum of all teacher runs in its history")
    func costOfAChain() throws {
        let server = try echoServer()
        defer { server.stop() }
        try withLab { folder in
            let session = workSession(folder)
            let teacher = try session.openTiny(server.baseURL)
            let first = try session.generate(
                try GenerationPlan(rows(4), prompt: PromptTemplate("{{ text }}"), output: "one"), by: teacher)
            let second = try session.generate(
                try GenerationPlan(first.answered, prompt: PromptTemplate("{{ one }}"), output: "two"),
                by: teacher)
            #expect(second.answered.runs == [2, 1])
            #expect(try session.lab.store.spending(ofRuns: second.answered.runs)?.replies == 8)
            // The second read what the first made.
            #expect(try session.lab.store.run(2).parents == [1])
            #expect(try session.lab.store.spending(ofRun: 2)?.replies == 8)
        }
    }

    @Test(
        "a run keeps what it was made with: name, prompt, model, system, options, rows, versions; no secret")
    func record() throws {
        let server = try echoServer()
        defer { server.stop() }
        try withLab { folder in
            let session = workSession(folder)
            let teacher = try session.openTiny(
                server.baseURL, ["system": "Be brief.", "temperature": 0.5, "api_key": "sk-verysecret"])
            var plan = try plan(rows(2))
            plan.name = "brief"
            let result = try session.generate(plan, by: teacher)
            let number = try #require(result.run)
            let run = try session.lab.store.run(number)
            #expect(run.title == "brief" && run.rows == 2 && run.versions["lyceum"] == "test")
            #expect(run.options["model"] == "tiny" && run.options["system"] == "Be brief.")
            #expect(run.options["temperature"] == 0.5 && run.options["n"] == 1)
            #expect(run.options["prompt"]?.string?.contains("{{ text }}") == true)
            #expect(!JSON.encode(.object(run.options)).contains("verysecret"))
        }
    }
}
