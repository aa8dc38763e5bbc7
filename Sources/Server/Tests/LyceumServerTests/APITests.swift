import LyceumKit
import Testing

@testable import LyceumServer

/// The API as OpenAI's clients use it, over real sockets.
@Suite struct APITests {
    @Test func answersCompletionsWithUsage() async throws {
        try await withServer { port in
            let reply = try await ask(port, "POST", "/v1/completions", completion("a b c"))
            #expect(reply.status == 200)
            #expect(reply.field("choices", "0", "text") == "c b a")
            #expect(reply.field("choices", "0", "finish_reason") == "stop")
            #expect(reply.field("object") == "text_completion")
            #expect(reply.field("usage", "prompt_tokens") == 4)
            #expect(reply.field("usage", "completion_tokens") == 3)
            #expect(reply.field("usage", "total_tokens") == 7)
            #expect(reply.headers["x-request-id"]?.isEmpty == false)
        }
    }

    @Test func answersChatsWithTheLastMessageOfTheUser() async throws {
        try await withServer { port in
            let body = """
                {"model": "words", "messages": [{"role": "system", "content": "x"}, {"role": "user", "content": "q"},
                 {"role": "assistant", "content": "r"},
                 {"role": "user", "content": [{"type": "text", "text": "one two"}]}], "user": "me", "max_tokens": 1}
                """
            let reply = try await ask(port, "POST", "/v1/chat/completions", body)
            #expect(reply.field("choices", "0", "message", "content") == "two")
            #expect(reply.field("choices", "0", "message", "role") == "assistant")
            #expect(reply.field("choices", "0", "finish_reason") == "length")
            #expect(reply.field("object") == "chat.completion")
        }
    }

    @Test func severalPromptsAndSeveralTextsAreNumberedInOrder() async throws {
        try await withServer { port in
            let body = #"{"model": "words", "prompt": ["a b", "c d"], "n": 2}"#
            let reply = try await ask(port, "POST", "/v1/completions", body)
            let texts = reply.field("choices")?.list?.compactMap { $0.object?["text"]?.string }
            #expect(texts == ["b a", "b a 1", "d c", "d c 1"])
            let numbers = reply.field("choices")?.list?.compactMap { $0.object?["index"]?.integer }
            #expect(numbers == [0, 1, 2, 3])
        }
    }

    /// The order of events that openai-python reads: who speaks, the text, the end, the usage, [DONE].
    @Test func streamsAsOpenAIDoes() async throws {
        try await withServer { port in
            let body = """
                {"model": "words", "messages": [{"role": "user", "content": "é 2 3"}], "stream": true,
                 "stream_options": {"include_usage": true}}
                """
            let reply = try await ask(port, "POST", "/v1/chat/completions", body)
            #expect(reply.headers["content-type"] == "text/event-stream; charset=utf-8")
            #expect(reply.events.last == "[DONE]")
            let chunks = try reply.events.dropLast().map { try JSON.decode($0, name: "chunk").object ?? [:] }
            func delta(_ chunk: [String: Value]) -> [String: Value]? {
                chunk["choices"]?.list?.first?.object?["delta"]?.object
            }
            #expect(chunks.first.flatMap(delta) == ["role": "assistant", "content": ""])
            #expect(chunks.compactMap { delta($0)?["content"]?.string }.joined() == "3 2 é")
            #expect(chunks.dropLast().last?["choices"]?.list?.first?.object?["finish_reason"] == "stop")
            #expect(chunks.last?["choices"] == .list([]))
            #expect(chunks.last?["usage"]?.object?["completion_tokens"] == 3)
            #expect(chunks.dropLast().allSatisfy { $0["usage"]?.isNull == true })
            for name in ["id", "created", "model", "object"] {
                #expect(Set(chunks.map { $0[name] }).count == 1)
            }
        }
    }

    @Test func streamsOfBeamsAndOfSeveralTextsAreWhole() async throws {
        try await withServer { port in
            let body = completion("a b c", ["stream": true, "n": 2, "echo": true])
            let reply = try await ask(port, "POST", "/v1/completions", body)
            var texts: [Int: String] = [:]
            for event in reply.events.dropLast() {
                let choice = try JSON.decode(event, name: "chunk").object?["choices"]?.list?.first?.object
                texts[choice?["index"]?.integer ?? -1, default: ""] += choice?["text"]?.string ?? ""
            }
            #expect(texts == [0: "a b cc b a", 1: "c b a 1"])
        }
    }

    @Test func stopWordsEndTextsWhereverTheyComeInPieces() async throws {
        try await withServer { port in
            for isStreamed in [false, true] {
                let body = completion("a END b c", ["stop": ["b E", "zzz"], "stream": .bool(isStreamed)])
                let reply = try await ask(port, "POST", "/v1/completions", body)
                if isStreamed {
                    let text = reply.events.dropLast().compactMap {
                        (try? JSON.decode($0, name: "chunk"))?.object?["choices"]?.list?.first?.object?[
                            "text"]?.string
                    }
                    #expect(text.joined() == "c ")
                } else {
                    #expect(reply.field("choices", "0", "text") == "c ")
                    #expect(reply.field("choices", "0", "finish_reason") == "stop")
                }
            }
        }
    }

    @Test func classifiesInOrder() async throws {
        try await withServer { port in
            let reply = try await ask(
                port, "POST", "/v1/classify", #"{"model": "words", "input": ["good day", "night"]}"#)
            #expect(reply.field("data", "0", "label") == "good")
            #expect(reply.field("data", "1", "label") == "bad")
            #expect(reply.field("data", "1", "index") == 1)
            #expect(reply.field("data", "0", "probs") == [0.75, 0.25])
        }
    }

    @Test func listsModelsHealthAndMetrics() async throws {
        try await withServer([words(), words("other")]) { port in
            let list = try await ask(port, "GET", "/v1/models")
            #expect(list.field("data")?.list?.compactMap { $0.object?["id"]?.string } == ["words", "other"])
            #expect(try await ask(port, "GET", "/v1/models/other").field("architecture") == "words")
            #expect(try await ask(port, "GET", "/v1/models/none").errorCode == "model_not_found")
            #expect(try await ask(port, "GET", "/health").field("status") == "ok")
            _ = try await ask(port, "POST", "/v1/completions", completion("a b c", model: "other"))
            let metrics = try await ask(port, "GET", "/metrics").body
            #expect(metrics.contains("lyceum:generation_tokens_total{model_name=\"other\"} 3\n"))
            #expect(
                metrics.contains(
                    "lyceum:request_success_total{model_name=\"other\",finished_reason=\"stop\"} 1\n"))
            #expect(metrics.contains("lyceum:e2e_request_latency_seconds_count{model_name=\"other\"} 1\n"))
            #expect(metrics.contains("# TYPE lyceum:e2e_request_latency_seconds histogram\n"))
        }
    }

    @Test func studentsWithoutStepsAreServedInBatches() async throws {
        let model = Serving.Model(name: "batches") {
            LoadedStudent(BatchStudent(), architecture: BatchStudent.architecture, folder: nil)
        }
        try await withServer([model]) { port in
            try await withThrowingTaskGroup(of: Void.self) { group in
                for number in 0..<12 {
                    group.addTask {
                        let reply = try await ask(
                            port, "POST", "/v1/completions",
                            completion(
                                "a \(number)", ["max_tokens": .integer(1 + number % 2)], model: "batches"))
                        #expect(
                            reply.field("choices", "0", "text")
                                == .string(number % 2 == 0 ? "\(number)" : "\(number) a"))
                        #expect(reply.field("choices", "0", "finish_reason")?.string?.isEmpty == false)
                    }
                }
                try await group.waitForAll()
            }
        }
    }

    @Test func theTemplateOfTheFolderIsFilled() async throws {
        let folder = "/tmp/lyceum-template-\(UInt64.random(in: 0...UInt64.max))"
        defer { Files.removeTree(folder) }
        try Files.makeFolder(folder)
        try Files.write(
            "say {{ article }} {{ tone | default('now') }}", to: folder + "/source_template.jinja")
        try await withServer([words(folder: folder)]) { port in
            let plain = try await ask(port, "POST", "/v1/completions", completion("hello"))
            #expect(plain.field("choices", "0", "text") == "now hello say")
            let toned = try await ask(
                port, "POST", "/v1/completions", completion("hello", ["variables": ["tone": "loud"]]))
            #expect(toned.field("choices", "0", "text") == "loud hello say")
            let chat = try await ask(
                port, "POST", "/v1/chat/completions",
                #"{"model": "words", "messages": [{"role": "user", "content": "hi"}]}"#)
            #expect(chat.field("choices", "0", "message", "content") == "now hi say")
        }
    }
}
