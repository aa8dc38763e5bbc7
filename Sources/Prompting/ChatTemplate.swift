import LyceumKit

/// A chat template of the Hub: how a model wants a conversation written down.
///
/// It is rendered as transformers renders it (`apply_chat_template`): what is missing is empty, values look as Python
/// prints them, `{% … %}` takes its line break and its indentation with it, and there are `raise_exception`,
/// `strftime_now` and `{% generation %}`. Source: transformers 4.56.2, `chat_template_utils.py`.
public struct ChatTemplate: Sendable {
    /// The template.
    public let template: Template
    /// What its file says of the model's own tokens: `bos_token`, `eos_token`, …
    public let tokens: [String: String]

    /// Takes a template.
    ///
    /// - Parameters:
    ///   - source: its text.
    ///   - tokens: `bos_token` and others that templates name.
    ///   - name: what to call it in errors.
    /// - Throws: `LyceumError.file` with the template's line.
    public init(_ source: String, tokens: [String: String] = [:], name: String = "chat template") throws {
        template = try Template(source, name: name, style: .chat)
        self.tokens = tokens
    }

    /// Reads a template from a `tokenizer_config.json`, a `chat_template.jinja`, or a folder that holds one of them.
    ///
    /// - Parameters:
    ///   - path: the file or the folder.
    ///   - which: which one, where a file has several ("default", "tool_use", "rag").
    /// - Throws: `LyceumError.file` if there is none.
    public static func load(_ path: String, named which: String = "default") throws -> ChatTemplate {
        if Files.isFolder(path) {
            let own = Files.join(path, "chat_template.jinja")
            let configuration = Files.join(path, "tokenizer_config.json")
            let tokens = Files.exists(configuration) ? Self.tokens(in: try read(configuration)) : [:]
            if Files.exists(own) { return try ChatTemplate(try Self.text(own), tokens: tokens, name: own) }
            return try load(configuration, named: which)
        }
        guard path.lowercased().hasSuffix(".json") else {
            return try ChatTemplate(try Self.text(path), name: path)
        }
        let fields = try read(path)
        let tokens = Self.tokens(in: fields)
        switch fields["chat_template"] {
        case .string(let source)?: return try ChatTemplate(source, tokens: tokens, name: path)
        case .list(let choices)?:
            let names = choices.compactMap { $0.object?["name"]?.string }
            guard
                let source = choices.first(where: { $0.object?["name"]?.string == which })?.object?[
                    "template"]?
                    .string
            else {
                throw LyceumError.unknownName(kind: "chat template", name: which, known: names, remedy: nil)
            }
            return try ChatTemplate(source, tokens: tokens, name: path)
        default:
            throw LyceumError.file(
                path: path, line: nil, problem: "holds no chat_template",
                remedy: "newer models have it in chat_template.jinja next to this file")
        }
    }

    private static func read(_ path: String) throws -> [String: Value] {
        guard let fields = try JSON.decode(try Files.read(path), name: path).object else {
            throw LyceumError.file(path: path, line: nil, problem: "is not a JSON object", remedy: nil)
        }
        return fields
    }

    private static func text(_ path: String) throws -> String {
        guard let text = String(validating: try Files.read(path), as: UTF8.self) else {
            throw LyceumError.file(
                path: path, line: nil, problem: "is not UTF-8 text", remedy: "save it as UTF-8")
        }
        return text
    }

    /// The model's tokens, which are texts or objects with a `content`.
    private static func tokens(in fields: [String: Value]) -> [String: String] {
        var tokens: [String: String] = [:]
        for (name, value) in fields where name.hasSuffix("_token") {
            if let text = value.string ?? value.object?["content"]?.string { tokens[name] = text }
        }
        return tokens
    }

    /// The conversation as the model reads it.
    ///
    /// - Parameters:
    ///   - values: `messages`, `add_generation_prompt`, `tools` and whatever else the template asks for. They go before
    ///     the model's tokens.
    ///   - moment: what `strftime_now` takes for now, in seconds since 1970.
    /// - Throws: `LyceumError.file` with the template's line, and with the template's own words where it raises an
    ///   exception; `LyceumError.cancelled`.
    public func render(_ values: [String: Value], moment: Int? = nil) throws -> String {
        let all = tokens.mapValues(Value.string).merging(values) { _, given in given }
        return try TemplateEvaluator(name: template.name, style: .chat, values: all, moment: moment)
            .render(template.nodes)
    }
}
