import Foundation
import LyceumKit
import TestServers
import Testing

@testable import Teaching

/// A server cannot make the client hold more than a bound, and each bound is an option with an error.
@Suite("bounds on what a server sends")
struct BoundsTests {
    private func failure(_ pieces: [String], endless: Bool = true, _ options: [String: Value]) throws
        -> String
    {
        let server = try LoopbackServer { _ in
            LoopbackServer.Reply(200, "", fault: .raw(pieces.map { Array($0.utf8) }, isEndless: endless))
        }
        defer { server.stop() }
        let teacher = try open(server.baseURL, options.merging(["retries": 0, "timeout": 20]) { $1 })
        let result = TeacherRun.run(questions(1), teacher: teacher, job: .silent())
        #expect(server.sentBytes < 20 << 20)
        return result.failures.first?.reason ?? result.stopText
    }

    private let line = "x-header: " + String(repeating: "x", count: 1000) + "\r\n"
    private let events = "HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nConnection: close\r\n\r\n"

    @Test("body, fields of the header, interim answers, trailers, events and their number")
    func bounds() throws {
        let body = try failure(
            ["HTTP/1.1 200 OK\r\nConnection: close\r\n\r\n", String(repeating: "x", count: 100_000)],
            ["max_body_mb": 1])
        #expect(body.contains("a body of more than 1 MB") && body.contains("max_body_mb"), "\(body)")
        let header = try failure(["HTTP/1.1 200 OK\r\n", line], ["max_header_kb": 64])
        #expect(header.contains("header fields") && header.contains("max_header_kb"), "\(header)")
        let interim = try failure(["HTTP/1.1 100 Continue\r\n\(line)\r\n"], ["max_header_kb": 64])
        #expect(interim.contains("max_header_kb"), "\(interim)")
        let trailers = try failure(
            ["HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n1\r\n{\r\n0\r\n", line],
            ["max_header_kb": 64])
        #expect(trailers.contains("max_header_kb"), "\(trailers)")
        let event = try failure(
            [events, "data: " + String(repeating: "x", count: 100_000)],
            ["max_event_mb": 1, "max_body_mb": 2])
        #expect(event.contains("max_event_mb") || event.contains("max_body_mb"), "\(event)")
        let many = try failure(
            [events, String(repeating: "data: {}\n\n", count: 200), "data: [DONE]\n\n"], endless: false,
            ["max_events": 100])
        #expect(many.contains("max_events"), "\(many)")
    }

    @Test("a stream at the prompt ends at the bounds, too")
    func streamed() throws {
        for (option, value) in [("max_event_mb", Value.number(0.01)), ("max_events", 10)] {
            let text =
                option == "max_events"
                ? String(repeating: "data: {}\n\n", count: 50)
                : "data: " + String(repeating: "x", count: 50_000)
            let server = try LoopbackServer { [events] _ in
                LoopbackServer.Reply(
                    200, "", fault: .raw([Array(events.utf8), Array(text.utf8)], isEndless: true))
            }
            defer { server.stop() }
            let teacher = try open(server.baseURL, [option: value, "retries": 0])
            let error = try #require(throws: LyceumError.self) {
                try teacher.stream(questions(1)[0], job: .silent()) { _ in }
            }
            #expect(error.description.contains(option), "\(error)")
            #expect(server.sentBytes < 20 << 20)
        }
    }

    @Test(
        "a redirect is followed where that is allowed, on the same server and so many times; a key goes nowhere else"
    )
    func redirects() throws {
        let server = try LoopbackServer { request in
            request.line.contains("/moved")
                ? LoopbackServer.Reply(200, completion("there"))
                : LoopbackServer.Reply(307, "", headers: ["Location": "/v1/moved"])
        }
        defer { server.stop() }
        let environment = ["OPENAI_API_KEY": "secret-0123456789"]
        let followed = TeacherRun.run(
            questions(1), teacher: try open(server.baseURL, ["max_redirects": 1], environment: environment),
            job: .silent())
        #expect(followed.replies.first??.text == "there")
        #expect(server.requests.last?.headers["authorization"] == "Bearer secret-0123456789")
        #expect(server.requests.last?.text.contains("q0") == true)
        let loop = try LoopbackServer { _ in LoopbackServer.Reply(308, "", headers: ["Location": "/v1/again"])
        }
        defer { loop.stop() }
        let ended = TeacherRun.run(
            questions(1), teacher: try open(loop.baseURL, ["max_redirects": 3]), job: .silent())
        #expect(loop.requests.count == 4 && ended.stopText.contains("max_redirects"), "\(ended.stopText)")
        let elsewhere = try echoServer()
        defer { elsewhere.stop() }
        let place = elsewhere.baseURL
        let leading = try LoopbackServer { _ in LoopbackServer.Reply(307, "", headers: ["Location": place]) }
        defer { leading.stop() }
        let refused = TeacherRun.run(
            questions(1), teacher: try open(leading.baseURL, ["max_redirects": 3], environment: environment),
            job: .silent())
        #expect(elsewhere.requests.isEmpty && refused.stopText.contains("points elsewhere"))
    }
}
