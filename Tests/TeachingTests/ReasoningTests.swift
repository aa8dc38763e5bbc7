import LyceumKit
import TestServers
import Testing

@testable import Teaching

@Suite("reasoning before the answer")
struct ReasoningTests {
    typealias Reply = LoopbackServer.Reply

    @Test(
        "blocks at the beginning are taken off",
        arguments: [
            ("<think>\nhm\n</think>\n\nYes.", "Yes.", "hm"), ("hm\n</think>\nYes.", "Yes.", "hm"),
            ("<THINK>a</THINK>b", "b", "a"), ("<thinking>a</thinking>b", "b", "a"),
            ("<reasoning>a</reasoning> b", "b", "a"), ("[THINK]a[/THINK]b", "b", "a"),
            ("◁think▷a◁/think▷b", "b", "a"),
            ("<think>a</think><think>c</think>b", "b", "a\n\nc"),
            ("<think>a <think>b</think> c</think>d", "d", "a <think>b</think> c"),
            ("<|begin_of_thought|>a<|end_of_thought|>\n<|begin_of_solution|>b<|end_of_solution|>", "b", "a"),
            (
                "<|channel|>analysis<|message|>a<|end|><|start|>assistant<|channel|>final<|message|>b", "b",
                "a"
            ),
            ("<think></think>b", "b", ""), ("<think>never closed", "", "never closed"),
            (
                "Tags like <think>x</think> stay in the middle.",
                "Tags like <think>x</think> stay in the middle.", nil
            ),
            ("plain", "plain", nil), ("a < b [c]", "a < b [c]", nil), ("", "", nil),
        ] as [(String, String, String?)])
    func separated(_ text: String, _ answer: String, _ thought: String?) {
        let found = Reasoning.separated(text)
        #expect(found.answer == answer && found.reasoning == thought, "\(found)")
    }

    private func ask(_ body: String, _ options: [String: Value] = [:], headers: [String: String] = [:]) throws
        -> TeacherReply
    {
        let server = try LoopbackServer { _ in Reply(200, body, headers: headers) }
        defer { server.stop() }
        var reply: Result<TeacherReply, any Error>?
        try open(server.baseURL, options.merging(["retries": 0]) { $1 }).answer(questions(1), job: .silent())
        { reply = $1 }
        return try #require(reply).get()
    }

    @Test(
        "fields of their own are read as servers name them",
        arguments: [
            #"{"content":"yes","reasoning_content":"hm"}"#, #"{"content":"yes","reasoning":"hm"}"#,
            #"{"content":"yes","thinking":"hm"}"#, #"{"content":"<think>hm</think>yes"}"#,
            #"{"content":[{"type":"thinking","thinking":[{"type":"text","text":"hm"}]},{"type":"text","text":"yes"}]}"#,
        ])
    func fields(_ message: String) throws {
        let reply = try ask(#"{"choices":[{"message":"# + message + "}]}")
        #expect(reply.text == "yes" && reply.reasoning == "hm")
        let delta = "data: {\"choices\":[{\"delta\":" + message + "}]}\n\ndata: [DONE]\n\n"
        let streamed = try ask(delta, headers: ["Content-Type": "text/event-stream"])
        #expect(streamed.text == "yes" && streamed.reasoning == "hm")
    }

    @Test("it stays in the text if that is asked for")
    func kept() throws {
        let reply = try ask(completion("<think>hm</think>yes"), ["reasoning": "keep"])
        #expect(reply.text == "<think>hm</think>yes" && reply.reasoning == nil)
    }

    @Test("a reply of nothing but reasoning is not an answer, and is kept")
    func onlyReasoning() throws {
        let error = try #require(throws: UnusableReply.self) {
            try ask(completion("<think>on and on", finish: "stop"))
        }
        #expect(
            error.reply.reasoning == "on and on" && error.description.contains("raise max_tokens"), "\(error)"
        )
    }

    @Test("what is shown as it comes is the answer")
    func shown() throws {
        for size in [1, 3, 100] {
            let text = "<think>\nhm\n</think>\n\nYes, <think> is a tag."
            var filter = AnswerFilter(separates: true)
            var shown = ""
            for start in stride(from: 0, to: text.count, by: size) {
                shown += filter.take(String(text.dropFirst(start).prefix(size)))
            }
            shown += filter.finish()
            #expect(shown == "Yes, <think> is a tag.", "\(size)")
        }
        for plain in ["<b>x</b>", "The answer", "<", "  a"] {
            var filter = AnswerFilter(separates: true)
            var shown = ""
            for character in plain { shown += filter.take(String(character)) }
            #expect(shown + filter.finish() == plain)
        }
    }

    @Test(
        "JSON is found behind reasoning, in fences and in prose, without a second try",
        arguments: [
            "{\"label\":\"net\"}", "<think>maybe {\"label\": 3}</think>{\"label\":\"net\"}",
            "hm {\"x\":1}\n</think>\n```json\n{\"label\":\"net\"}\n```",
            "Sure!\n```\n{\"label\":\"net\"}\n```\nHope that helps.",
            "The answer is {\"label\":\"net\"}, I think.",
            "For example {\"label\":1}. So: {\"label\":\"net\"}",
            "a {set} of \"quotes and {\"label\":\"net\"} [more]", "{\"label\":\"net\",}",
        ])
    func structured(_ text: String) throws {
        let server = try LoopbackServer { _ in Reply(200, completion(text)) }
        defer { server.stop() }
        let teacher = try open(server.baseURL, ["schema": ["label": "string"]])
        let result = TeacherRun.run(questions(1), teacher: teacher, job: .silent())
        let reply = result.replies.first.flatMap(\.self)
        #expect(server.requests.count == 1)
        #expect(
            try reply.map { try JSON.decode($0.text, name: "reply") } == ["label": "net"],
            "\(result.failures)")
    }
}
