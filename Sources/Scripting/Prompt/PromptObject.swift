import LuaBridge
import LyceumKit
import Prompting
import Workbench

/// A prompt in Lua's hands.
final class PromptObject {
    let prompt: PromptTemplate

    init(_ prompt: PromptTemplate) { self.prompt = prompt }

    static func type(_ environment: ScriptEnvironment) -> LuaType {
        LuaType(
            PromptObject.self, name: "prompt",
            summary: "A template for a teacher: call it with a record to see what the teacher would be sent.",
            methods: [save(environment), diff(environment), runs(environment), optimize(environment)],
            properties: [
                LuaProperty("variables", "the names of the variables, a list") { (object: PromptObject) in
                    .data(.list(object.prompt.variables.map(Value.string)))
                },
                LuaProperty("options", "the model and options kept with it, a table for teacher.open") {
                    (object: PromptObject) in .data(.object(object.prompt.options))
                },
                LuaProperty(
                    "hash", "of the prompt as it is written: the lab's runs know it by this; see prompt:runs"
                ) { (object: PromptObject) in .string(object.prompt.recordedHash) },
                LuaProperty(
                    "examples", "the answered questions that it shows, a list of records; nil without"
                ) {
                    (object: PromptObject) in
                    object.prompt.examples.map { .data(.list($0.records)) } ?? .nil
                },
            ],
            call: LuaFunction(
                name: "render", summary: "Puts a record's values into the template.",
                parameters: [LuaParameter("record", .table, "the values of the variables")],
                returns: "the text; for a chat a list of { role =, content = }",
                errors: ["a variable that the record does not have (it is named, with the template's line)"],
                example: "local write = prompt [[Write about '{{ summary }}'.]]\n"
                    + "assert(write { summary = \"cats\" } == \"Write about 'cats'.\")",
                body: { call in
                    let prompt = try call.receiver(PromptObject.self).prompt
                    guard let fields = try call.table(1).value().fields else { throw call.mismatch(1, nil) }
                    let messages = try prompt.render(fields)
                    if messages.count == 1, let message = messages.first, message.role == .user {
                        return [.string(message.content)]
                    }
                    return [
                        .data(
                            .list(
                                messages.map {
                                    ["role": .string($0.role.rawValue), "content": .string($0.content)]
                                }))
                    ]
                }),
            callFields: { $0.prompt.columns },
            toString: { "prompt (\($0.prompt.variables.joined(separator: ", ")))" },
            preview: { object, _ in card(of: object.prompt) },
            equals: { $0.prompt == $1.prompt })
    }

    private static func card(of prompt: PromptTemplate) -> String {
        var lines = ["prompt of \(prompt.variables.map { "{{ \($0) }}" }.joined(separator: ", "))"]
        lines += prompt.options.sorted { $0.key < $1.key }.map { "\($0.key): \($0.value.text)" }
        if let examples = prompt.examples {
            lines.append("examples: \(examples.records.count)")
            if let question = examples.question { lines.append("question: \(question)") }
            if let answer = examples.answer { lines.append("answer: \(answer)") }
            if let first = examples.records.first?.object {
                lines.append("the first example:")
                lines += first.sorted { $0.key < $1.key }.map { name, value in
                    "  \(name): \(DisplayWidth.oneLine(value.text, limit: 300))"
                }
            }
        }
        lines += prompt.messages.map { "\($0.role.rawValue): \($0.template.source)" }
        return lines.joined(separator: "\n")
    }

    private static func save(_ environment: ScriptEnvironment) -> LuaFunction {
        LuaFunction(
            name: "save",
            summary:
                "Writes the prompt to a text file: options as `name: value` between two lines `---`, then each "
                + "message under a line `--- system ---`, `--- user ---`, `--- assistant ---`; text under none is the "
                + "user's. Examples are a JSON list under `examples:`, their templates under `--- question ---` and "
                + "`--- answer ---`.",
            parameters: [LuaParameter("path", .string, "the file", names: .files)], returns: "the prompt",
            errors: ["an option that holds a key", "a message with a line `--- name ---` of its own"],
            example:
                "local p = prompt { user = \"Write about {{ topic }}.\", options = { model = \"gpt-4o-mini\" } }\n"
                + "local path = os.tmpname()\np:save(path)\nlocal options = prompt.load(path).options\n"
                + "assert(options.model == \"gpt-4o-mini\")  -- options[1] = \"openai\"; teacher.open(options)",
            body: { call in
                let object = try call.receiver(PromptObject.self)
                let path = try call.string(1)
                try Ranks.onMain("prompt:save") { try object.prompt.save(path) }
                environment.shortJob("saving").note("prompt → \(path)")
                call.state.quietValue = object
                return [.object(object)]
            })
    }
}
