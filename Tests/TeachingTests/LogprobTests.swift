import LyceumKit
import TestServers
import Testing

@testable import Teaching

@Suite("Logprobs are kept when asked for")
struct LogprobTests {
    @Test("a server without them is named once, and its replies count")
    func missing() throws {
        let server = try logprobServer(knowsThem: false)
        defer { server.stop() }
        let notes = Notes()
        let result = TeacherRun.run(
            questions(3), teacher: try open(server.baseURL, ["logprobs": true]),
            job: Job("asking", listener: notes.listener))
        #expect(result.replies.map { $0?.text } == ["re: q0", "re: q1", "re: q2"])
        #expect(
            notes.lines.count { $0.contains("sends no logprobs with its replies") } == 1, "\(notes.lines)")
    }

    @Test("a streamed reply brings them in pieces; a token that cannot be read leaves none")
    func pieces() throws {
        var events = EventStream()
        func piece(_ content: Value) -> String {
            let choice: Value = ["delta": ["content": "x"], "logprobs": ["content": content]]
            return "data: \(JSON.encode(["choices": [choice]]))\n\n"
        }
        _ = events.take((piece(logprobContent("b")) + piece([["token": "!", "logprob": -1]])).utf8)
        let tokens = try #require(events.reply(model: "m", seconds: 0).logprobs)
        #expect(tokens.map(\.token) == ["re: ", "b", "!"] && tokens[0].top.count == 2)
        let broken: [String: Value] = [
            "logprobs": ["content": [["token": "a", "logprob": -1], ["token": "b"]]]
        ]
        #expect(OpenAIExchange.logprobs(broken) == nil)
        #expect(OpenAIExchange.logprobs(["logprobs": .null]) == nil)
    }
}
