import Fuzzing
import Glibc
import LyceumKit
import Synchronization
import Testing

@testable import LyceumServer

/// Requests changed at random, by the machinery of the application's fuzz tests; `scripts/fuzz` runs these, too.
@Suite(.serialized) struct FuzzTests {
    @Test("no request traps, hangs or takes all memory", arguments: FuzzRun.names(of: FuzzTarget.server))
    func target(name: String) async throws {
        try? Files.makeFolder(FuzzRun.results)
        let (seconds, seed) = (FuzzRun.seconds, FuzzRun.seed)
        await #expect(
            processExitsWith: .success,
            "the input is kept: \(FuzzRun.results)/\(name).input; LYCEUM_FUZZ_INPUT=FILE tries it alone"
        ) { [name = name as String, seconds = seconds as Int, seed = seed as Int] in
            let only = getenv("LYCEUM_FUZZ_INPUT").map { String(cString: $0) }
            try FuzzRun.run(name, of: FuzzTarget.server, seconds: seconds, seed: seed, only: only)
        }
    }
}

extension FuzzTarget {
    /// Those of the server.
    static var server: [FuzzTarget] { [requestBody, httpRequest] }

    private static let bodies = [
        #"{"model": "words", "prompt": "a b c", "max_tokens": 5, "n": 2, "stop": ["x", "yz"], "echo": true}"#,
        #"{"model": "words", "prompt": ["a", "b c"], "stream": true, "stream_options": {"include_usage": true}}"#,
        #"{"model": "words", "messages": [{"role": "system", "content": "s"}, {"role": "user", "content": [{"type": "text", "text": "a"}]}], "temperature": 0.5, "top_p": 0.9, "seed": 3}"#,
        #"{"model": "words", "input": ["good", "bad"], "truncate_prompt_tokens": -1}"#,
        #"{"model": "words", "inputs": "good", "truncation": "auto"}"#,
        #"{"model": "words", "prompt": "a", "variables": {"k": ["v"]}, "num_beams": 3, "no_repeat_ngram_size": 2, "source_prefix": "p: "}"#,
        #"{"model": "words", "prompt": "a", "logit_bias": {}, "tools": [], "response_format": {"type": "text"}, "user": "u"}"#,
    ]

    private static let bodyTokens =
        FieldReader.knownNames.map { "\"\($0)\": " } + [
            "\"model\"", "\"words\"", "null", "true", "{}", "[]", "\"max_tokens\": ", "\"n\": ", "\"stop\": ",
            "\"max_completion_tokens\": ", "\"best_of\": ", "\"temperature\": ", "\"stream\": true",
            "\"role\": ",
            "\"content\": ", "\"messages\": [", "\"prompt\": ", "\"input\": ", "\"variables\": {", "1e999",
            "-0.0",
            "\"min_tokens\": ", "\"top_k\": ", "\"seed\": ", "\"truncate_prompt_tokens\": ", ": ", ", ", "[[",
            "]]",
        ]

    /// Bodies of requests, read and checked for every path: an error is one in OpenAI's form, and names no file.
    static var requestBody: FuzzTarget {
        FuzzTarget("request-body", seeds: bodies, tokens: bodyTokens, longest: 8192) { _ in
            let student = OpenedStudent(
                WordStudent(), architecture: WordStudent.architecture, template: SourceTemplate(),
                precision: "fp32",
                created: 0
            ).described
            let limits = ServerLimits()
            return { input in
                guard let fields = try JSON.decode(input, name: "the body").object else { return }
                let readers: [() throws -> [Ticket.Work]] = [
                    { try GenerationRequest(fields, form: .chat, student: student, limits: limits).works },
                    {
                        try GenerationRequest(fields, form: .completion, student: student, limits: limits)
                            .works
                    },
                    { try ClassificationRequest(fields, student: student, limits: limits).works },
                ]
                for read in readers {
                    do {
                        let works = try read()
                        demand(
                            !works.isEmpty && works.count <= max(limits.inputs, 1),
                            "as many inputs as are allowed")
                    } catch {
                        demand(error is APIError, "errors in OpenAI's form; this was \(error)")
                    }
                }
            }
        }
    }

    /// Bytes on the wire, to a server that runs: whatever comes of them, it goes on answering.
    static var httpRequest: FuzzTarget {
        let requests =
            bodies.map { body in
                RawConnection.request(
                    "POST",
                    body.contains("messages")
                        ? "/v1/chat/completions"
                        : body.contains("input") ? "/v1/classify" : "/v1/completions", body)
            } + [
                RawConnection.request("GET", "/v1/models/words"), RawConnection.request("GET", "/metrics"),
                RawConnection.request("GET", "/"), RawConnection.request("OPTIONS", "/v1/completions"),
                "POST /v1/completions HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: chunked\r\n\r\n5\r\n{\"a\":\r\n0\r\n\r\n",
            ]
        let tokens =
            bodyTokens + [
                "\r\n\r\n", "Content-Length: 99999999999999999999\r\n", "Content-Length: -1\r\n",
                "Expect: 100-continue\r\n", "Transfer-Encoding: chunked\r\n", "Connection: close\r\n",
                "Connection: Upgrade\r\nUpgrade: h2c\r\n", "Host: evil.example\r\n",
                "Authorization: Bearer x\r\n",
                "HTTP/1.0", "HTTP/9.9", "GET ", "POST ", "/../", "%00", "%", "?", "#", "ffffffffffffffff\r\n",
            ]
        return FuzzTarget("http-request", seeds: requests, tokens: tokens, longest: 1 << 15) { _ in
            let port = try runningServer()
            return { input in
                let connection = try RawConnection(port: port)
                connection.send(input)
                connection.close()
                let health = try RawConnection(port: port).ask("GET", "/health")
                demand(health?.status == 200, "the next request is answered")
            }
        }
    }

    /// Starts a server for the rest of this process, and gives its port.
    private static func runningServer() throws -> Int {
        var door = Serving.Door()
        door.port = 0
        let serving = Serving(door: door, tell: { _ in })
        let box = PortBox()
        Task.detached { try await serving.serve([words()], signals: [], onRunning: { box.set($0) }) }
        let port = box.wait()
        while try RawConnection(port: port).ask("GET", "/health")?.status != 200 { usleep(10_000) }
        return port
    }
}

/// A port that another thread waits for.
private final class PortBox: Sendable {
    private let port = Mutex(0)

    func set(_ number: Int) { port.withLock { $0 = number } }

    func wait() -> Int {
        while true {
            let number = port.withLock { $0 }
            if number > 0 { return number }
            usleep(10_000)
        }
    }
}
