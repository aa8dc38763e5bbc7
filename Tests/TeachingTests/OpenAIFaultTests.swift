import Foundation
import HTTP
import LyceumKit
import TestServers
import Testing

@testable import Teaching

@Suite("OpenAI-compatible teacher: faults")
struct OpenAIFaultTests {
    typealias Reply = LoopbackServer.Reply

    /// Puts questions to a server that answers each request with a reply of the test's.
    private func run(
        _ count: Int = 1, _ options: [String: Value] = [:], key: String? = nil,
        _ answer: @escaping @Sendable (LoopbackServer.Request) -> Reply
    ) throws -> (result: TeacherRun.Result, sent: Int) {
        let server = try LoopbackServer(answer)
        defer { server.stop() }
        let environment = key.map { ["OPENAI_API_KEY": $0] } ?? [:]
        let teacher = try open(server.baseURL, options, environment: environment)
        return (TeacherRun.run(questions(count), teacher: teacher, job: .silent()), server.requests.count)
    }

    @Test(
        "a busy server is asked again after the time it names",
        arguments: [("Retry-After", "0.2"), ("Retry-After-Ms", "200")])
    func retryAfter(_ name: String, _ value: String) throws {
        var outcome: (result: TeacherRun.Result, sent: Int)?
        let time = try seconds {
            outcome = try run { request in
                request.number == 0
                    ? Reply(429, serverError("slow down", type: "rate_limit"), headers: [name: value])
                    : Reply(200, completion("at last"))
            }
        }
        #expect(outcome?.result.replies.first??.text == "at last")
        #expect(outcome?.sent == 2)
        #expect(outcome?.result.usage.calls == 2)
        #expect((0.2..<2).contains(time))
    }

    @Test("passing faults of a server are overcome", arguments: [408, 409, 500, 502, 503, 529])
    func passingFaults(_ status: Int) throws {
        let (result, sent) = try run { request in
            request.number == 0
                ? Reply(status, "busy", headers: ["Retry-After-Ms": "10"]) : Reply(200, completion("x"))
        }
        #expect(result.replies.first??.text == "x")
        #expect(sent == 2)
    }

    @Test("a broken or silent connection is tried again", arguments: [Reply.Fault.drop(after: 20), .silence])
    func brokenConnection(_ fault: Reply.Fault) throws {
        let (result, sent) = try run { request in
            Reply(200, completion("whole"), fault: request.number == 0 ? fault : .none)
        }
        #expect(result.replies.first??.text == "whole")
        #expect(sent >= 2)
    }

    @Test("when the tries are used up the row fails, and the others do not")
    func triesUsedUp() throws {
        let (result, sent) = try run(3, ["retries": 2]) { request in
            request.text.contains("q1")
                ? Reply(500, serverError("out of memory"), headers: ["Retry-After-Ms": "5"])
                : Reply(200, completion("x"))
        }
        #expect(result.replies.map { $0 != nil } == [true, false, true])
        #expect(result.failures.map(\.row) == [1])
        #expect(result.failures.first?.reason.contains("answered 500: out of memory") == true)
        #expect(result.stopped == nil)
        #expect(sent == 5)
    }

    @Test("what only this request did wrong fails its row at once", arguments: [400, 413, 422])
    func badRequest(_ status: Int) throws {
        let (result, sent) = try run(2) { request in
            request.text.contains("q0")
                ? Reply(status, serverError("too long"), headers: ["x-request-id": "req_7"])
                : Reply(200, completion("x"))
        }
        #expect(sent == 2)
        #expect(result.failures.first?.reason.contains("\(status): too long (request req_7)") == true)
        #expect(result.replies[1]?.text == "x")
    }

    @Test("the server's word on trying again goes before the status")
    func shouldRetry() throws {
        let (given, once) = try run { _ in Reply(503, "no", headers: ["x-should-retry": "false"]) }
        #expect(once == 1 && given.failures.count == 1)
        let (result, twice) = try run { request in
            request.number == 0
                ? Reply(400, "again", headers: ["x-should-retry": "true", "retry-after-ms": "5"])
                : Reply(200, completion("x"))
        }
        #expect(twice == 2 && result.replyCount == 1)
    }

    @Test(
        "a refused key, an unknown model and an empty account stop the run",
        arguments: [401, 402, 403, 404, 405])
    func stops(_ status: Int) throws {
        let (result, sent) = try run(40, ["concurrency": 1]) { _ in Reply(status, serverError("no way")) }
        #expect(sent == 1)
        #expect(result.stopText.contains("\(status): no way"))
        #expect(result.replyCount == 0)
    }

    @Test("429 for want of money is not a busy server")
    func outOfFunds() throws {
        let (result, sent) = try run(5, ["concurrency": 1]) { _ in
            Reply(
                429,
                serverError(
                    "You exceeded your current quota", type: "insufficient_quota", code: "insufficient_quota")
            )
        }
        #expect(sent == 1)
        let text = result.stopText
        #expect(text.contains("You exceeded your current quota") && text.contains("billing"))
    }

    @Test("a server that wants a long pause is not waited for")
    func longPause() throws {
        let (limited, _) = try run { _ in Reply(429, "later", headers: ["Retry-After": "3600"]) }
        #expect(limited.stopText.contains("3600 s"))
        let (busy, sent) = try run { _ in Reply(503, "later", headers: ["Retry-After": "121"]) }
        #expect(busy.stopped == nil && busy.failures.count == 1 && sent == 1)
    }

    @Test("a server that fails every request is given up")
    func hopeless() throws {
        let (result, sent) = try run(200, ["concurrency": 1]) { _ in Reply(400, serverError("bad parameter"))
        }
        #expect(sent == OpenAIRun.hopeless)
        #expect(
            result.stopText.contains("20 requests failed in a row"))
        #expect(result.failures.count == OpenAIRun.hopeless)
    }

    @Test("a key that the server repeats is not shown")
    func keyIsNotShown() throws {
        let key = "secret-0123456789"
        let (result, _) = try run(key: key) { request in
            Reply(
                401,
                serverError(
                    "Incorrect API key: \(request.headers["authorization"] ?? "") or sk-abcDEF12345678"))
        }
        let text = "\(result.stopText) \(result.failures)"
        #expect(text.contains("Incorrect API key: Bearer [key] or [key]"))
        #expect(!text.contains(key) && !text.contains("sk-abc"))
        let (echoed, _) = try run(key: key) { _ in Reply(200, "<html>\(key)</html>") }
        #expect(!"\(echoed.failures)".contains(key))
    }

    @Test(
        "a reply cut short or filtered fails its row, and its tokens count",
        arguments: ["length", "content_filter"])
    func unusable(_ reason: String) throws {
        let (result, _) = try run { _ in Reply(200, completion("half a sen", finish: reason)) }
        #expect(result.replyCount == 0)
        #expect(result.failures.count == 1 && result.stopped == nil)
        #expect(result.usage.completionTokens == 5)
    }

    @Test(
        "what is not a completion is named",
        arguments: [
            ("<!DOCTYPE html><title>Login</title>", "an HTML page"), (#"{"choices":[{"mess"#, "not JSON"),
            ("", "an empty body"), ("[1]", "JSON that is not an object"),
            (#"{"choices":[]}"#, "without a choice"),
            (#"{"object":"list"}"#, "without a choice"), (completion(" \n"), "reply is empty"),
            (
                #"{"choices":[{"message":{"content":null,"refusal":"I cannot"}}]}"#,
                "the model refused: I cannot"
            ),
            (#"{"error":{"message":"context too long"}}"#, "context too long"),
            (#"{"error":"model is loading"}"#, "model is loading"),
        ])
    func noCompletion(_ body: String, _ expected: String) throws {
        let (result, sent) = try run(1, ["retries": 0]) { _ in Reply(200, body) }
        #expect(result.replyCount == 0 && sent == 1)
        #expect(result.failures.first?.reason.contains(expected) == true, "\(result.failures)")
    }

    @Test("a slow server fails its row when the time is up")
    func timeout() throws {
        let time = try seconds {
            let (result, _) = try run(1, ["timeout": 0.2, "retries": 0]) { _ in
                Reply(200, completion("x"), delay: 3)
            }
            #expect(result.failures.first?.reason.contains("within 0.2 s") == true)
        }
        #expect(time < 2)
    }

    @Test("a server that accepts and does not begin to answer fails its row, however long an answer may take")
    func silence() throws {
        let (result, sent) = try run(1, ["first_byte_timeout": 0.1, "retries": 1]) { _ in
            Reply(200, completion("x"), delay: 5)
        }
        #expect(result.failures.first?.reason.contains("did not begin to answer within 0.1 s") == true)
        #expect(sent == 2)
    }

    @Test("a row is sent once with retries = 0, whatever the fault", arguments: [429, 500, 503])
    func noRetries(_ status: Int) throws {
        let (result, sent) = try run(1, ["retries": 0]) { _ in
            Reply(status, "no", headers: ["Retry-After-Ms": "5"])
        }
        #expect(sent == 1 && result.failures.count == 1 && result.stopped == nil)
    }

    @Test("a redirect is not followed: the key stays here")
    func redirect() throws {
        let elsewhere = try echoServer()
        defer { elsewhere.stop() }
        let place = "\(elsewhere.baseURL)/chat/completions?token=abc"
        let (result, _) = try run(key: "secret-0123456789") { _ in
            Reply(307, "", headers: ["Location": place])
        }
        #expect(elsewhere.requests.isEmpty)
        let text = result.stopText
        #expect(text.contains("points elsewhere: \(elsewhere.baseURL)") && !text.contains("abc"))
    }

    @Test("a server that is not there stops the run")
    func unreachable() throws {
        let server = try echoServer()
        server.stop()
        let teacher = try open(server.baseURL, ["retries": 1])
        let result = TeacherRun.run(questions(3), teacher: teacher, job: .silent())
        #expect(
            result.stopText.contains(
                "cannot reach 127.0.0.1:\(server.port)"))
    }

    @Test("a server that does not speak TLS stops an https run")
    func noTLS() throws {
        let server = try echoServer()
        defer { server.stop() }
        let teacher = try open("https://127.0.0.1:\(server.port)/v1", ["retries": 1])
        let result = TeacherRun.run(questions(3), teacher: teacher, job: .silent())
        #expect(result.stopText.contains("cannot reach 127.0.0.1:\(server.port)"), "\(result.stopText)")
        #expect(server.requests.isEmpty)
    }

    @Test("a server that accepts and then says nothing of TLS counts as not there")
    func noHandshake() throws {
        // A socket that listens and never accepts: the kernel completes the connection.
        let silent = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
        defer { close(silent) }
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_addr.s_addr = UInt32(0x7F00_0001).bigEndian
        var length = socklen_t(MemoryLayout<sockaddr_in>.size)
        withUnsafeMutablePointer(to: &address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                _ = bind(silent, $0, length)
                _ = listen(silent, 16)
                _ = getsockname(silent, $0, &length)
            }
        }
        let port = UInt16(bigEndian: address.sin_port)
        let teacher = try open("https://127.0.0.1:\(port)/v1", ["retries": 0, "timeout": 0.3])
        let result = TeacherRun.run(questions(3), teacher: teacher, job: .silent())
        #expect(result.stopText.contains("cannot reach 127.0.0.1:\(port)"), "\(result.stopText)")
    }

    @Test("an endless reply is cut off")
    func tooLarge() throws {
        let server = try LoopbackServer { _ in Reply(200, String(repeating: "x", count: 200_000)) }
        defer { server.stop() }
        let client = try HTTPClient(connections: 1)
        try client.send(
            HTTPRequest(url: server.baseURL, headers: [], body: [], timeout: 5, maximumBody: 100_000), id: 3)
        var ended: [(id: Int, result: Result<HTTPResponse, HTTPFailure>)] = []
        while ended.isEmpty { ended = try client.wait(milliseconds: 50) }
        #expect(ended.first?.id == 3)
        #expect(throws: HTTPFailure.tooLarge(100_000)) { try ended.first?.result.get() }
    }

    @Test("a body of 100 MB is given up at the limit, and the rest of it is never read")
    func hundredMegabytes() throws {
        let server = try LoopbackServer { _ in
            Reply(200, String(repeating: "x", count: 1 << 20), fault: .repeated(100))
        }
        defer { server.stop() }
        let client = try HTTPClient(connections: 1)
        let limit = 2 << 20
        try client.send(
            HTTPRequest(url: server.baseURL, headers: [], body: [], timeout: 30, maximumBody: limit), id: 1)
        var ended: [(id: Int, result: Result<HTTPResponse, HTTPFailure>)] = []
        while ended.isEmpty {
            #expect(client.received(1)?.body.count ?? 0 <= limit)
            ended = try client.wait(milliseconds: 50)
        }
        #expect(throws: HTTPFailure.tooLarge(limit)) { try ended.first?.result.get() }
        // What lies in the buffers of the two sockets was sent, too.
        #expect(server.sentBytes < 50 << 20)
    }
}
