import Foundation
import Lab
import LuaBridge
import LyceumKit
import Scripting
import Testing
import Workbench

@Suite("Replies are paid for once")
struct ReplyKeepingTests {
    typealias Reply = LoopbackServer.Reply

    private func setUp(_ server: LoopbackServer, rows: Int, _ options: String = "") -> String {
        """
        local rows = {}
        for i = 1, \(rows) do rows[i] = { id = "r" .. i, text = "t" .. i } end
        d = data.from(rows)
        p = prompt "{{ text }}"
        gpt = teacher.open { "openai", model = "tiny", base_url = "\(server.baseURL)", price_in = 1, price_out = 2, \(options) }

        """
    }

    @Test("an edited script and a later session buy nothing again, and the lab knows the cost")
    func reused() throws {
        let server = try echoServer()
        defer { server.stop() }
        try withLab { folder in
            try session(folder).run(
                setUp(server, rows: 10) + """
                    local out = gpt:generate(d, { prompt = p, output = "reply" })
                    assert(#out == 10 and out[7].reply == "re: t7" and out.failed == nil)
                    assert(gpt.usage.calls == 10 and out:cost().replies == 10)
                    assert(math.abs(out:cost().cost_usd - 10 * 20e-6) < 1e-12)
                    """)
            #expect(server.requests.count == 10)
            let notes = Notes()
            try session(folder, notes).run(
                setUp(server, rows: 12) + """
                    local out = gpt:generate(d, { prompt = p, output = "answer" })
                    assert(#out == 12 and out[1].answer == "re: t1" and out[12].answer == "re: t12")
                    assert(gpt.usage.calls == 2)
                    gpt:generate(d, { prompt = p })
                    assert(gpt.usage.calls == 2)
                    gpt:generate(d, { prompt = p, fresh = true })
                    assert(gpt.usage.calls == 14)
                    """)
            #expect(
                notes.lines.contains { $0.contains("10 of 12 replies reused, 0.0002 USD not spent again") })
            #expect(notes.lines.contains { $0.contains("12 of 12 replies reused") }, "\(notes.lines)")
        }
    }

    @Test("without a lab replies are kept for the session, across teachers")
    func withoutLab() throws {
        let server = try echoServer()
        defer { server.stop() }
        try session(nil).run(
            setUp(server, rows: 5) + """
                local a = gpt:generate(d, { prompt = p })
                local again = teacher.open { "openai", model = "tiny", base_url = "\(server.baseURL)" }
                local b = again:generate(d, { prompt = p })
                assert(again.usage.calls == 0 and b[5].reply == "re: t5" and a:cost() == nil)
                local warm = teacher.open { "openai", model = "tiny", base_url = "\(server.baseURL)", temperature = 1 }
                warm:generate(d, { prompt = p })
                assert(warm.usage.calls == 5, "another request is another question")
                """)
        #expect(server.requests.count == 10)
    }

    @Test("several samples of a row stand together, each with its seed, and equal rows are asked once")
    func samples() throws {
        let server = try LoopbackServer { request in
            let seed = (try? JSON.decode(request.body, name: ""))?.object?["seed"]?.integer ?? -1
            return Reply(200, completion("\((try? question(request)) ?? "?") with \(seed)"))
        }
        defer { server.stop() }
        try withLab { folder in
            try session(folder).run(
                setUp(server, rows: 2, "seed = 40") + """
                    d = data.from { { text = "a" }, { text = "b" }, { text = "a" } }
                    local out = gpt:generate(d, { prompt = p, n = 2, provenance = true })
                    local got = table.concat(out:column("reply"), "; ")
                    assert(got == "a with 40; a with 41; b with 40; b with 41; a with 40; a with 41", got)
                    assert(gpt.usage.calls == 4)
                    local o = out[6]
                    assert(o.teacher_row == 3 and o.teacher_sample == 2 and o.teacher_seed == 41)
                    assert(o.teacher_model == "tiny-2024" and o.teacher_finish_reason == "stop")
                    assert(o.teacher_prompt_tokens == 10 and o.teacher_completion_tokens == 5)
                    assert(math.abs(o.teacher_cost_usd - 20e-6) < 1e-12 and #o.teacher_template == 16)
                    assert(o.teacher_time:match("^%d%d%d%d%-%d%d%-%d%dT"))
                    assert(#out:drop("teacher_*").columns == 2)
                    -- Unless asked for, only the answers become a column; the rest stays with the rows.
                    local plain = gpt:generate(d, { prompt = p, n = 2 })
                    assert(#plain.columns == 2 and #plain:provenance() == 6)
                    local kept = plain:filter(function(r) return r.text == "b" end):rename { reply = "answer" }
                    local where = kept:provenance("answer")
                    assert(#where == 2 and where[2].row == 2 and where[2].column == "answer")
                    assert(where[2].sample == 2 and where[2].seed == 41 and where[2].model == "tiny-2024")
                    assert(where[2].cost_usd and where[2].prompt_tokens == 10 and #where[2].template == 16)
                    assert(plain == out:select { "text", "reply" }, "provenance is not part of the content")
                    assert(#kept:drop("answer"):provenance() == 0)
                    local path = os.tmpname() .. ".jsonl"
                    kept:save(path)
                    assert(#data.load(path).columns == 2)
                    kept:save(path, { provenance = true })
                    assert(data.load(path)[1].teacher_model == "tiny-2024")
                    """)
        }
    }

    @Test(
        "what failed is listed with its reason, what was paid for and cut short is kept, and retry asks only those"
    )
    func retries() throws {
        let server = try LoopbackServer { request in
            let text = (try? question(request)) ?? "?"
            let isFirst = request.number < 6
            if text == "t2", isFirst { return Reply(400, serverError("bad row")) }
            if text == "t4", isFirst { return Reply(200, completion("half a", finish: "length")) }
            return Reply(200, completion("re: \(text)"))
        }
        defer { server.stop() }
        try withLab { folder in
            try session(folder).run(
                setUp(server, rows: 6) + """
                    out = gpt:generate(d, { prompt = p })
                    assert(#out == 4 and #out.failed == 2 and gpt.usage.calls == 6)
                    assert(out.failed[1].id == "r2" and out.failed[1].reason:find("bad row"))
                    assert(out.failed[2].id == "r4" and out.failed[2].reason:find("cut short"))
                    -- The row that was refused cost nothing and is asked again; the one that was cut short is not.
                    out = gpt:generate(d, { prompt = p })
                    assert(gpt.usage.calls == 7 and #out == 5 and #out.failed == 1)
                    local whole = gpt:retry(out)
                    assert(gpt.usage.calls == 8 and #whole == 6 and whole.failed == nil)
                    assert(whole[4].reply == "re: t4" and #out == 5)
                    assert(#gpt:retry(whole) == 6 and gpt.usage.calls == 8)
                    assert(not pcall(gpt.retry, gpt, d))
                    """)
        }
    }

    @Test("a run that is stopped keeps what came, and the next session goes on from there")
    func resumes() throws {
        let server = try LoopbackServer { request in
            request.number == 7
                ? Reply(429, serverError("no credit", type: "insufficient_quota"))
                : Reply(200, completion("re: " + ((try? question(request)) ?? "?")))
        }
        defer { server.stop() }
        try withLab { folder in
            let notes = Notes()
            try session(folder, notes).run(
                setUp(server, rows: 20, "concurrency = 1")
                    + """
                    local ok, problem = pcall(gpt.generate, gpt, d, { prompt = p })
                    assert(not ok and tostring(problem):find("out of credit"), tostring(problem))
                    """)
            #expect(notes.lines.contains { $0.contains("kept in the lab; the same call goes on from there") })
            #expect(server.requests.count == 8)
            try session(folder, notes).run(
                setUp(server, rows: 20) + """
                    local out = gpt:generate(d, { prompt = p })
                    assert(#out == 20 and out.failed == nil)
                    """)
            // Of the first eight one was refused.
            #expect(server.requests.count == 21)
        }
    }

    @Test("an estimate says what is left to pay, and learns from the replies in the lab")
    func estimates() throws {
        let server = try echoServer()
        defer { server.stop() }
        try withLab { folder in
            try session(folder).run(
                setUp(server, rows: 10, "max_tokens = 50") + """
                    local before = gpt:estimate(d, { prompt = p })
                    assert(before.replies == 10 and before.calls == 10 and before.reused == 0)
                    assert(before.usd_low > 0 and before.usd_high > 10 * 50 * 2e-6 and before.usd_saved == 0)
                    assert(gpt.usage.calls == 0 and before.basis:find("max_tokens"))
                    gpt:generate(d:take(6), { prompt = p })
                    local after = gpt:estimate(d, { prompt = p, output = "x" })
                    assert(after.calls == 4 and after.reused == 6)
                    assert(math.abs(after.usd_saved - 6 * 20e-6) < 1e-12)
                    assert(after.completion_tokens == 20 and after.basis:find("6 earlier replies"))
                    assert(after.prompt_tokens >= 40 and after.prompt_tokens < 60, after.prompt_tokens)
                    assert(after.usd_low == after.usd_high and math.abs(after.usd_low - 80e-6) < 2e-5)
                    local none = gpt:estimate(d:take(6), { prompt = p })
                    assert(none.calls == 0 and none.usd_high == 0)
                    assert(gpt:estimate(d, { prompt = p, n = 3, fresh = true }).calls == 30)
                    local unpriced = teacher.open { "openai", model = "tiny", base_url = "\(server.baseURL)" }
                    assert(unpriced:estimate(d, { prompt = p }).usd_low == nil)
                    """)
        }
    }

    @Test("a lab that cannot be written is told of once, and the replies stay in the session")
    func readOnlyLab() throws {
        let server = try echoServer()
        defer { server.stop() }
        try withLab { folder in
            // A file where the folder should be: nobody can write there, root included.
            try Files.write(Array("not a folder".utf8), to: folder)
            let told = Notes()
            let state = try LuaState()
            try Scripting.install(
                into: state,
                environment: ScriptEnvironment(
                    plugins: PluginHost(folders: []), listener: nil,
                    lab: LabSession(folder: folder, tell: { told.listener.note($0) }), write: { _ in }))
            try state.run(
                setUp(server, rows: 5) + """
                    assert(#gpt:generate(d, { prompt = p }) == 5)
                    assert(#gpt:generate(d, { prompt = p }) == 5 and gpt.usage.calls == 5)
                    """)
            #expect(told.lines.count == 1, "\(told.lines)")
        }
    }
}
