import Lab
import LyceumKit

/// What students do for many texts, in shares by all ranks; every rank has all results afterwards, in order.
public enum RankShares {
    /// `student.generate`, by all ranks.
    public static func generate(_ texts: [String], by student: any Student, options: Options, job: Job) throws
        -> [GeneratedText]
    {
        try Ranks.map(texts, call: "student:generate", encode: encode, decode: generatedText) {
            try $0.isEmpty ? [] : student.generate($0, options: options, job: job)
        }
    }

    /// `student.classify`, by all ranks.
    public static func classify(_ texts: [String], by student: any Student, options: Options, job: Job) throws
        -> [Classification]
    {
        try Ranks.map(texts, call: "student:classify", encode: encode, decode: classification) {
            try $0.isEmpty ? [] : student.classify($0, options: options, job: job)
        }
    }

    static func encode(_ text: GeneratedText) -> Value {
        .object([
            "text": .string(text.text), "tokens": .integer(text.tokenCount),
            "more": .list(text.alternatives.map(Value.string)),
        ])
    }

    private static func generatedText(_ value: Value) throws -> GeneratedText {
        let fields = value.object ?? [:]
        return GeneratedText(
            text: fields["text"]?.string ?? "", tokenCount: fields["tokens"]?.integer ?? 0,
            alternatives: fields["more"]?.list?.compactMap(\.string) ?? [])
    }

    static func encode(_ classes: Classification) -> Value {
        .list(classes.probabilities.map { .list([.string($0.label), .number($0.probability)]) })
    }

    private static func classification(_ value: Value) throws -> Classification {
        Classification(
            probabilities: (value.list ?? []).map { pair in
                (pair.list?.first?.string ?? "", pair.list?.last?.number ?? 0)
            })
    }

    // MARK: Teachers' replies

    static func encode(_ stored: StoredReply) -> Value {
        let reply = stored.reply
        return .object([
            "text": .string(reply.text), "model": .string(reply.model), "finish": .string(reply.finishReason),
            "prompt": reply.promptTokens.map(Value.integer) ?? .null,
            "completion": reply.completionTokens.map(Value.integer) ?? .null,
            "estimated": .bool(reply.isEstimated), "seconds": .number(reply.seconds),
            "logprobs": reply.logprobs.map { .list($0.map(\.value)) } ?? .null,
            "reasoning": reply.reasoning.map(Value.string) ?? .null,
            "cost": stored.cost.map(Value.number) ?? .null, "id": stored.id.map(Value.integer) ?? .null,
        ])
    }

    static func storedReply(_ value: Value?) -> StoredReply? {
        guard let fields = value?.object, let text = fields["text"]?.string else { return nil }
        var reply = TeacherReply(
            text: text, model: fields["model"]?.string ?? "",
            finishReason: fields["finish"]?.string ?? "stop",
            promptTokens: fields["prompt"]?.integer, completionTokens: fields["completion"]?.integer,
            seconds: fields["seconds"]?.number ?? 0,
            logprobs: fields["logprobs"]?.list?.compactMap { TokenLogprob($0) })
        reply.isEstimated = fields["estimated"] == .bool(true)
        reply.reasoning = fields["reasoning"]?.string
        return StoredReply(reply, cost: fields["cost"]?.number, id: fields["id"]?.integer)
    }
}
