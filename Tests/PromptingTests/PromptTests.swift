import LyceumKit
import Prompting
import Testing

@Suite struct PromptTests {
    private let record = Record(columns: ["article", "n"], values: ["Some text.", 2])

    @Test func oneUserMessage() throws {
        let prompt = try PromptTemplate("Summarise in {{ n }} words: '{{ article }}'")
        let messages = try prompt.render(record)
        #expect(messages == [ChatMessage(.user, "Summarise in 2 words: 'Some text.'")])
        #expect(prompt.variables == ["n", "article"])
        #expect(PromptTemplate.text(of: messages) == "Summarise in 2 words: 'Some text.'")
        #expect(
            try prompt.request(for: record, sample: 3)
                == TeacherRequest(messages: messages, fields: ["article": "Some text.", "n": "2"], sample: 3))
    }

    @Test func rolesInTheirOrder() throws {
        let prompt = try PromptTemplate(
            Value.object([
                "user": "{{ article }}", "system": "Use {{ n }} of {{ n }}.", "assistant": "Sure: ",
            ]))
        let messages = try prompt.render(record)
        #expect(
            messages == [
                ChatMessage(.system, "Use 2 of 2."), ChatMessage(.user, "Some text."),
                ChatMessage(.assistant, "Sure: "),
            ])
        #expect(prompt.variables == ["n", "article"])
        #expect(PromptTemplate.text(of: messages).hasPrefix("[system]\nUse 2 of 2.\n\n[user]\n"))
    }

    @Test func aListOfMessages() throws {
        let prompt = try PromptTemplate([
            ["role": "user", "content": "Q1"], ["role": "assistant", "content": "A1"],
            ["role": "user", "content": "{{ article }}"],
        ])
        #expect(try prompt.render(record).map(\.content) == ["Q1", "A1", "Some text."])
        #expect(prompt.fields(of: ["article": "Some text."]) == ["article": "Some text."])
    }

    @Test func refusals() throws {
        func text(_ value: Value) throws -> String {
            try #require(throws: LyceumError.self) { try PromptTemplate(value) }.description
        }
        #expect(try text(["usr": "x"]) == "unknown role 'usr'; did you mean 'user'?")
        #expect(try text(["user": 3]) == "the user message: expected a string, got number")
        #expect(try text([:]).hasPrefix("the prompt is empty"))
        #expect(try text([]).hasPrefix("the prompt is empty"))
        #expect(try text(["x"]).hasPrefix("message 1: expected { role = \"user\""))
        #expect(try text([["role": "user"]]) == "the user message: expected a string, got nothing")
        #expect(try text(7).hasPrefix("prompt: expected a string, a table of roles"))
        #expect(
            try text(["system": "ok", "user": "\n{{ x"]).hasPrefix("prompt (user):2: '{{' is never closed"))
    }
}
