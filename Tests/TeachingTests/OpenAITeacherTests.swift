import LyceumKit
import TestServers
import Testing

@testable import Teaching

@Suite("OpenAI-compatible teacher: asking")
struct OpenAITeacherTests {
    @Test("a question becomes a chat completion and its reply is read")
    func asks() throws {
        let server = try echoServer()
        defer { server.stop() }
        let teacher = try open(
            server.baseURL + "/",
            ["temperature": 0.5, "max_tokens": 50, "stop": ["END"], "seed": 7, "system": "Be short."],
            environment: ["OPENAI_API_KEY": "sk-test-0123456789", "OPENAI_ORG_ID": "org-1"])
        let request = TeacherRequest(messages: [ChatMessage(.user, "Wie heißt “das”?")], sample: 2)
        let result = TeacherRun.run([request], teacher: teacher, job: .silent())

        let reply = try #require(result.replies.first ?? nil)
        #expect(reply.text == "re: Wie heißt “das”?")
        #expect(reply.model == "tiny-2024")
        #expect(reply.finishReason == "stop")
        #expect(reply.promptTokens == 10 && reply.completionTokens == 5)
        #expect(reply.seconds > 0)
        #expect(result.failures.isEmpty && result.stopped == nil)

        let sent = try #require(server.requests.first)
        #expect(sent.line == "POST /v1/chat/completions HTTP/1.1")
        #expect(sent.headers["authorization"] == "Bearer sk-test-0123456789")
        #expect(sent.headers["openai-organization"] == "org-1")
        #expect(sent.headers["content-type"] == "application/json")
        let body = try JSON.decode(sent.body, name: "body")
        #expect(
            body == [
                "model": "tiny", "temperature": 0.5, "max_tokens": 50, "stop": ["END"], "seed": 9,
                "messages": [
                    ["role": "system", "content": "Be short."],
                    ["role": "user", "content": "Wie heißt “das”?"],
                ],
            ])
    }

    @Test("without a key nothing is sent in its place, and a prompt's own system message stays")
    func plain() throws {
        let server = try echoServer()
        defer { server.stop() }
        let teacher = try open(server.baseURL, ["system": "no"])
        let messages = [ChatMessage(.system, "yes"), ChatMessage(.user, "q")]
        _ = TeacherRun.run([TeacherRequest(messages: messages)], teacher: teacher, job: .silent())
        let sent = try #require(server.requests.first)
        #expect(sent.headers["authorization"] == nil)
        #expect(
            !sent.text.contains("\"no\"") && !sent.text.contains("temperature") && !sent.text.contains("seed")
        )
    }

    @Test("many are on their way at once, over few connections, and each reply finds its row")
    func concurrency() throws {
        let server = try echoServer(delay: 0.01)
        defer { server.stop() }
        let teacher = try open(server.baseURL, ["concurrency": 8])
        let result = TeacherRun.run(questions(120), teacher: teacher, job: .silent())
        #expect(result.replies.map { $0?.text } == (0..<120).map { "re: q\($0)" })
        #expect((2...8).contains(server.peak), "\(server.peak)")
        #expect(server.connectionCount <= 8, "\(server.connectionCount)")
        #expect(result.usage.calls == 120)
        #expect(result.usage.promptTokens == 1200 && result.usage.completionTokens == 600)
        #expect(result.usage.cost == nil)
    }

    @Test("a compressed reply is read")
    func compressed() throws {
        let server = try LoopbackServer { _ in
            var reply = LoopbackServer.Reply(headers: ["Content-Encoding": "gzip"])
            reply.body = gzip(completion("unpacked"))
            return reply
        }
        defer { server.stop() }
        let result = TeacherRun.run(questions(1), teacher: try open(server.baseURL), job: .silent())
        #expect(result.replies.first??.text == "unpacked")
        #expect(server.requests.first?.headers["accept-encoding"]?.contains("gzip") == true)
    }

    @Test("content in parts and a missing usage are understood")
    func dialects() throws {
        let server = try LoopbackServer { _ in
            LoopbackServer.Reply(
                200,
                #"{"choices":[{"message":{"content":[{"type":"text","text":"a"},{"type":"text","text":"b"}]}}],"error":null}"#
            )
        }
        defer { server.stop() }
        let result = TeacherRun.run(questions(1), teacher: try open(server.baseURL), job: .silent())
        #expect(result.replies.first??.text == "ab")
        #expect(result.replies.first??.model == "tiny")
        #expect(result.replies.first??.isEstimated == true)
        #expect(result.usage.estimatedReplies == 1)
    }

    @Test("cancelling keeps what was answered and does not wait for the rest")
    func cancels() throws {
        let server = try LoopbackServer { request in
            LoopbackServer.Reply(200, completion("x"), delay: request.number < 3 ? 0 : 5)
        }
        defer { server.stop() }
        let job = Job.silent()
        let teacher = try open(server.baseURL, ["concurrency": 2])
        var result: TeacherRun.Result?
        let time = seconds {
            result = TeacherRun.run(questions(50), teacher: teacher, job: job) { _ in
                if server.requests.count >= 3 { job.cancel() }
            }
        }
        #expect(time < 3)
        #expect(result?.replyCount == 3 || result?.replyCount == 2)
        #expect(
            result?.stopText.contains("of 50 replies received") == true)
    }

    @Test("what keeping a reply throws ends the run")
    func receiverThrows() throws {
        let server = try echoServer()
        defer { server.stop() }
        let full = LyceumError.failed("disk full", remedy: nil)
        let result = TeacherRun.run(questions(30), teacher: try open(server.baseURL), job: .silent()) { _ in
            throw full
        }
        #expect(result.stopped as? LyceumError == full)
        // What could not be kept does not count as answered.
        #expect(result.replyCount == 0)
    }
}
