import LuaBridge
import LyceumKit
import TestServers
import Testing

@testable import Teaching

/// What happens to odd replies, as a script sees it.
@Suite("odd replies in Lua")
struct LuaReplyTests {
    typealias Reply = LoopbackServer.Reply

    private func opening(_ server: LoopbackServer, _ options: String = "") -> String {
        """
        gpt = teacher.open { "openai", model = "tiny", base_url = "\(server.baseURL)", \(options) }
        ask = prompt "{{ text }}"

        """
    }

    @Test("reasoning comes in a column of its own, is kept in the lab, and stays in the text if asked for")
    func reasoning() throws {
        let server = try LoopbackServer { request in
            let text = (try? question(request)) ?? "?"
            return Reply(
                200,
                completion(text == "plain" ? "plain answer" : "<think>\nhm \(text)\n</think>\n\nre: \(text)"))
        }
        defer { server.stop() }
        try withLab { folder in
            try session(folder).run(
                opening(server) + """
                    d = data.from { { text = "a" }, { text = "plain" } }
                    out = gpt:generate(d, { prompt = ask, output = "answer" })
                    assert(out[1].answer == "re: a" and out[1].reasoning == "hm a")
                    assert(out[2].answer == "plain answer" and out[2].reasoning == nil)
                    again = gpt:generate(d, { prompt = ask })
                    assert(again[1].reasoning == "hm a" and gpt.usage.calls == 2)
                    kept = teacher.open { "openai", model = "tiny", base_url = "\(server.baseURL)", reasoning = "keep" }
                    assert(kept:generate(d, { prompt = ask })[1].reply:find("<think>", 1, true))
                    assert(kept.usage.calls == 0)
                    assert(kept "b" == "<think>\\nhm b\\n</think>\\n\\nre: b" and gpt "c" == "re: c")
                    assert(not pcall(teacher.open, { "openai", model = "m", reasoning = "maybe" }))
                    both = gpt:generate(out, { prompt = ask, output = "second" })
                    assert(both[1].second_reasoning == "hm a" and both[1].reasoning == "hm a")
                    """)
            try session(folder).run(
                opening(server) + """
                    local out = gpt:generate(data.from { { text = "a" } }, { prompt = ask })
                    assert(out[1].reply == "re: a" and out[1].reasoning == "hm a" and gpt.usage.calls == 0)
                    """)
        }
        #expect(server.requests.count == 4)
    }

    @Test("curate takes off the reasoning that older runs left")
    func curate() throws {
        try session(nil).run(
            """
            local d = data.from { { t = "<think>hm</think>\\n\\nYes." }, { t = "No <think> here." }, { t = "<think>only" }, { t = "hm\\n</think>So." } }
            local c = d:curate { column = "t" }
            assert(#c == 3 and c[1].t == "Yes." and c[2].t == "No <think> here." and c[3].t == "So.")
            assert(#c.dropped == 1 and c.dropped[1].reason:find("no answer"))
            assert(#d:curate { column = "t", reasoning = "keep" } == 4)
            assert(#d:curate { column = "t", reasoning = "drop" } == 1)
            """)
    }

    @Test("a reply that broke off is asked for again by the next call, and its words are in the lab")
    func brokenOff() throws {
        let server = try LoopbackServer { request in
            request.number < 2
                ? Reply(
                    200, "data: {\"choices\":[{\"delta\":{\"content\":\"half \"}}]}\n\ndata: {broken\n\n",
                    headers: ["Content-Type": "text/event-stream"])
                : Reply(200, completion("whole"))
        }
        defer { server.stop() }
        try withLab { folder in
            try session(folder).run(
                opening(server, "retries = 1") + """
                    d = data.from { { text = "a" } }
                    out = gpt:generate(d, { prompt = ask })
                    assert(#out == 0 and out.failed[1].reason:find("cannot be read"), out.failed[1].reason)
                    local rows = runs.sql("select text, finish_reason from replies")
                    assert(#rows == 1 and rows[1].text == "half " and rows[1].finish_reason == "broken_off")
                    out = gpt:generate(d, { prompt = ask })
                    assert(#out == 1 and out[1].reply == "whole")
                    """)
        }
    }

    @Test("one odd number, field or row leaves the others readable")
    func odd() throws {
        let server = try LoopbackServer { request in
            let text = (try? question(request)) ?? "?"
            if text == "t1" {
                return Reply(
                    200,
                    #"{"choices":[{"message":{"content":"odd \ud83d"}}],"usage":{"prompt_tokens":1e999999,"completion_tokens":-1}}"#
                )
            }
            return Reply(200, completion("re: \(text)"))
        }
        defer { server.stop() }
        try withLab { folder in
            try session(folder).run(
                opening(server) + """
                    d = data.from { { text = "t1" }, { text = "t2" }, { text = "t3" } }
                    out = gpt:generate(d, { prompt = ask })
                    assert(#out == 3 and out[1].reply == "odd \\u{FFFD}" and out[3].reply == "re: t3")
                    """)
        }
    }
}
