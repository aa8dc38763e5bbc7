import LyceumKit

/// Replies that must be JSON of a schema: how they are asked for, found in the text, judged and repaired.
struct StructuredReply: Sendable {
    let schema: JSONSchema

    /// The field of a request that asks a server for it.
    var responseFormat: Value {
        [
            "type": "json_schema",
            "json_schema": ["name": "reply", "strict": true, "schema": schema.value],
        ]
    }

    /// The words that ask a model for it whose server cannot.
    var instruction: String {
        "Answer with nothing but JSON that fits this JSON Schema:\n\(JSON.encode(schema.value))"
    }

    /// The reply with the JSON alone as its text.
    ///
    /// - Returns: or what is wrong with it.
    func judged(_ reply: TeacherReply) -> (reply: TeacherReply, problem: String?) {
        let text = Self.json(in: reply.text)
        guard let value = try? JSON.decode(text, name: "reply") else { return (reply, "it is no JSON") }
        if let problem = schema.mismatch(value) { return (reply, problem) }
        var clean = reply
        clean.text = text
        return (clean, nil)
    }

    /// The question that asks for a better reply.
    func repair(_ request: TeacherRequest, _ reply: TeacherReply, _ problem: String) -> TeacherRequest {
        let messages =
            request.messages + [
                ChatMessage(.assistant, reply.text.isEmpty ? "(nothing)" : reply.text),
                ChatMessage(.user, "That does not fit: \(problem). \(instruction)"),
            ]
        return TeacherRequest(messages: messages, fields: request.fields, sample: request.sample)
    }

    /// The failure of a reply that did not fit.
    ///
    /// - Parameter isSecond: whether it was asked for twice.
    func failure(_ reply: TeacherReply, _ problem: String, isSecond: Bool = true) -> UnusableReply {
        var unusable = reply
        unusable.finishReason = TeacherReply.schemaMismatch
        return UnusableReply(
            unusable,
            .failed(
                "the reply does not fit the schema\(isSecond ? ", after a second try" : ""): \(problem)",
                remedy: "describe the fields in the prompt, or take a larger model"))
    }

    /// The JSON in a text that may stand in a fence, as models like to write it.
    private static func json(in text: String) -> String {
        let all = text.trimmed
        guard all.hasPrefix("```"), all.hasSuffix("```"), all.count >= 6,
            let start = all.firstIndex(where: \.isNewline)
        else { return all }
        return all[start...].dropLast(3).trimmed
    }
}
