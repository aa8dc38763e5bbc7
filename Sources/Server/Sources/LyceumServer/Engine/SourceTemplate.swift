import LyceumKit
import Prompting
import Workbench

/// How a request becomes what the student reads: the template that it was trained with, which lies in its folder.
///
/// `source_template.jinja` is written by `student:save(folder, { template = … })`: the request's text goes into it, further
/// variables come from the request's `variables`. `chat_template.jinja` is Hugging Face's and takes the messages of a
/// chat. Without either the text is taken as it is, of a chat the last message of the user.
struct SourceTemplate: Sendable {
    static let chatFile = "chat_template.jinja"

    private let source: StudentTemplate?
    private let chat: ChatTemplate?

    /// Reads the templates of a folder.
    ///
    /// - Throws: `LyceumError.file` for one that cannot be understood.
    init(folder: String) throws {
        source = try StudentTemplate.load(folder: folder)
        chat = Files.exists(Files.join(folder, Self.chatFile)) ? try ChatTemplate.load(folder) : nil
    }

    /// No template.
    init() { (source, chat) = (nil, nil) }

    /// The template's text, for those who ask what is served.
    var text: String? { source?.template.source ?? chat?.template.source }

    /// What the student reads for a text.
    ///
    /// - Throws: `LyceumError` if a variable is missing.
    func render(_ text: String, _ variables: [String: Value]) throws -> String {
        try source?.render(text, variables) ?? text
    }

    /// What the student reads for a chat.
    func render(_ messages: [ChatMessage], _ variables: [String: Value]) throws -> String {
        if source == nil, let chat {
            let all = messages.map {
                Value.object(["role": .string($0.role.rawValue), "content": .string($0.content)])
            }
            return try chat.render(
                variables.merging(["messages": .list(all), "add_generation_prompt": true]) { _, own in own })
        }
        return try render(
            messages.last { $0.role == .user }?.content ?? messages.last?.content ?? "", variables)
    }
}
