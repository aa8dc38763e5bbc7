import LyceumKit

/// Writes answers as OpenAI's API does: whole, or as the chunks of a stream.
struct ResponseForm: Sendable {
    let form: GenerationRequest.Form
    let id: String
    let model: String
    let created: Int

    init(_ form: GenerationRequest.Form, model: String, created: Int) {
        self.form = form
        self.model = model
        self.created = created
        id = (form == .chat ? "chatcmpl-" : "cmpl-") + Self.token()
    }

    /// Letters and digits that no other request has.
    static func token() -> String {
        (0..<2).map { _ in
            let digits = String(UInt64.random(in: .min ... .max), radix: 36)
            return String(repeating: "0", count: 13 - digits.count) + digits
        }.joined()
    }

    private func object(_ kind: String, choices: [Value], usage: Value?) -> Value {
        var fields: [(String, Value)] = [
            ("id", .string(id)), ("object", .string(kind)), ("created", .integer(created)),
            ("model", .string(model)), ("choices", .list(choices)),
        ]
        if let usage { fields.append(("usage", usage)) }
        return .object(ObjectFields(ordered: fields))
    }

    /// The tokens that were read and written.
    static func usage(source: Int, new: Int) -> Value {
        .object(
            ObjectFields(ordered: [
                ("prompt_tokens", .integer(source)), ("completion_tokens", .integer(new)),
                ("total_tokens", .integer(source + new)),
            ]))
    }

    /// One finished text of a whole answer.
    func choice(_ index: Int, _ text: String, reason: String) -> Value {
        let content: (String, Value) =
            form == .chat
            ? (
                "message",
                .object(
                    ObjectFields(ordered: [
                        ("role", "assistant"), ("content", .string(text)), ("refusal", .null),
                    ]))
            ) : ("text", .string(text))
        return .object(
            ObjectFields(ordered: [
                ("index", .integer(index)), content, ("logprobs", .null), ("finish_reason", .string(reason)),
            ]))
    }

    /// A whole answer.
    func whole(_ choices: [Value], usage: Value) -> Value {
        object(form == .chat ? "chat.completion" : "text_completion", choices: choices, usage: usage)
    }

    private var chunkKind: String { form == .chat ? "chat.completion.chunk" : "text_completion" }

    /// A piece of a stream.
    ///
    /// - Parameters:
    ///   - isFirst: whether it is the first of its choice, which says who speaks.
    ///   - reason: why the text ended, in its last chunk.
    ///   - includesUsage: whether a chunk with the usage will come: then the others say that they have none.
    func chunk(
        _ index: Int, _ text: String?, isFirst: Bool = false, reason: String? = nil, includesUsage: Bool
    )
        -> Value
    {
        let content: (String, Value)
        if form == .chat {
            var delta: [(String, Value)] = isFirst ? [("role", "assistant")] : []
            if let text { delta.append(("content", .string(text))) }
            content = ("delta", .object(ObjectFields(ordered: delta)))
        } else {
            content = ("text", .string(text ?? ""))
        }
        let choice = Value.object(
            ObjectFields(ordered: [
                ("index", .integer(index)), content, ("logprobs", .null),
                ("finish_reason", reason.map(Value.string) ?? .null),
            ]))
        return object(chunkKind, choices: [choice], usage: includesUsage ? .null : nil)
    }

    /// The last chunk of a stream that was to say its usage.
    func usageChunk(_ usage: Value) -> Value { object(chunkKind, choices: [], usage: usage) }

    /// A chunk as an event of a stream.
    static func event(_ value: Value) -> [UInt8] {
        var bytes = Array("data: ".utf8)
        JSON.append(value, to: &bytes)
        bytes += [0x0A, 0x0A]
        return bytes
    }

    /// The end of a stream.
    static let done = Array("data: [DONE]\n\n".utf8)
}
