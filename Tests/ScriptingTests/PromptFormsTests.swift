import LyceumKit
import TestServers
import Testing

@Suite("What teacher:generate can be asked")
struct PromptFormsTests {
    private func setUp(_ server: LoopbackServer, _ options: String = "") -> String {
        """
        d = data.from { { text = "a", gold = "x" }, { text = "b", gold = "y" } }
        gpt = teacher.open { "openai", model = "tiny", base_url = "\(server.baseURL)", price_in = 1, price_out = 2, \(options) }

        """
    }

    @Test("a template in quotes, and several prompts, which give a column each")
    func prompts() throws {
        let server = try echoServer()
        defer { server.stop() }
        try session(nil).run(
            setUp(server) + """
                local one = gpt:generate(d, { prompt = "Say {{ text }}" })
                assert(one[2].reply == "re: Say b" and table.concat(one.columns, " ") == "gold text reply")
                local out = gpt:generate(d, { prompt = { zero = "Zero {{ text }}", few = prompt "Few {{ text }}" } })
                assert(table.concat(out.columns, " ") == "gold text few zero")
                assert(out[1].zero == "re: Zero a" and out[2].few == "re: Few b")
                local from = out:provenance()
                assert(#from == 4 and #out:provenance("zero") == 2 and from[1].cost_usd)
                local list = gpt:generate(d, { prompt = { "One {{ text }}", "Two {{ text }}" }, output = "answer" })
                assert(list[1].answer_1 == "re: One a" and list[1].answer_2 == "re: Two a")
                """)
    }

    @Test("rows that one of several prompts has no answer for are in failed, with the prompt's name")
    func someFail() throws {
        let server = try LoopbackServer { request in
            let asked = (try? question(request)) ?? "?"
            if asked == "Few b" {
                return LoopbackServer.Reply(400, #"{"error":{"message":"no such thing"}}"#)
            }
            return LoopbackServer.Reply(200, completion("re: \(asked)"))
        }
        defer { server.stop() }
        try session(nil).run(
            setUp(server) + """
                local out = gpt:generate(d, { prompt = { zero = "Zero {{ text }}", few = "Few {{ text }}" } })
                assert(#out == 1 and out[1].zero == "re: Zero a" and out[1].few == "re: Few a")
                assert(#out.failed == 1 and out.failed[1].text == "b" and out.failed[1].reason:find("few: ", 1, true))
                assert(#out:provenance() == 2)
                """)
    }

    @Test("one text gives the answer alone, a list of texts a list; asked once, kept and reused")
    func texts() throws {
        let server = try LoopbackServer { request in
            let asked = (try? question(request)) ?? "?"
            if asked == "bad" { return LoopbackServer.Reply(400, #"{"error":{"message":"no such thing"}}"#) }
            return LoopbackServer.Reply(200, completion("re: \(asked)"))
        }
        defer { server.stop() }
        try withLab { folder in
            let state = try session(folder)
            try state.run(
                setUp(server) + """
                    assert(select("#", gpt:generate "Say {{ a }}") == 1)
                    assert(gpt:generate("Say {{ a }}", { temperature = 0, name = "one" }) == "re: Say {{ a }}")
                    assert(gpt:generate("Say {{ a }}") == "re: Say {{ a }}" and gpt.usage.calls == 2)
                    local list = gpt:generate({ "x", "y" }, { n = 2 })
                    assert(#list == 2 and list[2][1] == "re: y" and #list[1] == 2)
                    assert(gpt:generate({ "y" })[1] == "re: y" and gpt.usage.calls == 6)
                    assert(runs.list()[2].title == "one" and runs.list()[2].rows == 1)
                    """)
            for (code, expected) in [
                ("gpt:generate('bad')", "no such thing"),
                ("gpt:generate({ 'good', 'bad' })", "1 of 2 were not answered; text 2:"),
                ("gpt:generate('x', { prompt = 'y' })", "'prompt'; it belongs to a dataset"),
                ("gpt:generate({ { role = 'user', content = 'x' } })", "gpt(messages)"),
                ("gpt:generate({ prompt = 'x' })", "teacher:generate(data, { prompt = \"x\" })"),
                ("gpt:generate(3)", "a dataset or a list of strings or a string"),
                ("gpt:generate({ 'x', 4 })", "element 2"), ("gpt:generate({})", "empty"),
            ] {
                let text = message(code, in: state)
                #expect(text.contains(expected), "\(code): \(text)")
            }
            try state.run(
                "local before = gpt.usage.calls assert(gpt:generate('good') == 're: good' and gpt.usage.calls == before)"
            )
        }
    }

    @Test("max_tokens, temperature and the like for one call, within the same budget")
    func options() throws {
        let server = try echoServer()
        defer { server.stop() }
        try session(nil).run(
            setUp(server, "temperature = 1, max_tokens = 90, budget_calls = 4") + """
                gpt:generate(d, { prompt = "{{ text }}", temperature = 0, max_tokens = 7, stop = { "END" } })
                gpt:generate(d, { prompt = "{{ text }}" })
                assert(gpt.usage.calls == 4, "another temperature is another question")
                assert(not pcall(gpt.generate, gpt, d, { prompt = "{{ text }}", temperature = 0.5 }))
                """)
        let bodies = server.requests.map { String(decoding: $0.body, as: UTF8.self) }
        #expect(bodies.filter { $0.contains("\"max_tokens\":7") && $0.contains("END") }.count == 2)
        #expect(
            bodies.filter { $0.contains("\"max_tokens\":90") && $0.contains("\"temperature\":1") }.count == 2)
    }

    @Test(
        "what is not a prompt or an option says what is",
        arguments: [
            ("gpt:generate(d, prompt 'x')", "gpt:generate(d, { prompt = p })"),
            ("gpt:generate(d, { prompt = 3 })", "a template in quotes"),
            ("gpt:generate(d, { prompt = { zero = 'a', few = 4 } })", "several: { zero = p1, few = p2 }"),
            ("gpt:generate(d, { prompt = {} })", "several: {"),
            (
                "gpt:generate(d, { prompt = { user = 'Say {{ text }}', system = 's' } })",
                "prompt = prompt { user = …"
            ),
            ("gpt:generate(d, { prompt = { a = 'x', b = 'y' }, n = 2 })", "1 with several prompts"),
            ("gpt:generate(d, { prompt = 'x', max_token = 3 })", "did you mean 'max_tokens'"),
            ("gpt:generate(d, { prompt = 'x', temperature = 9 })", "option 'temperature'"),
            ("gpt:generate(d, { prompt = 'Say {{ txet }}' })", "no column 'txet'"),
            (
                "teacher.open({ 'retrieval', corpus = d, input = 'text', target = 'gold' })"
                    + ":generate(d, { prompt = '{{ text }}', max_tokens = 3 })",
                "a teacher of kind 'retrieval' does not have it"
            ),
        ])
    func refused(code: String, expected: String) throws {
        let server = try echoServer()
        defer { server.stop() }
        let state = try session(nil)
        try state.run(setUp(server))
        do {
            try state.run(code)
            Issue.record("no error")
        } catch {
            #expect("\(error)".contains(expected), "\(error)")
        }
        #expect(server.requests.isEmpty)
    }
}
