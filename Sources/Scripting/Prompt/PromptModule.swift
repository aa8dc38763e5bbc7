import Corpus
import LuaBridge
import LyceumKit
import Prompting

/// The folder of a project's prompts.
private enum PromptFolder {
    static let folder = "prompts"
    private static let endings = [".prompt", ".txt", ".md"]

    /// The prompts there, by name.
    static var names: [String] {
        Files.list(folder).compactMap { name in
            endings.first(where: name.hasSuffix).map { String(name.dropLast($0.count)) }
        }.sorted()
    }

    /// The file that a name means: itself if it is there, else one of the folder.
    static func path(of name: String) -> String {
        if Files.exists(name) || name.contains("/") { return name }
        return ([""] + endings).lazy.map { Files.join(folder, name + $0) }.first(where: Files.exists) ?? name
    }
}

extension Scripting {
    /// `prompt`: makes templates; the module itself is called.
    static var promptModule: LuaModule {
        LuaModule(
            name: "prompt",
            summary:
                "Templates in Jinja's syntax: {{ name }}, {{ text | truncate(80) }}, {% if … %}, {% for … %}, {% macro … %}; "
                + "all filters, tests and statements of Jinja 3.1.6 but include, import and extends.",
            functions: [
                LuaFunction(
                    name: "load",
                    summary:
                        "Reads a prompt from a file, as prompt:save writes it (help(prompt.save)). A bare name is looked for in "
                        + "the folder prompts/, too: prompt.load \"news\" reads prompts/news.prompt, .txt or .md.",
                    parameters: [
                        LuaParameter(
                            "path", .string, "a text file, or its name in prompts/",
                            names: .filesOr { _ in PromptFolder.names.map { LuaSuggestion($0, "in prompts/") }
                            })
                    ],
                    returns: "a prompt; what the file says of model and options is in its `options`",
                    errors: ["a message or a tag that is not understood (with the file's line)"],
                    example: "local path = os.tmpname()\nprompt(\"Write about {{ topic }}.\"):save(path)\n"
                        + "assert(prompt.load(path) { topic = \"cats\" } == \"Write about cats.\")",
                    body: { call in
                        let path = PromptFolder.path(of: Files.expandingHome(try call.string(1)))
                        return [.object(PromptObject(try PromptTemplate.load(path)))]
                    }),
                ChatTemplateObject.function,
            ],
            call: LuaFunction(
                name: "prompt",
                summary:
                    "Makes a prompt from a template, or from a chat of templates (help \"chat\", help \"few-shot\").",
                parameters: [
                    LuaParameter(
                        "template", .either([.string, .options(promptOptions), .list("messages")]),
                        "a text, which is the user's message; the messages by role; or a list of "
                            + "{ role =, content = }")
                ],
                returns: "a prompt; calling it with a record gives the text",
                errors: [
                    "a tag that is not closed, a filter that is not known (with the line)",
                    "an option that is not known; examples that nothing shows",
                ],
                example:
                    "local shots = data.from { { text = \"I loved it\", label = \"good\" }, { text = \"So dull\", label = \"bad\" } }\n"
                    + "local ask = prompt { system = \"Answer with good or bad.\", user = \"{{ text | truncate(200) }}\",\n"
                    + "  examples = shots, answer = \"{{ label }}\" }\n"
                    + "local messages = ask { text = \"What a day\" }\n"
                    + "assert(#messages == 6 and messages[3].content == \"good\")",
                body: { call in
                    if let text = call.value(1).string {
                        return [.object(PromptObject(try PromptTemplate(text)))]
                    }
                    guard let table = call.value(1).table else { throw call.mismatch(1, nil) }
                    if try !table.get(1).isNil {
                        return [.object(PromptObject(try PromptTemplate(try call.data(1))))]
                    }
                    return [.object(PromptObject(try prompt(try call.options(1))))]
                }))
    }

    private static let promptOptions: [OptionDeclaration] = [
        .string("system", "the message that sets the scene"),
        .string("user", "the question"),
        .string("assistant", "the beginning of the answer, on servers that go on from it (prefill)"),
        .object("examples", "dataset", "answered questions to show before (few-shot)"),
        .string(
            "answer",
            "the template of an example's answer; without it the prompt writes them out: {% for example in examples %}"
        ),
        .string("question", "the template of an example's question; else that of `user`"),
        .integer("n", default: nil, in: 1...10_000, "how many examples; else all"),
        .integer("seed", default: nil, "chooses the examples at random; else the first n"),
        OptionDeclaration(
            "options", kind: .table, doc: "model, temperature, … to be kept with the prompt in its file"),
    ]

    private static func prompt(_ options: LuaOptions) throws -> PromptTemplate {
        let values = options.values
        let roles: [ChatMessage.Role] = [.system, .user, .assistant]
        let messages = roles.compactMap { role in
            values.optionalString(role.rawValue).map { (role: role, content: $0) }
        }
        var examples: FewShotExamples?
        if let data = try options.object("examples", DatasetObject.self)?.dataset {
            let rows = try FewShotExamples.choice(
                values.optionalInt("n"), of: data.count, seed: values.optionalInt("seed"))
            examples = try FewShotExamples(
                try rows.map { row in
                    let record = try data.record(at: row)
                    return Dictionary(
                        zip(record.columns, record.values), uniquingKeysWith: { first, _ in first })
                }, question: values.optionalString("question"), answer: values.optionalString("answer"))
        } else if let name = ["answer", "question", "n", "seed"].first(where: values.isGiven) {
            throw LyceumError.badOption(
                function: "prompt", option: name, expected: "examples = a dataset next to it", got: "none")
        }
        return try PromptTemplate(
            messages: messages, examples: examples, options: values.values["options"]?.object ?? [:])
    }
}
