import LyceumKit
import Prompting
import Testing

@Suite struct FewShotTests {
    private let records: [[String: Value]] = [
        ["text": "I loved it", "label": "good"], ["text": "Dull", "label": "bad"],
    ]

    @Test func examplesBecomeMessagesBeforeTheQuestion() throws {
        let prompt = try PromptTemplate(
            messages: [(.system, "One word."), (.user, "{{ text | upper }}"), (.assistant, "It is ")],
            examples: try FewShotExamples(records, answer: "{{ label }}"))
        #expect(
            try prompt.render(["text": "Meh"]) == [
                ChatMessage(.system, "One word."), ChatMessage(.user, "I LOVED IT"),
                ChatMessage(.assistant, "good"),
                ChatMessage(.user, "DULL"), ChatMessage(.assistant, "bad"), ChatMessage(.user, "MEH"),
                ChatMessage(.assistant, "It is "),
            ])
        #expect(prompt.variables == ["text"])
    }

    @Test func aTemplateWritesThemOut() throws {
        let prompt = try PromptTemplate(
            messages: [
                (
                    .user,
                    "{% for example in examples %}{{ example.text }}: {{ example.label }}\n{% endfor %}{{ text }}:"
                )
            ], examples: try FewShotExamples(records))
        let text = try prompt.render(["text": "Meh", "examples": "of the record"]).first?.content
        #expect(text == "I loved it: good\nDull: bad\nMeh:")
        #expect(prompt.variables == ["text"])
    }

    @Test func theChoiceIsSeeded() throws {
        #expect(try FewShotExamples.choice(nil, of: 3, seed: nil) == [0, 1, 2])
        #expect(try FewShotExamples.choice(2, of: 3, seed: nil) == [0, 1])
        let chosen = try FewShotExamples.choice(4, of: 100, seed: 7)
        #expect(try FewShotExamples.choice(4, of: 100, seed: 7) == chosen)
        #expect(Set(chosen).count == 4 && chosen != [0, 1, 2, 3])
        let error = try #require(throws: LyceumError.self) { try FewShotExamples.choice(4, of: 3, seed: nil) }
        #expect(
            error.description
                == "prompt: option 'n': expected at most 3, as many as there are examples, got 4")
    }

    @Test func refusals() throws {
        func text(_ make: @autoclosure () throws -> Any) throws -> String {
            try #require(throws: LyceumError.self) { try make() }.description
        }
        #expect(try text(try FewShotExamples([])).hasPrefix("the list of examples is empty"))
        #expect(
            try text(
                try PromptTemplate(messages: [(.user, "{{ text }}")], examples: try FewShotExamples(records))
            )
            .hasPrefix("the examples: expected a template of their answers, got none; give answer ="))
        #expect(
            try text(
                try PromptTemplate(
                    messages: [(.user, "{{ text }}")],
                    examples: try FewShotExamples(records, answer: "{{ lable }}"))
            ).hasPrefix(
                "prompt (answer of the examples):1: example 1: no value for variable 'lable'; did you mean 'label'?"
            ))
    }
}

@Suite struct PromptFileTests {
    private func written(_ text: String) throws -> String {
        let path = "/tmp/lyceum-prompt-\(UInt64.random(in: 0 ... .max)).txt"
        try Files.write(text, to: path)
        return path
    }

    @Test func whatIsSavedIsLoaded() throws {
        let prompt = try PromptTemplate(
            messages: [(.system, "Be brief.\n"), (.user, "\n---\n{{ text }}\n{# kept #}"), (.assistant, "")],
            examples: try FewShotExamples(
                [["text": "a\nb", "label": "x"]], question: "{{ text }}?", answer: "{{ label }}"),
            options: [
                "model": "gpt-4o-mini", "temperature": 0.5, "stop": ["\n"], "version": "3", "note": " x ",
            ])
        let path = try written("")
        defer { Files.removeTree(path) }
        try prompt.save(path)
        let loaded = try PromptTemplate.load(path)
        #expect(loaded == prompt)
        #expect(try loaded.render(["text": "t"]) == prompt.render(["text": "t"]))
        let lines = try String(decoding: Files.read(path), as: UTF8.self).split(separator: "\n")
        #expect(lines.contains("model: gpt-4o-mini") && lines.contains("version: \"3\""))
    }

    @Test func plainTextIsTheUsersMessage() throws {
        for (text, expected) in [
            ("Write about {{ x }}.\n", "Write about 1."), ("a\nb\n\n\n", "a\nb\n"),
            ("---\nn: 1\n---\nHi {{ x }}", "Hi 1"),
            ("---\r\nn: 1\r\n---\r\n\r\n--- user ---\r\nHi", "Hi"),
        ] {
            let path = try written(text)
            defer { Files.removeTree(path) }
            #expect(try PromptTemplate.load(path).render(["x": 1]) == [ChatMessage(.user, expected)])
        }
    }

    @Test(arguments: [
        ("---\nmodel: x\nhi", ":1: '---' opens the options and nothing closes them"),
        ("---\nmodel x\n---\nhi", ":2: 'model x' is not an option; write name: value"),
        ("---\nexamples: 3\n---\nhi", ":2: 'examples' is not a list of records"),
        ("--- sytem ---\nhi", ":1: unknown message '--- sytem ---'; there are system, user"),
        ("---\nm: 1\n---\n--- system ---\nok\n--- user ---\na\n{{ b | c }}", ":8: unknown filter 'c'"),
        ("---\nm: 1\n---\na\n{{ b | c }}", ":5: unknown filter 'c'"),
        ("--- system ---\n{% if %}", ":2: expected"),
    ])
    func faultsNameTheLineOfTheFile(text: String, problem: String) throws {
        let path = try written(text)
        defer { Files.removeTree(path) }
        let error = try #require(throws: LyceumError.self) { try PromptTemplate.load(path) }
        #expect(error.description.hasPrefix(path + problem), "\(error)")
    }

    @Test func aKeyIsNeverSaved() throws {
        let prompt = try PromptTemplate(
            messages: [(.user, "x")], options: ["api_key": "sk-secret-1234567890"])
        let error = try #require(throws: LyceumError.self) { try prompt.save("/tmp/never") }
        #expect(error.description.contains("'api_key' would put a key into a file"))
        #expect(!error.description.contains("sk-"))
        // A name that only sounds like one is an option like others.
        let path = "/tmp/lyceum-prompt-\(UInt64.random(in: 0...UInt64.max)).prompt"
        defer { Files.removeTree(path) }
        try PromptTemplate(messages: [(.user, "x")], options: ["keywords": 3, "monkey": "a"]).save(path)
        #expect(try PromptTemplate.load(path).options["keywords"] == 3)
        let marked = try PromptTemplate(messages: [(.user, "a\n--- user ---")])
        #expect(throws: LyceumError.self) { try marked.save("/tmp/never") }
        #expect(!Files.exists("/tmp/never"))
    }
}
