import LyceumKit
import Prompting

/// How a request becomes what the student reads: the template that it was trained with, which lies in its folder.
///
/// `source_template.jinja` is written by `student:save(folder, { template = … })`; its one variable is the request's
/// text, further ones come from the request's `variables`. `chat_template.jinja` is Hugging Face's and takes the
/// messages of a chat. Without either the text is taken as it is, of a chat the last message of the user.
struct SourceTemplate: Sendable {
    static let file = "source_template.jinja"
    static let chatFile = "chat_template.jinja"

    private let source: Template?
    private let chat: ChatTemplate?

    /// Reads the templates of a folder.
    ///
    /// - Throws: `LyceumError.file` for one that cannot be understood.
    init(folder: String) throws {
        let path = Files.join(folder, Self.file)
        source = Files.exists(path) ? try Template(try Files.readText(path), name: path) : nil
        chat = Files.exists(Files.join(folder, Self.chatFile)) ? try ChatTemplate.load(folder) : nil
    }

    /// No template.
    init() { (source, chat) = (nil, nil) }

    /// The template's text, for those who ask what is served.
    var text: String? { source?.source ?? chat?.template.source }

    /// What the student reads for a text.
    ///
    /// - Throws: `LyceumError` if a variable is missing.
    func render(_ text: String, _ variables: [String: Value]) throws -> String {
        guard let source else { return text }
        var values = variables
        if let own = ownVariable(variables) { values[own] = .string(text) }
        return try source.render(values)
    }

    /// What the student reads for a chat.
    func render(_ messages: [ChatMessage], _ variables: [String: Value]) throws -> String {
        let last = messages.last { $0.role == .user }?.content ?? messages.last?.content ?? ""
        if source == nil, let chat {
            let all = messages.map { Value.object(["role": .string($0.role.rawValue), "content": .string($0.content)]) }
            return try chat.render(
                variables.merging(["messages": .list(all), "add_generation_prompt": true]) { _, own in own })
        }
        return try render(last, variables)
    }

    /// The variable that the text of a request is put into: the only one that it does not bring itself.
    private func ownVariable(_ variables: [String: Value]) -> String? {
        guard let source else { return nil }
        var names: [String] = []
        for variable in source.variables {
            guard let name = variable.path.first, variables[name] == nil, !names.contains(name) else { continue }
            names.append(name)
        }
        return names.first { !source.optional.contains($0) } ?? names.first
    }
}
