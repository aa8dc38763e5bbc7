import LyceumKit
import TestServers
import Testing

@testable import Teaching

@Suite("kinds of servers")
struct DialectTests {
    private func open(
        _ kind: String, _ options: [String: Value] = [:], environment: [String: String] = [:]
    ) throws -> OpenAITeacher {
        let dialect = try #require(ServerDialect.all.first { $0.kind == kind })
        let checked = try Options(
            ["model": "tiny"].merging(options) { $1 }, declared: OpenAITeacher.options(of: dialect),
            function: "teacher.open")
        return try OpenAITeacher(checked, dialect: dialect) { environment[$0] }
    }

    private func server(of teacher: OpenAITeacher) -> String? {
        teacher.card.first { $0.name == "server" }?.value
    }

    /// The body that a teacher sends.
    private func body(
        _ kind: String, _ options: [String: Value], _ messages: [ChatMessage] = [ChatMessage(.user, "q")]
    ) throws -> [String: Value] {
        let server = try LoopbackServer { _ in LoopbackServer.Reply(200, completion("yes")) }
        defer { server.stop() }
        let given = options.merging(["base_url": .string(server.baseURL)]) { $1 }
        _ = TeacherRun.run(
            [TeacherRequest(messages: messages)], teacher: try open(kind, given), job: .silent())
        let sent = try #require(server.requests.first)
        return try #require(try JSON.decode(sent.body, name: "body").object)
    }

    @Test("each kind knows its address, its key's variable and whether it needs one")
    func places() throws {
        #expect(server(of: try open("ollama")) == "localhost:11434")
        #expect(server(of: try open("llama.cpp")) == "localhost:8080")
        #expect(server(of: try open("vllm", ["base_url": "http://gpu7:8000/v1"])) == "gpu7:8000")
        #expect(
            server(of: try open("openrouter", environment: ["OPENROUTER_API_KEY": "k-123456"]))
                == "openrouter.ai")
        let azure = try open(
            "azure",
            environment: [
                "AZURE_OPENAI_ENDPOINT": "https://me.openai.azure.com/", "AZURE_OPENAI_API_KEY": "k-123456",
            ])
        #expect(
            azure.sent(questions(1)[0])?.server == "https://me.openai.azure.com/openai/v1/chat/completions")
        #expect(azure.kind == "azure")
        // A variable of another kind is not taken.
        for kind in ["openrouter", "anthropic"] {
            let error = try #require(throws: LyceumError.self) {
                try open(
                    kind, environment: ["OPENAI_API_KEY": "k-123456", "OPENAI_BASE_URL": "https://x.example"])
            }
            #expect(error.description.contains("set the environment variable \(kind.uppercased())_API_KEY"))
        }
        let error = try #require(throws: LyceumError.self) { try open("azure") }
        #expect(error.description.contains("set AZURE_OPENAI_ENDPOINT or the option base_url"))
    }

    @Test("the greatest length goes under the name that the server knows")
    func lengths() throws {
        #expect(try body("ollama", ["max_completion_tokens": 9])["max_tokens"] == 9)
        #expect(try body("azure", ["max_tokens": 9, "api_key": "k-123456"])["max_completion_tokens"] == 9)
        let plain = try body("openai", ["max_tokens": 9])
        #expect(plain["max_tokens"] == 9 && plain["max_completion_tokens"] == nil)
        // OpenAI's own newer models refuse max_tokens.
        let openAI = try open("openai", ["max_tokens": 9, "api_key": "k-123456"])
        #expect(openAI.sent(questions(1)[0])?.parameters == ["max_completion_tokens": 9])
    }

    @Test("every option is sent under its name, and what only this server knows as it is")
    func options() throws {
        let sent = try body(
            "vllm",
            [
                "frequency_penalty": 0.5, "presence_penalty": -1, "reasoning_effort": "low",
                "logit_bias": ["50256": -100],
                "response_format": ["type": "json_object"], "extra_body": ["min_p": 0.05, "top_k": 40],
            ])
        #expect(sent["frequency_penalty"] == 0.5 && sent["presence_penalty"] == .number(-1))
        #expect(sent["reasoning_effort"] == "low" && sent["logit_bias"] == ["50256": -100])
        #expect(sent["response_format"] == ["type": "json_object"])
        #expect(sent["min_p"] == 0.05 && sent["top_k"] == 40 && sent["extra_body"] == nil)
        let error = try #require(throws: LyceumError.self) {
            try open("vllm", ["extra_body": ["messages": []]])
        }
        #expect(error.description.contains("option 'extra_body'") && error.description.contains("'messages'"))
    }

    @Test("system messages go to the developer, or before the first question")
    func systemRoles() throws {
        let messages = [ChatMessage(.system, "S"), ChatMessage(.user, "q"), ChatMessage(.assistant, "a")]
        #expect(
            try body("openai", ["system_role": "user"], messages)["messages"] == [
                ["role": "user", "content": "S\n\nq"], ["role": "assistant", "content": "a"],
            ])
        #expect(
            try body("openai", ["system_role": "developer"], messages)["messages"]?.list?.first
                == ["role": "developer", "content": "S"])
    }
}

@Suite("Anthropic's Messages API")
struct AnthropicTests {
    private func open(_ server: LoopbackServer, _ options: [String: Value] = [:]) throws -> OpenAITeacher {
        let given: [String: Value] = [
            "model": "claude-tiny", "base_url": .string(server.baseURL),
            "api_key": "sk-ant-secret-0123456789",
        ]
        let checked = try Options(
            given.merging(options) { $1 }, declared: OpenAITeacher.options(of: .anthropic),
            function: "teacher.open")
        return try OpenAITeacher(checked, dialect: .anthropic) { _ in nil }
    }

    private func message(_ text: String, stop: String = "end_turn") -> String {
        JSON.encode([
            "id": "msg_1", "type": "message", "role": "assistant", "model": "claude-tiny-1",
            "content": [["type": "thinking", "thinking": "hm"], ["type": "text", "text": .string(text)]],
            "stop_reason": .string(stop), "stop_sequence": .null,
            "usage": ["input_tokens": 11, "cache_read_input_tokens": 4, "output_tokens": 7],
        ])
    }

    @Test("a question becomes a message and its reply is read")
    func asks() throws {
        let server = try LoopbackServer { [self] _ in LoopbackServer.Reply(200, message("bonjour")) }
        defer { server.stop() }
        let teacher = try open(server, ["temperature": 0.5, "stop": ["END"], "system": "Be short."])
        let messages = [
            ChatMessage(.user, "a"), ChatMessage(.user, "b"), ChatMessage(.assistant, "It is "),
        ]
        let result = TeacherRun.run(
            [TeacherRequest(messages: messages)], teacher: teacher, job: .silent())
        let reply = try #require(result.replies.first ?? nil)
        #expect(reply.text == "bonjour" && reply.model == "claude-tiny-1" && reply.finishReason == "stop")
        #expect(reply.promptTokens == 15 && reply.completionTokens == 7)

        let sent = try #require(server.requests.first)
        #expect(sent.line == "POST /v1/messages HTTP/1.1")
        #expect(
            sent.headers["x-api-key"] == "sk-ant-secret-0123456789" && sent.headers["authorization"] == nil)
        #expect(sent.headers["anthropic-version"] == "2023-06-01")
        #expect(
            try JSON.decode(sent.body, name: "body") == [
                "model": "claude-tiny", "max_tokens": 4096, "temperature": 0.5, "stop_sequences": ["END"],
                "system": "Be short.",
                "messages": [
                    ["role": "user", "content": "a\n\nb"], ["role": "assistant", "content": "It is"],
                ],
            ])
    }

    @Test(
        "a reply that is not a good says why",
        arguments: [("max_tokens", "cut short"), ("refusal", "refused")])
    func stops(_ reason: String, _ expected: String) throws {
        let server = try LoopbackServer { [self] _ in LoopbackServer.Reply(200, message("x", stop: reason)) }
        defer { server.stop() }
        let result = TeacherRun.run(questions(1), teacher: try open(server), job: .silent())
        #expect(result.failures.first?.reason.contains(expected) == true)
    }

    @Test("its errors stop the run, are tried again or fail the row, and never show the key")
    func errors() throws {
        @Sendable func error(_ type: String, _ text: String) -> String {
            JSON.encode(["type": "error", "error": ["type": .string(type), "message": .string(text)]])
        }
        let server = try LoopbackServer { request in
            switch request.number {
            case 0: return LoopbackServer.Reply(529, error("overloaded_error", "Overloaded"))
            default:
                return LoopbackServer.Reply(
                    400,
                    error(
                        "invalid_request_error", "Your credit balance is too low (sk-ant-secret-0123456789)"),
                    headers: ["request-id": "req_9"])
            }
        }
        defer { server.stop() }
        let result = TeacherRun.run(questions(1), teacher: try open(server), job: .silent())
        #expect(server.requests.count == 2)
        #expect(result.stopText.contains("out of credit") && result.stopText.contains("req_9"))
        #expect(!result.stopText.contains("secret"))
        let denied = try LoopbackServer { _ in
            LoopbackServer.Reply(401, error("authentication_error", "invalid x-api-key"))
        }
        defer { denied.stop() }
        let refused = TeacherRun.run(questions(3), teacher: try open(denied), job: .silent())
        #expect(refused.stopText.contains("invalid x-api-key; check the API key (ANTHROPIC_API_KEY"))
    }
}
