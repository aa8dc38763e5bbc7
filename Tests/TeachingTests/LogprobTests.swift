import Lab
import LuaBridge
import LyceumKit
import Scripting
import Testing

@testable import Teaching

@Suite("Logprobs are kept when asked for")
struct LogprobTests {
    /// What the tokens "re: " and the question are given.
    private static func content(_ text: String) -> Value {
        func place(_ token: String, _ logprob: Double) -> Value {
            ["token": .string(token), "logprob": .number(logprob), "bytes": []]
        }
        return .list(
            [("re: ", -0.5), (text, -0.25)].map { token, logprob in
                var fields = place(token, logprob).object ?? [:]
                fields["top_logprobs"] = [place(token, logprob), place("other", -2)]
                return .object(fields)
            })
    }

    /// Answers with logprobs if asked to, as OpenAI does.
    private func server(knowsThem: Bool = true) throws -> LoopbackServer {
        try LoopbackServer { request in
            let text = (try? question(request)) ?? "?"
            let body = (try? JSON.decode(request.body, name: ""))?.object ?? [:]
            guard knowsThem, body["logprobs"] == true,
                var document = (try? JSON.decode(completion("re: " + text), name: ""))?.object,
                var choice = document["choices"]?.list?.first?.object
            else { return LoopbackServer.Reply(200, completion("re: " + text)) }
            choice["logprobs"] = ["content": Self.content(text)]
            document["choices"] = [.object(choice)]
            return LoopbackServer.Reply(200, JSON.encode(.object(document)))
        }
    }

    private func setUp(_ server: LoopbackServer, _ options: String) -> String {
        """
        d = data.from { { text = "a" }, { text = "b" } }
        p = prompt "{{ text }}"
        gpt = teacher.open { "openai", model = "tiny", base_url = "\(server.baseURL)", \(options) }
        out = gpt:generate(d, { prompt = p, output = "said" })

        """
    }

    @Test("a column tells of them, from the server and then from the lab; another wish is another question")
    func column() throws {
        let server = try server()
        defer { server.stop() }
        try withLab { folder in
            let check = """
                local tokens = out[2].said_logprobs
                assert(#tokens == 2 and tokens[1].token == "re: " and tokens[1].logprob == -0.5)
                assert(tokens[2].token == "b" and tokens[2].top[2].token == "other" and tokens[2].top[2].logprob == -2)

                """
            try session(folder).run(
                setUp(server, "top_logprobs = 2") + check + """
                    assert(gpt.usage.calls == 2)
                    assert(#gpt:generate(d, { prompt = p, provenance = false }).columns == 3)
                    """)
            let sent = try JSON.decode(try #require(server.requests.first).body, name: "").object
            #expect(sent?["logprobs"] == true && sent?["top_logprobs"] == 2)
            try session(folder).run(
                setUp(server, "top_logprobs = 2") + check + "assert(gpt.usage.calls == 0)\n"
                    + setUp(server, "logprobs = true") + "assert(gpt.usage.calls == 2)\n"
                    + setUp(server, "temperature = 0")
                    + "assert(gpt.usage.calls == 2 and not out[1].said_logprobs)\n"
                    // Saying no is saying nothing.
                    + setUp(server, "temperature = 0, logprobs = false") + "assert(gpt.usage.calls == 0)")
        }
    }

    @Test("a server without them is named once, and its replies count")
    func missing() throws {
        let server = try server(knowsThem: false)
        defer { server.stop() }
        let notes = Notes()
        let result = TeacherRun.run(
            questions(3), teacher: try open(server.baseURL, ["logprobs": true]),
            job: Job("asking", listener: notes.listener))
        #expect(result.replies.map { $0?.text } == ["re: q0", "re: q1", "re: q2"])
        #expect(
            notes.lines.count { $0.contains("sends no logprobs with its replies") } == 1, "\(notes.lines)")
    }

    @Test("Anthropic's API has none, and opening says so")
    func anthropic() throws {
        try withLab { folder in
            try session(folder).run(
                """
                local ok, problem = pcall(teacher.open, { "anthropic", model = "m", api_key = "k", logprobs = true })
                assert(not ok and tostring(problem):find("Anthropic's API has no logprobs"), tostring(problem))
                ok, problem = pcall(teacher.open,
                    { "openai", model = "m", api_key = "k", logprobs = false, top_logprobs = 2 })
                assert(not ok and tostring(problem):find("logprobs = true beside it"), tostring(problem))
                """)
        }
    }

    @Test("a streamed reply brings them in pieces; a token that cannot be read leaves none")
    func pieces() throws {
        var events = EventStream()
        func piece(_ content: Value) -> String {
            let choice: Value = ["delta": ["content": "x"], "logprobs": ["content": content]]
            return "data: \(JSON.encode(["choices": [choice]]))\n\n"
        }
        _ = events.take((piece(Self.content("b")) + piece([["token": "!", "logprob": -1]])).utf8)
        let tokens = try #require(events.reply(model: "m", seconds: 0).logprobs)
        #expect(tokens.map(\.token) == ["re: ", "b", "!"] && tokens[0].top.count == 2)
        let broken: [String: Value] = [
            "logprobs": ["content": [["token": "a", "logprob": -1], ["token": "b"]]]
        ]
        #expect(OpenAIExchange.logprobs(broken) == nil)
        #expect(OpenAIExchange.logprobs(["logprobs": .null]) == nil)
    }
}
