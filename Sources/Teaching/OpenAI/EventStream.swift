import HTTP
import LyceumKit

/// A reply that comes in pieces: server-sent events of chat completions or of Anthropic's messages.
///
/// Source: OpenAI's and Anthropic's references of streaming.
struct EventStream {
    /// The text so far.
    var text: String { content.text }
    private(set) var finishReason: String?
    private(set) var model: String?
    private(set) var promptTokens: Int?
    private(set) var completionTokens: Int?
    private(set) var logprobs: [TokenLogprob]?
    /// An error that came in place of more text.
    private(set) var error: Value?
    /// Whether the end was announced: without it a broken connection looks like a short reply.
    private(set) var hasEnded = false
    /// Whether an event could not be read, so that words may be missing.
    private(set) var isBroken = false
    /// Which bound the server passed, as the option that sets it.
    private(set) var passedBound: String?
    private var content = HalvedText()
    private var refusal = HalvedText()
    private var reasoning = HalvedText()
    private var events: ServerSentEvents
    private var count = 0
    private let most: Int

    /// - Parameters:
    ///   - largest: the most bytes of an event.
    ///   - most: the most events.
    init(largest: Int = 8 << 20, most: Int = 1_000_000) {
        events = ServerSentEvents(largest: largest) { data in
            Self.isDone(data) || (try? JSON.decode(data, name: "event")) != nil
        }
        self.most = most
    }

    /// Whether an answer is such a stream.
    static func isStream(_ headers: [String: String]) -> Bool {
        headers["content-type"]?.lowercased().hasPrefix("text/event-stream") == true
    }

    /// Takes bytes of the body.
    ///
    /// - Returns: the text that they brought.
    mutating func take(_ bytes: some Sequence<UInt8>) -> String {
        var added = ""
        for event in events.take(bytes) { added += take(event) }
        check()
        return added
    }

    /// Ends the stream.
    ///
    /// - Returns: the text that was held back.
    mutating func finish() -> String {
        var added = ""
        for event in events.finish() { added += take(event) }
        added += content.finish()
        _ = refusal.finish()
        _ = reasoning.finish()
        check()
        return added
    }

    private mutating func check() {
        if events.isTooLarge { passedBound = passedBound ?? "max_event_mb" }
        if events.isBroken { isBroken = true }
    }

    private mutating func take(_ event: ServerSentEvents.Event) -> String {
        count += 1
        if count > most {
            passedBound = passedBound ?? "max_events"
            return ""
        }
        let data = event.data
        if data.allSatisfy({ $0 <= 0x20 }) { return "" }
        if Self.isDone(data) {
            hasEnded = true
            return ""
        }
        if let document = ServerJSON.read(data, keepsHalves: true) { return take(document, event.name) }
        isBroken = true
        return ""
    }

    private static func isDone(_ data: [UInt8]) -> Bool {
        data.count < 20 && String(decoding: data, as: UTF8.self).trimmed == "[DONE]"
    }

    private mutating func take(_ document: Value, _ name: String) -> String {
        guard let event = document.object else { return "" }
        if let error = event["error"], !error.isNull {
            self.error = .object(event)
        } else if name == "error" || event["type"] == "error" {
            self.error = .object(event)
        }
        var added = ""
        model = event["model"]?.string ?? event["message"]?.object?["model"]?.string ?? model
        count(event["usage"]?.object ?? event["message"]?.object?["usage"]?.object ?? [:])
        if let choice = event["choices"]?.list?.first?.object {
            let delta = choice["delta"]?.object ?? choice["message"]?.object
            added += content.append(
                OpenAIExchange.text(delta?["content"]) ?? choice["text"]?.string ?? "")
            _ = refusal.append(delta?["refusal"]?.string ?? "")
            _ = reasoning.append(delta.flatMap(OpenAIExchange.reasoning) ?? "")
            if let tokens = OpenAIExchange.logprobs(choice) { logprobs = (logprobs ?? []) + tokens }
            if let error = choice["error"], !error.isNull { self.error = ["error": error] }
            finish(choice["finish_reason"]?.string)
        }
        switch event["type"]?.string {
        case "content_block_delta", "content_block_start":
            let delta = event["delta"]?.object ?? event["content_block"]?.object
            added += content.append(delta?["text"]?.string ?? "")
            _ = reasoning.append(delta?["thinking"]?.string ?? "")
        case "message_delta":
            finish(event["delta"]?.object?["stop_reason"]?.string.map(OpenAIExchange.finishReason))
        case "message_stop": hasEnded = true
        default: break
        }
        return added
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

    /// What came, as a reply; its reasoning may still stand in its text.
    func reply(model otherwise: String, seconds: Double) -> TeacherReply {
        TeacherReply(
            text: refusal.text.isEmpty ? text : refusal.text, model: model ?? otherwise,
            finishReason: refusal.text.isEmpty ? finishReason ?? "stop" : "refusal",
            promptTokens: promptTokens, completionTokens: completionTokens, seconds: seconds,
            logprobs: logprobs, reasoning: reasoning.text.isEmpty ? nil : reasoning.text)
    }
}
