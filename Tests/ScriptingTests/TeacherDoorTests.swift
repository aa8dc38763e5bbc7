import LuaBridge
import LyceumKit
import TestServers
import Testing

/// The doors to generation that scripts use; what lies behind them is tested in WorkbenchTests.
@Suite("Teachers from Lua")
struct TeacherDoorTests {
    private func setUp(_ address: String, rows: Int, _ options: String = "") -> String {
        """
        local rows = {}
        for i = 1, \(rows) do rows[i] = { id = "r" .. i, text = "t" .. i } end
        d = data.from(rows)
        p = prompt "{{ text }}"
        gpt = teacher.open { "openai", model = "tiny", base_url = "\(address)", price_in = 1, price_out = 2, \(options) }

        """
    }

    @Test("generate, estimate, retry, cost and a single question")
    func doors() throws {
        let server = try LoopbackServer { request in
            let text = (try? question(request)) ?? "?"
            if text == "t2", request.number < 4 { return .init(400, serverError("bad row")) }
            return .init(200, completion("re: \(text)"))
        }
        defer { server.stop() }
        try withLab { folder in
            let state = try session(folder)
            try state.run(
                setUp(server.baseURL, rows: 4) + """
                    assert(gpt:estimate(d, { prompt = p }).calls == 4)
                    out = gpt:generate(d, { prompt = p, output = "said", name = "first" })
                    assert(#out == 3 and out[3].said == "re: t4" and out.failed[1].reason:find("bad row"))
                    assert(runs.list()[1].title == "first" and runs[1].rows == 4 and runs[1].cost.replies == 3)
                    whole = gpt:retry(out)
                    assert(#whole == 4 and whole.failed == nil and whole:cost().replies == 4)
                    assert(gpt:generate(d, { prompt = p, n = 2 }):cost().replies == 8)
                    assert(gpt "t1" == "re: t1" and gpt.usage.estimated == 0)
                    print(gpt.usage.calls)
                    assert(gpt.usage.calls == 10, gpt.usage.calls)
                    assert(not pcall(gpt.retry, gpt, d))
                    """)
            #expect(message("return runs[99]", in: state).contains("unknown run '99'"))
        }
    }

    @Test("what an ended generation had made is left over for the prompt")
    func leftOver() throws {
        let server = try LoopbackServer { request in
            request.number < 2
                ? .init(200, completion("re: " + ((try? question(request)) ?? "?")))
                : .init(401, serverError("no such key"))
        }
        defer { server.stop() }
        try withLab { folder in
            let state = try session(folder)
            let code = setUp(server.baseURL, rows: 5, "concurrency = 1") + "gpt:generate(d, { prompt = p })"
            #expect(message(code, in: state).contains("no such key"))
            try state.setGlobal("left", state.leftOver ?? .nil)
            try state.run("assert(#left == 2 and #left.failed == 3 and left[2].reply == 're: t2')")
        }
    }

    @Test("a batch")
    func batch() throws {
        let server = try BatchServer()
        defer { server.stop() }
        try withLab { folder in
            try session(folder).run(
                setUp(server.baseURL, rows: 3) + """
                    local out = gpt:generate(d, { prompt = p, batch = true, wait = false })
                    assert(#out == 0 and out.failed[1].reason:find("on its way in batch_1"))
                    out = gpt:generate(d, { prompt = p, batch = true, provenance = true })
                    assert(#out == 3 and out[2].reply == "re: t2" and out[2].teacher_row == 2)
                    """)
        }
    }

    @Test("every kind that is listed can be opened or says what it needs; a plugin's and Lyceum's own alike")
    func kinds() throws {
        let state = try session(nil)
        try state.run(
            """
            local kinds = {}
            for _, t in ipairs(teacher.list()) do kinds[t.id] = t.summary end
            assert(kinds.openai and kinds.anthropic and kinds.student and kinds.replay and kinds.retrieval)
            """)
        #expect(message("teacher.open { 'opnai' }", in: state).contains("did you mean 'openai'"))
        #expect(message("teacher.open { 'retrieval' }", in: state).contains("'corpus'"))
        #expect(message("teacher.open { 'student', student = 3 }", in: state).contains("a student"))
    }

    @Test("logprobs make a column, from the server and then from the lab; another wish is another question")
    func logprobs() throws {
        let server = try logprobServer()
        defer { server.stop() }
        func ask(_ options: String) -> String {
            """
            d = data.from { { text = "a" }, { text = "b" } }
            gpt = teacher.open { "openai", model = "tiny", base_url = "\(server.baseURL)", \(options) }
            out = gpt:generate(d, { prompt = prompt "{{ text }}", output = "said" })

            """
        }
        try withLab { folder in
            let check = """
                local tokens = out[2].said_logprobs
                assert(#tokens == 2 and tokens[1].token == "re: " and tokens[1].logprob == -0.5)
                assert(tokens[2].token == "b" and tokens[2].top[2].token == "other" and tokens[2].top[2].logprob == -2)

                """
            try session(folder).run(ask("top_logprobs = 2") + check + "assert(gpt.usage.calls == 2)")
            let sent = try JSON.decode(try #require(server.requests.first).body, name: "").object
            #expect(sent?["logprobs"] == true && sent?["top_logprobs"] == 2)
            try session(folder).run(
                ask("top_logprobs = 2") + check + "assert(gpt.usage.calls == 0)\n"
                    + ask("logprobs = true") + "assert(gpt.usage.calls == 2)\n"
                    + ask("temperature = 0")
                    + "assert(gpt.usage.calls == 2 and not pcall(function() return out[1].said_logprobs.x end))\n"
                    // Saying no is saying nothing.
                    + ask("temperature = 0, logprobs = false") + "assert(gpt.usage.calls == 0)")
        }
    }

    @Test("Anthropic's API has no logprobs, and opening says so")
    func anthropic() throws {
        let state = try session(nil)
        #expect(
            message("teacher.open { 'anthropic', model = 'm', api_key = 'k', logprobs = true }", in: state)
                .contains("Anthropic's API has no logprobs"))
        let partly =
            "teacher.open { 'openai', model = 'm', api_key = 'k', logprobs = false, top_logprobs = 2 }"
        #expect(message(partly, in: state).contains("logprobs = true next to it"))
    }
}
