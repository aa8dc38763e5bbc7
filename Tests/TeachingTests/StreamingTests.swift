import LyceumKit
import TestServers
import Testing

@testable import Teaching

@Suite("replies in pieces")
struct StreamingTests {
    private let stream = [
        #"data: {"model":"tiny-2024","choices":[{"delta":{"role":"assistant","content":""}}]}"#, "",
        ": a comment",
        #"data: {"choices":[{"delta":{"content":"Gr"}}]}"#, "",
        #"data: {"choices":[{"delta":{"content":"üße"}}]}"#, "",
        #"data: {"choices":[{"delta":{},"finish_reason":"stop"}]}"#, "",
        #"data: {"choices":[],"usage":{"prompt_tokens":3,"completion_tokens":2}}"#, "", "data: [DONE]", "",
        "",
    ].joined(separator: "\r\n")
    private let head = ["Content-Type": "text/event-stream; charset=utf-8"]

    private func ask(_ reply: LoopbackServer.Reply, options: [String: Value] = [:]) throws -> (
        shown: [String], result: Result<TeacherReply, any Error>, sent: [String: Value], usage: TeacherUsage
    ) {
        let server = try LoopbackServer { _ in reply }
        defer { server.stop() }
        let teacher = try open(server.baseURL, options.merging(["retries": 0]) { $1 })
        var shown: [String] = []
        let result = Result {
            try teacher.stream(questions(1)[0], job: .silent()) { shown.append($0) }
        }
        let sent = try JSON.decode(try #require(server.requests.first).body, name: "b").object ?? [:]
        return (shown, result, sent, teacher.usage)
    }

    @Test("bytes may be cut anywhere, in the middle of a letter too")
    func cuts() {
        for size in [1, 2, 3, 7, 1000] {
            var events = EventStream()
            let bytes = Array(stream.utf8)
            var shown = ""
            for start in stride(from: 0, to: bytes.count, by: size) {
                shown += events.take(bytes[start..<min(start + size, bytes.count)])
            }
            #expect(shown == "Grüße" && events.text == shown && events.hasEnded)
            #expect(events.promptTokens == 3 && events.completionTokens == 2 && events.model == "tiny-2024")
        }
    }

    @Test("the pieces are shown, and the reply is whole and counted")
    func pieces() throws {
        let (shown, result, sent, usage) = try ask(LoopbackServer.Reply(200, stream, headers: head))
        #expect(shown.joined() == "Grüße")
        let reply = try result.get()
        #expect(reply.text == "Grüße" && reply.finishReason == "stop" && reply.promptTokens == 3)
        #expect(sent["stream"] == true && sent["stream_options"] == ["include_usage": true])
        #expect(usage.calls == 1 && usage.promptTokens == 3 && usage.completionTokens == 2)
    }

    @Test("a server that answers in one piece will do, and a schema is checked before anything is shown")
    func inOnePiece() throws {
        let plain = try ask(LoopbackServer.Reply(200, completion("yes")))
        #expect(plain.shown == ["yes"])
        let checked = try ask(
            LoopbackServer.Reply(200, completion(#"{"a":"b"}"#)), options: ["schema": ["a": "string"]])
        #expect(checked.shown == [#"{"a":"b"}"#] && checked.sent["stream"] == nil)
    }

    @Test("what breaks off is an error, after what came was shown")
    func broken() throws {
        let half = String(stream.prefix { $0 != "ü" })
        for fault in [LoopbackServer.Reply.Fault.none, .drop(after: half.utf8.count)] {
            let body = if case .none = fault { half } else { stream }
            let (shown, result, _, _) = try ask(LoopbackServer.Reply(200, body, headers: head, fault: fault))
            // A connection that breaks at once may take with it what was not shown yet.
            #expect(shown.joined() == "Gr" || (shown.isEmpty && body == stream))
            #expect(throws: (any Error).self) { try result.get() }
        }
        let error = "data: {\"error\":{\"message\":\"overloaded sk-0123456789abcdef\"}}\n\n"
        let (_, result, _, _) = try ask(LoopbackServer.Reply(200, error, headers: head))
        let thrown = try #require(throws: LyceumError.self) { try result.get() }
        #expect(thrown.description.contains("broke off: overloaded [key]"))
        let refused = try ask(LoopbackServer.Reply(401, serverError("bad key")))
        #expect(refused.shown.isEmpty && "\(refused.result)".contains("bad key"))
    }

    @Test("Anthropic's events")
    func messages() {
        var events = EventStream()
        let shown = events.take(
            """
            event: message_start
            data: {"type":"message_start","message":{"model":"claude-tiny","usage":{"input_tokens":9,"output_tokens":1}}}
            data: {"type":"content_block_delta","delta":{"type":"thinking_delta","thinking":"hm"}}
            data: {"type":"content_block_delta","delta":{"type":"text_delta","text":"Yes"}}
            data: {"type":"message_delta","delta":{"stop_reason":"max_tokens"},"usage":{"output_tokens":4}}
            data: {"type":"message_stop"}

            """.utf8)
        let reply = events.reply(model: "?", seconds: 1)
        #expect(shown == "Yes" && reply.finishReason == "length" && reply.model == "claude-tiny")
        #expect(reply.promptTokens == 9 && reply.completionTokens == 4 && events.hasEnded)
    }

    @Test("a server that sends pieces unasked is read all the same")
    func unasked() throws {
        let reply = LoopbackServer.Reply(200, stream, headers: head)
        let server = try LoopbackServer { _ in reply }
        defer { server.stop() }
        let result = TeacherRun.run(questions(2), teacher: try open(server.baseURL), job: .silent())
        #expect(result.replies.map { $0?.text } == ["Grüße", "Grüße"])
        #expect(result.usage.completionTokens == 4)
    }
}
