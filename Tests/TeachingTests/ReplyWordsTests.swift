import Foundation
import LyceumKit
import TestServers
import Testing

@testable import Teaching

/// No word of a paid answer is lost, whatever else in it is odd.
@Suite("words of a paid answer")
struct ReplyWordsTests {
    typealias Reply = LoopbackServer.Reply

    private let events = ["Content-Type": "text/event-stream"]

    private func piece(_ text: String) -> String {
        "data: " + JSON.encode(["choices": [["delta": ["content": .string(text)]]]])
    }
    private let end = #"data: {"choices":[{"delta":{},"finish_reason":"stop"}]}"# + "\n\ndata: [DONE]\n\n"

    /// Asks one question of a server that answers with a body of the test's.
    private func ask(
        _ body: [UInt8], headers: [String: String] = [:], _ options: [String: Value] = ["retries": 0],
        stream: Bool = false
    ) throws -> (result: Result<TeacherReply, any Error>, shown: String, sent: Int) {
        let server = try LoopbackServer { _ in
            var reply = Reply(200, "", headers: headers)
            reply.body = body
            return reply
        }
        defer { server.stop() }
        let teacher = try open(server.baseURL, options)
        var shown = ""
        if stream {
            let result = Result { try teacher.stream(questions(1)[0], job: .silent()) { shown += $0 } }
            return (result, shown, server.requests.count)
        }
        var result: Result<TeacherReply, any Error>?
        do {
            try teacher.answer(questions(1), job: .silent()) { result = $1 }
        } catch { result = .failure(error) }
        return (try #require(result), shown, server.requests.count)
    }

    // MARK: streams

    @Test(
        "a stream is read as the standard says",
        arguments: [
            "\u{FEFF}data: {\"choices\":[{\"delta\":{\"content\":\"Grüße\"}}]}\n\ndata: [DONE]\n\n",
            "data: {\"choices\":\ndata: [{\"delta\":\ndata: {\"content\":\"Grüße\"}}]}\n\ndata: [DONE]\n\n",
            "data: {\"choices\":[{\"delta\":{\"content\":\"Grüße\"}}]}\r\rdata: [DONE]\r\r",
            "data: {\"choices\":[{\"delta\":{\"content\":\"Grüße\"}}]}\r\n\r\ndata: [DONE]\r\n\r\n",
            ": comment\n:\nid: 1\nretry: 5\nevent: message\ndata:{\"choices\":[{\"delta\":{\"content\":\"Grüße\"}}]}\n\ndata: [DONE]",
            "data: {\"choices\":[{\"delta\":{\"content\":\"Gr\"}}]}\ndata: {\"choices\":[{\"delta\":{\"content\":\"üße\"}}]}\ndata: [DONE]\n\n",
            "data\n\ndata:\n\ndata: {\"choices\":[{\"delta\":{\"content\":\"Grüße\"},\"finish_reason\":\"stop\"}]}\n\n",
        ])
    func standard(_ body: String) throws {
        let bytes = Array(body.utf8)
        for size in [1, 2, 3, 5, 1000] {
            var stream = EventStream()
            var shown = ""
            for start in stride(from: 0, to: bytes.count, by: size) {
                shown += stream.take(bytes[start..<min(start + size, bytes.count)])
            }
            shown += stream.finish()
            #expect(
                shown == "Grüße" && stream.text == shown && stream.hasEnded && !stream.isBroken,
                "\(size): \(body)")
        }
        let answer = try ask(bytes, headers: events, stream: true)
        #expect(try answer.result.get().text == "Grüße" && answer.shown == "Grüße")
        #expect(try ask(bytes, headers: events).result.get().text == "Grüße")
    }

    @Test(
        "a piece that cannot be read is a reply that broke off, and what came is kept",
        arguments: [
            "data: {\"choices\":[{\"delta\":{\"conte", "ata: {\"choices\":[{\"delta\":{\"content\":\"x\"}}]}",
            "{\"choices\":[{\"delta\":{\"content\":\"x\"}}]}", "data: <html>busy</html>",
        ])
    func unreadablePiece(_ broken: String) throws {
        let body = [piece("hello "), broken, piece("world"), end].joined(separator: "\n\n")
        let once = try ask(Array(body.utf8), headers: events)
        let kept = try #require(throws: UnusableReply.self) { try once.result.get() }
        #expect(kept.reply.text == "hello world" && kept.reply.finishReason == TeacherReply.brokenOff)
        #expect(kept.description.contains("cannot be read"), "\(kept)")
        let shown = try ask(Array(body.utf8), headers: events, stream: true)
        #expect(shown.shown == "hello world")
        #expect(throws: UnusableReply.self) { try shown.result.get() }
    }

    @Test("a reply that broke off is asked for again in bulk, also when the connection broke in its middle")
    func triedAgain() throws {
        for fault in [LoopbackServer.Reply.Fault.none, .drop(after: 60)] {
            let body =
                fault.isNone
                ? [piece("hello "), "data: {\"cho", end].joined(separator: "\n\n")
                : [piece("hello "), end].joined(separator: "\n\n")
            let server = try LoopbackServer { request in
                var reply = Reply(200, body, headers: self.events, fault: request.number == 0 ? fault : .none)
                if request.number > 0 { reply = Reply(200, completion("whole")) }
                return reply
            }
            defer { server.stop() }
            let result = TeacherRun.run(questions(1), teacher: try open(server.baseURL), job: .silent())
            #expect(result.replies.first??.text == "whole" && server.requests.count == 2)
        }
        // The words that came before the connection broke are kept when no try brings more.
        let server = try LoopbackServer { _ in
            Reply(
                200, [piece("hello "), piece("you"), end].joined(separator: "\n\n"), headers: self.events,
                fault: .drop(after: 70))
        }
        defer { server.stop() }
        var kept: TeacherReply?
        _ = TeacherRun.run(questions(1), teacher: try open(server.baseURL, ["retries": 1]), job: .silent()) {
            kept = unusable($0.first)
        }
        #expect(kept?.text.hasPrefix("hello ") == true && kept?.finishReason == TeacherReply.brokenOff)
        #expect(server.requests.count == 2)
    }

    @Test("the two halves of a character in two pieces are joined, and a half alone is U+FFFD")
    func halvesInPieces() throws {
        func half(_ text: String) -> String { #"data: {"choices":[{"delta":{"content":""# + text + #""}}]}"# }
        let joined = [half(#"a \ud83d"#), half(#"\ude00 b"#), end].joined(separator: "\n\n")
        #expect(try ask(Array(joined.utf8), headers: events).result.get().text == "a 😀 b")
        #expect(try ask(Array(joined.utf8), headers: events, stream: true).shown == "a 😀 b")
        let alone = [half(#"a \ud83d"#), half(#"b \ude00"#), half(#"\ud83d"#), end].joined(separator: "\n\n")
        #expect(
            try ask(Array(alone.utf8), headers: events).result.get().text == "a \u{FFFD}b \u{FFFD}\u{FFFD}")
    }

    // MARK: bodies

    @Test(
        "the text is had whatever else is odd",
        arguments: [
            (#"{"choices":[{"message":{"content":"cut \ud83d"}}]}"#, "cut \u{FFFD}"),
            (#"{"choices":[{"message":{"content":"\ude00 \ud83d\ude00"}}]}"#, "\u{FFFD} 😀"),
            (
                #"{"choices":[{"message":{"content":"ok"}}],"usage":{"prompt_tokens":1e999999,"completion_tokens":5}}"#,
                "ok"
            ),
            (
                #"{"choices":[{"message":{"content":"ok"}}],"usage":{"prompt_tokens":NaN,"completion_tokens":-Infinity}}"#,
                "ok"
            ),
            (
                #"{"choices":[{"message":{"content":"ok"}}],"created":123456789012345678901234567890,"x":0123,"y":.5,"z":+1}"#,
                "ok"
            ),
            ("\u{FEFF}" + #"{"choices":[{"message":{"content":"ok"}}]}"#, "ok"),
            (#"{"choices":[{"message":{"content":"a"# + "\t\n" + #"b \q \x"}}]}"#, "a\t\nb \\q \\x"),
            (#"{"choices":[{"message":{"content":"ok"},}],}"#, "ok"),
            (#"{"choices":[null,{"text":"older"}]}"#, "older"),
            (
                #"{"choices":[{"message":{"content":[{"type":"text","text":"in "},{"type":"text","text":"parts"}]}}]}"#,
                "in parts"
            ),
            (
                #"{"deep":"# + String(repeating: "[", count: 5000) + String(repeating: "]", count: 5000)
                    + #","choices":[{"message":{"content":"ok"}}]}"#, "ok"
            ),
            (
                #"{"choices":[{"message":{"content":"ok"},"logprobs":{"content":[{"token":"x","logprob":1e999}]}}]}"#,
                "ok"
            ),
        ])
    func oddBody(_ body: String, _ expected: String) throws {
        let answer = try ask(Array(body.utf8))
        #expect(try answer.result.get().text == expected, "\(answer.result)")
    }

    @Test("a byte that is not UTF-8 is U+FFFD")
    func notUTF8() throws {
        var body = Array(#"{"choices":[{"message":{"content":"caf"#.utf8)
        body.append(0xE9)
        body += Array(#" ok"}}]}"#.utf8)
        #expect(try ask(body).result.get().text == "caf\u{FFFD} ok")
        var stream = Array(#"data: {"choices":[{"delta":{"content":"caf"#.utf8)
        stream.append(0xE9)
        stream += Array((#"!"}}]}"# + "\n\n" + end).utf8)
        #expect(try ask(stream, headers: events).result.get().text == "caf\u{FFFD}!")
    }

    @Test(
        "every beginning of a body is a passing fault; its words are kept, and the next whole reply is taken")
    func truncated() throws {
        let body = Array(completion("half of \"it\" \\ and more").utf8)
        for count in stride(from: 1, to: body.count - 1, by: 3) {
            var repair = JSONRepair(Array(body[..<count]), keepsHalves: false, deepest: 200)
            let closed = repair.repaired(closing: true)
            #expect(throws: Never.self, "\(String(decoding: closed, as: UTF8.self))") {
                try JSON.decode(closed, name: "x")
            }
        }
        let half = Array(#"{"choices": [{"message": {"content": "half"#.utf8)
        let kept = try #require(throws: UnusableReply.self) { try ask(half).result.get() }
        #expect(kept.reply.text == "half" && kept.description.contains("breaks off"), "\(kept)")
        let server = try LoopbackServer { request in
            var reply = Reply(200, completion("whole"))
            if request.number == 0 { reply.body = half }
            return reply
        }
        defer { server.stop() }
        let result = TeacherRun.run(questions(1), teacher: try open(server.baseURL), job: .silent())
        #expect(result.replies.first??.text == "whole" && server.requests.count == 2)
    }

    // MARK: passing faults

    @Test(
        "what passes is tried again wherever the server says so",
        arguments: [
            (200, "", [:]), (200, "<html>502 Bad Gateway</html>", [:]), (200, #"{"choices": ["#, [:]),
            (200, #"{"error":{"type":"overloaded_error","message":"Overloaded"}}"#, [:]),
            (200, #"{"type":"error","error":{"type":"overloaded_error","message":"Overloaded"}}"#, [:]),
            (200, #"{"error":{"code":502,"message":"upstream"}}"#, [:]),
            (200, #"{"error":{"message":"Rate limit reached. Please try again in 20ms."}}"#, [:]),
            (
                200,
                #"[{"error":{"code":429,"status":"RESOURCE_EXHAUSTED","details":[{"retryDelay":"0.02s"}]}}]"#,
                [:]
            ),
            (200, #"{"choices":[{"error":{"code":503,"message":"busy"},"message":{"content":""}}]}"#, [:]),
            (200, #"{"error":"model is loading"}"#, [:]),
            (
                200, "data: {\"type\":\"error\",\"error\":{\"type\":\"overloaded_error\"}}\n\n",
                ["Content-Type": "text/event-stream"]
            ),
            (200, "event: error\ndata: {\"message\":\"boom\"}\n\n", ["Content-Type": "text/event-stream"]),
            (400, #"{"error":{"type":"rate_limit_error","message":"slow down"}}"#, [:]),
            (403, "forbidden for now", ["Retry-After-Ms": "5"]), (404, "{}", ["Retry-After-Ms": "5"]),
            (529, "", [:]),
            (425, "early", [:]),
        ])
    func passing(_ status: Int, _ body: String, _ headers: [String: String]) throws {
        let server = try LoopbackServer { request in
            // The server is known as an API before and after.
            request.number == 1 ? Reply(status, body, headers: headers) : Reply(200, completion("ok"))
        }
        defer { server.stop() }
        let teacher = try open(server.baseURL, ["concurrency": 1])
        let result = TeacherRun.run(questions(2), teacher: teacher, job: .silent())
        #expect(result.replyCount == 2 && server.requests.count == 3, "\(result.failures) \(result.stopText)")
    }

    @Test("an account without money stops the run, also in a body of status 200")
    func outOfFunds() throws {
        let server = try LoopbackServer { _ in
            Reply(
                200,
                serverError("You exceeded your current quota, try again later", type: "insufficient_quota"))
        }
        defer { server.stop() }
        let result = TeacherRun.run(
            questions(5), teacher: try open(server.baseURL, ["concurrency": 1]), job: .silent())
        #expect(server.requests.count == 1 && result.stopText.contains("billing"))
    }

    @Test("only a server that never answered as an API gets the advice to check its address")
    func advice() throws {
        let page = try LoopbackServer { _ in Reply(200, "<html>welcome</html>") }
        defer { page.stop() }
        let first = TeacherRun.run(
            questions(1), teacher: try open(page.baseURL, ["retries": 0]), job: .silent())
        #expect(first.stopText.contains("check that base_url"))
        let server = try LoopbackServer { request in
            request.number == 0 ? Reply(200, completion("ok")) : Reply(200, "<html>busy</html>")
        }
        defer { server.stop() }
        let teacher = try open(server.baseURL, ["retries": 0, "concurrency": 1])
        let second = TeacherRun.run(questions(2), teacher: teacher, job: .silent())
        let reason = second.failures.first?.reason ?? ""
        #expect(
            second.stopped == nil && reason.contains("HTML page") && !reason.contains("base_url"), "\(reason)"
        )
    }

    @Test("what cannot be read is kept as it came, with the error")
    func keptRaw() throws {
        let body = #"{"unexpected": "words that were paid for"}"#
        var kept: TeacherReply?
        let server = try LoopbackServer { _ in Reply(200, body) }
        defer { server.stop() }
        _ = TeacherRun.run(questions(1), teacher: try open(server.baseURL, ["retries": 0]), job: .silent()) {
            kept = unusable($0.first)
        }
        #expect(kept?.text == body && kept?.finishReason == TeacherReply.unreadable)
    }
}

extension LoopbackServer.Reply.Fault {
    fileprivate var isNone: Bool {
        if case .none = self { return true }
        return false
    }
}

/// What came although it cannot be used.
private func unusable(_ answer: TeacherRun.Answer?) -> TeacherReply? {
    guard case .failure(let error)? = answer?.result else { return nil }
    return (error as? UnusableReply)?.reply
}
