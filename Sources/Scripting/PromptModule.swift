import LuaBridge
import LyceumKit
import Prompting

/// A prompt in Lua's hands.
final class PromptObject {
    let prompt: Prompt

    init(_ prompt: Prompt) { self.prompt = prompt }

    static var type: LuaType {
        LuaType(
            PromptObject.self, name: "prompt",
            summary: "A template for a teacher: call it with a record to see what the teacher would be sent.",
            properties: [
                LuaProperty("variables", "the names of the variables, a list") { (object: PromptObject) in
                    .data(.list(object.prompt.variables.map(Value.string)))
                }
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
            preview: { object, _ in
                let lines = object.prompt.messages.map { "\($0.role.rawValue): \($0.template.source)" }
                return "prompt of \(object.prompt.variables.map { "{{ \($0) }}" }.joined(separator: ", "))\n"
                    + lines.joined(separator: "\n")
            })
    }
}

extension Scripting {
    /// `prompt`: makes templates; the module itself is called.
    static var promptModule: LuaModule {
        LuaModule(
            name: "prompt",
            summary:
                "Templates in Jinja's syntax: {{ name }}, {{ text | truncate(80) }}, {% if … %}, {% for … %}.",
            functions: [],
            call: LuaFunction(
                name: "prompt", summary: "Makes a prompt of a template, or of a chat of templates.",
                parameters: [
                    LuaParameter(
                        "template", .either([.string, .table]),
                        "a text; { system = \"…\", user = \"…\" }; or a list of { role =, content = }")
                ],
                returns: "a prompt; calling it with a record gives the text",
                errors: ["a tag that is not closed (with the line)", "a message whose role is not known"],
                example:
                    "local chat = prompt { system = \"You are a reporter.\", user = \"Write about {{ topic }}.\" }\n"
                    + "assert(chat({ topic = \"cats\" })[2].content == \"Write about cats.\")",
                body: { call in
                    guard call.value(1).string != nil || call.value(1).table != nil else {
                        throw call.mismatch(1, nil)
                    }
                    return [.object(PromptObject(try Prompt(try call.data(1))))]
                }))
    }
}
