import LyceumKit

/// A reply that comes in pieces: server-sent events of chat completions or of Anthropic's messages.
///
/// Source: the WHATWG's "Server-sent events"; OpenAI's and Anthropic's references of streaming.
struct EventStream {
    /// The text so far.
    private(set) var text = ""
    private(set) var refusal = ""
    private(set) var finishReason: String?
    private(set) var model: String?
    private(set) var promptTokens: Int?
    private(set) var completionTokens: Int?
    private(set) var logprobs: [TokenLogprob]?
    /// An error that came in place of more text.
    private(set) var error: Value?
    /// Whether the end was announced: without it a broken connection looks like a short reply.
    private(set) var hasEnded = false
    private var rest: [UInt8] = []

    /// Whether an answer is such a stream.
    static func isStream(_ headers: [String: String]) -> Bool {
        headers["content-type"]?.lowercased().hasPrefix("text/event-stream") == true
    }

    /// Takes bytes of the body.
    ///
    /// - Returns: the text that they brought.
    mutating func take(_ bytes: some Sequence<UInt8>) -> String {
        rest += bytes
        let before = text.utf8.count
        var start = 0
        while let end = rest[start...].firstIndex(of: UInt8(ascii: "\n")) {
            take(line: rest[start..<end])
            start = end + 1
        }
        rest.removeFirst(start)
        return String(decoding: Array(text.utf8.dropFirst(before)), as: UTF8.self)
    }

    private mutating func take(line: ArraySlice<UInt8>) {
        let line = String(decoding: line, as: UTF8.self).trimmed
        guard line.hasPrefix("data:") else { return }
        let data = line.dropFirst(5).trimmed
        if data == "[DONE]" {
            hasEnded = true
            return
        }
        guard let event = try? JSON.decode(data, name: "event").object else { return }
        if let error = event["error"], !error.isNull { self.error = .object(event) }
        model = event["model"]?.string ?? event["message"]?.object?["model"]?.string ?? model
        count(event["usage"]?.object ?? event["message"]?.object?["usage"]?.object ?? [:])
        if let choice = event["choices"]?.list?.first?.object {
            let delta = choice["delta"]?.object
            text += delta?["content"]?.string ?? ""
            refusal += delta?["refusal"]?.string ?? ""
            if let tokens = OpenAIExchange.logprobs(choice) { logprobs = (logprobs ?? []) + tokens }
            finish(choice["finish_reason"]?.string)
        }
        switch event["type"]?.string {
        case "content_block_delta": text += event["delta"]?.object?["text"]?.string ?? ""
        case "message_delta":
            finish(event["delta"]?.object?["stop_reason"]?.string.map(OpenAIExchange.finishReason))
        case "message_stop": hasEnded = true
        default: break
        }
    }

    private mutating func finish(_ reason: String?) {
        guard let reason, !reason.isEmpty else { return }
        finishReason = reason
        hasEnded = true
    }

    private mutating func count(_ usage: [String: Value]) {
        let prompt = [
            "prompt_tokens", "input_tokens", "cache_creation_input_tokens", "cache_read_input_tokens",
        ]
        .compactMap { OpenAIExchange.count(usage[$0]) }
        if !prompt.isEmpty { promptTokens = max(promptTokens ?? 0, prompt.reduce(0, +)) }
        let completion = OpenAIExchange.count(usage["completion_tokens"] ?? usage["output_tokens"])
        completionTokens = completion ?? completionTokens
    }

    /// What came, as a reply.
    func reply(model otherwise: String, seconds: Double) -> TeacherReply {
        TeacherReply(
            text: refusal.isEmpty ? text : refusal, model: model ?? otherwise,
            finishReason: refusal.isEmpty ? finishReason ?? "stop" : "refusal", promptTokens: promptTokens,
            completionTokens: completionTokens, seconds: seconds, logprobs: logprobs)
    }
}
