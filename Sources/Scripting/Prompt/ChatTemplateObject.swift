import LuaBridge
import LyceumKit
import Prompting

/// A chat template of the Hub in Lua's hands.
final class ChatTemplateObject {
    let template: ChatTemplate

    init(_ template: ChatTemplate) { self.template = template }

    static var type: LuaType {
        LuaType(
            ChatTemplateObject.self, name: "chat_template",
            summary:
                "How a model wants a conversation written down, rendered exactly as transformers renders it "
                + "(apply_chat_template). Call it with the values that the template asks for.",
            properties: [
                LuaProperty("source", "the template's text") { (object: ChatTemplateObject) in
                    .string(object.template.template.source)
                },
                LuaProperty("tokens", "what its file says of bos_token, eos_token, …: a table") {
                    (object: ChatTemplateObject) in
                    .data(.object(object.template.tokens.mapValues(Value.string)))
                },
            ],
            call: LuaFunction(
                name: "apply", summary: "Writes a conversation as the model reads it.",
                parameters: [
                    LuaParameter(
                        "values", .table,
                        "messages = { { role =, content = } }, add_generation_prompt = true, tools = { … }, bos_token = "
                            + "\"<s>\", and whatever else the template asks for")
                ],
                returns: "the text",
                errors: ["what the template itself refuses (raise_exception), with its words and line"],
                example:
                    "local chat = prompt.chat_template(\"{% for m in messages %}<{{ m.role }}>{{ m.content }}{% endfor %}\")\n"
                    + "assert(chat { messages = { { role = \"user\", content = \"Hi\" } } } == \"<user>Hi\")",
                body: { call in
                    let template = try call.receiver(ChatTemplateObject.self).template
                    guard let fields = try call.table(1).value().fields else { throw call.mismatch(1, nil) }
                    return [.string(try template.render(fields))]
                }),
            toString: { _ in "chat template" },
            preview: { object, _ in object.template.template.source })
    }

    /// `prompt.chat_template`
    static var function: LuaFunction {
        LuaFunction(
            name: "chat_template",
            summary:
                "Reads a chat template of a model on the Hub: from its tokenizer_config.json, its chat_template.jinja, the "
                + "folder that holds them, or a text.",
            parameters: [
                LuaParameter(
                    "source", .string, "a file, a folder, or the template itself (a text with {% or {{)"),
                LuaParameter(
                    "name", .string,
                    "which one, where a file has several: \"default\", \"tool_use\", \"rag\"",
                    optional: true),
            ],
            returns: "a chat template; calling it with the messages gives the text that the model reads",
            errors: ["a template that cannot be read (with the line)", "a file that holds none"],
            example:
                "local chat = prompt.chat_template [[{% for m in messages %}{{ '<|im_start|>' + m.role + '\\n' + m.content + "
                + "'<|im_end|>\\n' }}{% endfor %}{% if add_generation_prompt %}{{ '<|im_start|>assistant\\n' }}{% endif %}]]\n"
                + "local text = chat { messages = { { role = \"user\", content = \"Hi\" } }, add_generation_prompt = true }\n"
                + "assert(text == \"<|im_start|>user\\nHi<|im_end|>\\n<|im_start|>assistant\\n\")",
            body: { call in
                let source = try call.string(1)
                let name = call.value(2).string ?? "default"
                if source.contains("{%") || source.contains("{{") || source.contains("\n") {
                    return [.object(ChatTemplateObject(try ChatTemplate(source)))]
                }
                return [.object(ChatTemplateObject(try ChatTemplate.load(source, named: name)))]
            })
    }
}
