import LyceumKit

/// The wire format of Anthropic's Messages API. Source: docs.anthropic.com, "Messages" and "Errors", version
/// 2023-06-01.
extension OpenAIExchange {
    /// The version of the API that is spoken here.
    static let messagesVersion = "2023-06-01"

    /// The body of a request: the system message stands apart, neighbours of one role are one message.
    func messagesBody(_ messages: [ChatMessage], _ parameters: [String: Value], model: String) -> Value {
        var fields = parameters
        fields["model"] = .string(model)
        let system = messages.filter { $0.role == .system }.map(\.content)
        if !system.isEmpty { fields["system"] = .string(system.joined(separator: "\n\n")) }
        var turns: [ChatMessage] = []
        for message in messages where message.role != .system {
            if let last = turns.last, last.role == message.role {
                turns[turns.count - 1] = ChatMessage(last.role, last.content + "\n\n" + message.content)
            } else {
                turns.append(message)
            }
        }
        // A beginning of the answer may not end in white space there.
        if let last = turns.last, last.role == .assistant {
            let text = String(last.content.reversed().drop(while: \.isWhitespace).reversed())
            turns.removeLast()
            if !text.isEmpty { turns.append(ChatMessage(.assistant, text)) }
        }
        fields["messages"] = .list(
            turns.map { ["role": .string($0.role.rawValue), "content": .string($0.content)] })
        return .object(fields)
    }

    /// A reply of the Messages API, or nil if the document is none.
    func message(_ document: Value, seconds: Double) -> TeacherReply? {
        guard let fields = document.object, let parts = fields["content"]?.list else { return nil }
        let usage = fields["usage"]?.object
        // What was read from or written into the server's cache is part of the question.
        let prompt = ["input_tokens", "cache_creation_input_tokens", "cache_read_input_tokens"]
            .compactMap { Self.count(usage?[$0]) }
        return TeacherReply(
            text: parts.filter { $0.object?["type"]?.string ?? "text" == "text" }
                .compactMap { $0.object?["text"]?.string }.joined(),
            model: fields["model"]?.string ?? settings.model,
            finishReason: Self.finishReason(fields["stop_reason"]?.string),
            promptTokens: prompt.isEmpty ? nil : prompt.reduce(0, +),
            completionTokens: Self.count(usage?["output_tokens"]), seconds: seconds,
            reasoning: Self.reasoning(fields))
    }

    /// The end of a reply in OpenAI's words, which the rest of the program knows.
    static func finishReason(_ stopReason: String?) -> String {
        switch stopReason {
        case nil, "end_turn", "stop_sequence": return "stop"
        case "max_tokens", "model_context_window_exceeded": return "length"
        case let reason?: return reason
        }
    }
}
