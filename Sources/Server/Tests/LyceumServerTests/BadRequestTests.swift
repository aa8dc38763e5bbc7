import LyceumKit
import Testing

@testable import LyceumServer

/// Whatever is asked, the answer is an error that says what is wrong, and the server goes on.
@Suite struct BadRequestTests {
    /// A body, and what must be said of it.
    static let bodies: [(body: String, status: Int, mentions: String)] = [
        ("", 400, "no body"), ("{", 400, "not JSON"), ("[]", 400, "not a JSON object"),
        ("nonsense", 400, "not JSON"),
        ("{\"model\": \"words\", \"prompt\": \"a\"", 400, "not JSON"), ("\u{0}", 400, "not JSON"),
        (#"{"prompt": "a"}"#, 400, "'model' is missing"), (#"{"model": 7, "prompt": "a"}"#, 400, "'model'"),
        (#"{"model": "gpt-4", "prompt": "a"}"#, 404, "does not exist"),
        (#"{"model": "words"}"#, 400, "'prompt' is missing"),
        (#"{"model": "words", "prompt": 5}"#, 400, "'prompt'"),
        (#"{"model": "words", "prompt": [1, 2]}"#, 400, "token ids"),
        (#"{"model": "words", "prompt": []}"#, 400, "empty"),
        (#"{"model": "words", "prompt": ["a", null]}"#, 400, "'prompt'"),
        (
            #"{"model": "words", "prompt": "a", "max_tokens": "3"}"#, 400,
            "'max_tokens': expected a whole number"
        ),
        (#"{"model": "words", "prompt": "a", "max_tokens": 0}"#, 400, "at least 1"),
        (#"{"model": "words", "prompt": "a", "max_tokens": 1e300}"#, 400, "'max_tokens'"),
        (#"{"model": "words", "prompt": "a", "max_tokens": 99999999999999999999}"#, 400, "'max_tokens'"),
        (
            #"{"model": "words", "prompt": "a", "max_tokens": 100000}"#, 400,
            "'max_tokens': this server allows at most 1024"
        ),
        (#"{"model": "words", "prompt": "a", "num_beams": 100}"#, 400, "at most 16"),
        (#"{"model": "words", "prompt": "a", "n": 1000}"#, 400, "'n': this server allows at most 16"),
        (#"{"model": "words", "prompt": "a", "n": -9223372036854775808}"#, 400, "at least 1"),
        (#"{"model": "words", "prompt": "a", "temperature": -1}"#, 400, "0 to 2"),
        (#"{"model": "words", "prompt": "a", "temperature": NaN}"#, 400, "0 to 2"),
        (#"{"model": "words", "prompt": "a", "top_p": 0}"#, 400, "'top_p'"),
        (#"{"model": "words", "prompt": "a", "top_k": -9223372036854775808, "temperature": 1}"#, 200, ""),
        (#"{"model": "words", "prompt": "a", "stop": 3}"#, 400, "'stop'"),
        (#"{"model": "words", "prompt": "a", "stream": "yes"}"#, 400, "'stream'"),
        (#"{"model": "words", "prompt": "a", "num_beam": 2}"#, 400, "it is called 'num_beams' here"),
        (#"{"model": "words", "prompt": "a", "device": "cuda"}"#, 400, "'device' belongs to the server"),
        (#"{"model": "words", "prompt": "a", "max_new_tokens": 2000}"#, 400, "'max_new_tokens': this server"),
        (#"{"model": "words", "prompt": "a", "logprobs": 3}"#, 400, "'logprobs' is not supported"),
        (#"{"model": "words", "prompt": "a", "tools": [{}]}"#, 400, "'tools' is not supported"),
        (
            #"{"model": "words", "prompt": "a", "truncate_prompt_tokens": -7}"#, 400,
            "'truncate_prompt_tokens'"
        ),
        (#"{"model": "words", "prompt": "REFUSE"}"#, 400, "this text"),
        (#"{"model": "words", "prompt": "BREAK"}"#, 500, "the step broke"),
        (#"{"model": "words", "prompt": "\#(String(repeating: "a ", count: 200))"}"#, 400, "longest"),
        (#"{"model": "words", "prompt": \#(String(repeating: "[", count: 100_000))}"#, 400, "not JSON"),
    ]

    @Test func badBodiesAreErrorsInOpenAIsForm() async throws {
        try await withServer { port in
            for (body, status, mentions) in Self.bodies {
                let reply = try await ask(port, "POST", "/v1/completions", body)
                #expect(reply.status == status, "\(body.prefix(80)): \(reply.body)")
                if status == 200 { continue }
                let message = reply.field("error", "message")?.string ?? ""
                #expect(message.contains(mentions), "\(body.prefix(80)): \(message)")
                #expect(reply.field("error", "type")?.string?.hasSuffix("_error") == true)
                #expect(
                    reply.json.object?["error"]?.object?.keys.sorted() == [
                        "code", "message", "param", "type",
                    ])
                // The next request is answered.
                let next = try await ask(port, "POST", "/v1/completions", completion("x y"))
                #expect(next.field("choices", "0", "text") == "y x")
            }
        }
    }

    @Test func badClassificationsNameTheField() async throws {
        let bodies = [
            (#"{"model": "words"}"#, "'input' is missing"),
            (#"{"model": "words", "input": []}"#, "'input' is missing"),
            (#"{"model": "words", "input": 3}"#, "'input'"),
            (#"{"model": "words", "input": ["a", 3]}"#, "'input'"),
            (#"{"input": "a"}"#, "'model' is missing"),
            (#"{"model": "gpt", "input": "a"}"#, "does not exist"),
            (#"{"model": "words", "input": "a", "precision": "bf16"}"#, "'precision' belongs to the server"),
            (#"{"model": "words", "input": "a", "num_beams": 3}"#, "num_beams"), ("{", "not JSON"),
        ]
        try await withServer { port in
            for (body, mentions) in bodies {
                let reply = try await ask(port, "POST", "/v1/classify", body)
                #expect(reply.status == (mentions == "does not exist" ? 404 : 400), "\(body): \(reply.body)")
                #expect(reply.field("error", "message")?.string?.contains(mentions) == true, "\(reply.body)")
            }
            let good = try await ask(port, "POST", "/v1/classify", #"{"model": "words", "inputs": "good"}"#)
            #expect(good.field("data", "0", "label") == "good")
        }
    }

    @Test func badChatsNameTheMessage() async throws {
        let messages = [
            ("null", "missing"), ("[]", "empty"), ("7", "'messages'"), ("[3]", "messages[0]"),
            ("[{}]", "role"),
            (#"[{"role": "boss", "content": "a"}]"#, "boss"),
            (#"[{"role": "user", "content": 3}]"#, "content"),
            (
                #"[{"role": "user", "content": [{"type": "image_url", "image_url": {"url": "file:///etc/passwd"}}]}]"#,
                "text only"
            ),
        ]
        try await withServer { port in
            for (list, mentions) in messages {
                let reply = try await ask(
                    port, "POST", "/v1/chat/completions", #"{"model": "words", "messages": \#(list)}"#)
                #expect(reply.status == 400)
                #expect(reply.field("error", "message")?.string?.contains(mentions) == true, "\(reply.body)")
            }
        }
    }

    @Test func overlongInputIsCutWhenThatIsAskedFor() async throws {
        let long = (0..<200).map(String.init).joined(separator: " ")
        try await withServer { port in
            let refused = try await ask(port, "POST", "/v1/completions", completion(long))
            #expect(refused.errorCode == "context_length_exceeded")
            let cut = try await ask(
                port, "POST", "/v1/completions", completion(long, ["truncate_prompt_tokens": -1]))
            #expect(cut.field("choices", "0", "text")?.string?.hasPrefix("49 48") == true)
            let shorter = try await ask(
                port, "POST", "/v1/completions", completion(long, ["truncate_prompt_tokens": 3]))
            #expect(shorter.field("choices", "0", "text") == "2 1 0")
        }
    }

    @Test func largeBodiesAreRefusedWithoutBeingKept() async throws {
        try await withServer { port in
            let body = completion(String(repeating: "a", count: 10_000_000))
            #expect(try await ask(port, "POST", "/v1/completions", body).status == 413)
            // The same without an announced length.
            let status = try await blocking {
                let connection = try RawConnection(port: port)
                connection.send(
                    "POST /v1/completions HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: chunked\r\n\r\n")
                let chunk = "10000\r\n" + String(repeating: "a", count: 65536) + "\r\n"
                for _ in 0..<40 { connection.send(chunk) }
                connection.send("0\r\n\r\n")
                return connection.reply()?.status
            }
            #expect(status == 413)
        }
    }

    @Test func unknownPathsAndMethodsAreErrors() async throws {
        try await withServer { port in
            let asked: [(method: String, path: String, status: Int)] = [
                ("GET", "/nothing", 404), ("GET", "/../../etc/passwd", 404),
                ("GET", "/v1/models/%2e%2e%2fx", 404),
                ("GET", "/v1/models/%ff", 404), ("GET", "/v1/completions", 405),
                ("DELETE", "/v1/models", 405),
                ("POST", "/v1/embeddings", 404),
            ]
            for (method, path, status) in asked {
                let reply = try await ask(port, method, path, method == "POST" ? "{}" : "")
                #expect(reply.status == status, "\(method) \(path)")
                #expect(reply.errorCode?.isEmpty == false)
            }
        }
    }

    @Test func whatIsNotHTTPIsNotTheEnd() async throws {
        try await withServer { port in
            for text in [
                "\r\n\r\n\r\n", "hello\r\n\r\n", "GET / HTTP/9.9\r\n\r\n",
                String(repeating: "x", count: 200_000),
            ] {
                try await blocking {
                    let connection = try RawConnection(port: port)
                    connection.send(text)
                }
            }
            let bytes = (0..<4096).map { _ in UInt8.random(in: 0...255) }
            try await blocking { try RawConnection(port: port).send(bytes) }
            #expect(try await ask(port, "GET", "/health").status == 200)
        }
    }
}
