import HTTP
import LyceumKit

/// What is sent for a request and what an answer says: the wire format of chat completions and, in an extension,
/// of Anthropic's messages.
struct OpenAIExchange {
    let settings: OpenAISettings
    /// Whether words ask for the structure of replies, because the server refuses the field for it.
    var asksInWords = false
    /// Whether the server has answered as an API before: then what it sends now is a passing fault.
    var isKnown = false

    /// The HTTP request for a question.
    ///
    /// - Parameter isStreamed: whether the reply shall come in pieces.
    func request(_ question: TeacherRequest, isStreamed: Bool = false) -> HTTPRequest {
        let accepted = isStreamed ? "text/event-stream" : "application/json"
        return HTTPRequest(
            url: settings.address.chatURL, headers: headers(sending: "application/json", for: accepted),
            body: Array(JSON.encode(body(question, isStreamed)).utf8),
            timeout: settings.limits.timeout, connectTimeout: settings.limits.connectTimeout,
            firstByteTimeout: settings.limits.firstByteTimeout, maximumBody: settings.limits.maximumBody,
            maximumHeader: settings.limits.maximumHeader, maximumRedirects: settings.limits.maximumRedirects,
            bypassesProxy: settings.address.isLoopback)
    }

    /// The header of a request, the key included.
    func headers(sending type: String, for accepted: String) -> [(name: String, value: String)] {
        var headers = [("Content-Type", type), ("Accept", accepted)]
        if let key = settings.key { headers.append(key.header) }
        if settings.dialect.wire == .messages {
            headers.append(("anthropic-version", Self.messagesVersion))
        }
        if let organization = settings.organization { headers.append(("OpenAI-Organization", organization)) }
        if let project = settings.project { headers.append(("OpenAI-Project", project)) }
        return headers
    }

    /// The body of a request.
    func body(_ question: TeacherRequest, _ isStreamed: Bool = false) -> Value {
        let sent = sent(question, inWords: asksInWords)
        var fields = parameters(of: question)
        if asksInWords { fields["response_format"] = nil }
        if isStreamed {
            fields["stream"] = true
            // Anthropic tells the usage unasked.
            if settings.dialect.wire == .chatCompletions, settings.dialect.streamsUsage {
                fields["stream_options"] = ["include_usage": true]
            }
        }
        if settings.dialect.wire == .messages {
            return messagesBody(sent.messages, fields, model: sent.model)
        }
        fields["model"] = .string(sent.model)
        fields["messages"] = .list(
            sent.messages.map {
                ["role": .string(settings.name(of: $0.role)), "content": .string($0.content)]
            })
        return .object(fields)
    }

    /// What is sent for a question: all that its body holds. Replies are kept under this.
    ///
    /// Also where the server then has to be asked in words for the structure: a later session does not know that yet,
    /// and must find the reply.
    func sent(_ question: TeacherRequest) -> SentRequest { sent(question, inWords: false) }

    private func sent(_ question: TeacherRequest, inWords: Bool) -> SentRequest {
        var messages = question.messages
        if let system = settings.system, !messages.contains(where: { $0.role == .system }) {
            messages.insert(ChatMessage(.system, system), at: 0)
        }
        if let structure = settings.structure, settings.dialect.wire == .messages {
            messages.append(ChatMessage(.system, structure.instruction))
        } else if let structure = settings.structure, inWords {
            // Some servers take one system message, and only at the beginning.
            let system = messages.first.flatMap { $0.role == .system ? messages.removeFirst() : nil }
            let words = [system?.content, structure.instruction].compactMap(\.self).joined(separator: "\n\n")
            messages.insert(ChatMessage(.system, words), at: 0)
        }
        return SentRequest(
            kind: settings.dialect.kind, server: settings.address.chatURL, model: settings.model,
            messages: settings.sending(messages), parameters: parameters(of: question),
            sample: question.sample)
    }

    private func parameters(of question: TeacherRequest) -> [String: Value] {
        var fields = settings.parameters
        // Another sample of the same question must not be the same reply.
        if let seed = settings.seed { fields["seed"] = .integer(seed &+ question.sample) }
        return fields
    }

    /// The reply in a body of status 200.
    ///
    /// - Throws: `OpenAIFault` if it holds no completion.
    func completion(_ response: HTTPResponse) throws(OpenAIFault) -> TeacherReply {
        // Some servers (transformers serve) send pieces whether they are asked to or not.
        if EventStream.isStream(response.headers) { return try assembled(response) }
        guard let document = ServerJSON.read(response.body) else { throw unreadable(response) }
        let fields = (document.list?.first ?? document).object
        if let error = fields?["error"], !error.isNull {
            throw OpenAIFault(status: response.status, response, settings: settings)
        }
        // Anthropic marks an error by its type, OpenRouter in the choice.
        let inChoice = fields?["choices"]?.list?.first?.object?["error"].map { !$0.isNull } ?? false
        if fields?["type"] == "error" || inChoice {
            let error = fields?["choices"]?.list?.first?.object?["error"] ?? .object(fields ?? [:])
            let body = Array(JSON.encode(["error": error]).utf8)
            throw OpenAIFault(
                status: response.status,
                HTTPResponse(
                    status: response.status, headers: response.headers, body: body, seconds: response.seconds),
                settings: settings)
        }
        guard let completion = completion(document, seconds: response.seconds) else {
            let what =
                fields == nil
                ? "with JSON that is not an object"
                : settings.dialect.wire == .messages ? "without a message" : "without a choice"
            throw passing("answered \(what)", response, text: String(decoding: response.body, as: UTF8.self))
        }
        return completion
    }

    /// The reply in a body; nil if that is not a completion.
    func completion(_ document: Value, seconds: Double) -> TeacherReply? {
        guard let whole = wholeReply(document, seconds: seconds) else { return nil }
        return judged(whole)
    }

    /// The reply without what was thought before it and without keys; its `defect` says what is wrong with it.
    func judged(_ whole: TeacherReply) -> TeacherReply {
        var reply = settings.keepsReasoning ? whole : whole.separatingReasoning()
        reply.text = Secrets.withoutUsedKeys(reply.text)
        reply.model = Secrets.withoutUsedKeys(reply.model)
        reply.finishReason = Secrets.withoutUsedKeys(reply.finishReason)
        reply.reasoning = reply.reasoning.map(Secrets.withoutUsedKeys)
        return reply
    }

    private func wholeReply(_ document: Value, seconds: Double) -> TeacherReply? {
        if settings.dialect.wire == .messages { return message(document, seconds: seconds) }
        guard let choice = document.object?["choices"]?.list?.first(where: { $0.object != nil })?.object
        else {
            return nil
        }
        let message = choice["message"]?.object ?? [:]
        // A refusal has a place of its own in the message, and often the finish reason "stop".
        let refusal = message["refusal"]?.string.flatMap { $0.isEmpty ? nil : settings.shown($0, limit: 200) }
        let finish = refusal != nil ? "refusal" : choice["finish_reason"]?.string ?? "stop"
        let usage = document.object?["usage"]?.object
        // The older API has the text in the choice itself.
        let text = Self.text(message["content"]) ?? choice["message"]?.string ?? choice["text"]?.string
        return TeacherReply(
            text: refusal ?? text ?? "", model: document.object?["model"]?.string ?? settings.model,
            finishReason: finish.isEmpty ? "stop" : finish,
            promptTokens: Self.count(usage?["prompt_tokens"]),
            completionTokens: Self.count(usage?["completion_tokens"]), seconds: seconds,
            logprobs: Self.logprobs(choice), reasoning: Self.reasoning(message))
    }

    /// The reply that came in pieces although nobody asked for pieces.
    private func assembled(_ response: HTTPResponse) throws(OpenAIFault) -> TeacherReply {
        var events = EventStream(largest: settings.limits.maximumEvent, most: settings.limits.maximumEvents)
        _ = events.take(response.body)
        _ = events.finish()
        if let fault = fault(of: events, headers: response.headers, seconds: response.seconds) { throw fault }
        return judged(events.reply(model: settings.model, seconds: response.seconds))
    }

    /// Why a stream is not a whole reply; nil if it is one.
    func fault(of events: EventStream, headers: [String: String], seconds: Double) -> OpenAIFault? {
        let server = settings.address.display
        var partial = judged(events.reply(model: settings.model, seconds: seconds))
        partial.finishReason = TeacherReply.brokenOff
        let isEmpty = partial.text.isEmpty && partial.reasoning == nil
        if let bound = events.passedBound {
            let error = LyceumError.failed(
                "\(server) sent \(bound == "max_events" ? "more events" : "a longer event") than \(bound) allows",
                remedy: "check base_url, or raise \(bound)")
            return .row(error)
        }
        if let problem = events.error {
            let said = ServerError(problem, settings: settings)
            let error = LyceumError.failed("\(server) broke off: \(said.message)", remedy: nil)
            if said.isOutOfFunds {
                return .stop(.failed("\(server): \(said.message)", remedy: "see the account's billing page"))
            }
            if said.kind == .lasting { return .row(error) }
            let after = RetryPolicy.wait(from: headers) ?? said.after
            return isEmpty
                ? .retry(error, after: after, stops: false) : .brokenOff(partial, error, after: after)
        }
        guard events.isBroken || !events.hasEnded else { return nil }
        let error = LyceumError.failed(
            "\(server) "
                + (events.isBroken
                    ? "sent a piece that cannot be read: the reply is not whole"
                    : "broke off in the middle of a reply"),
            remedy: "ask again")
        return isEmpty ? .retry(error, after: nil, stops: false) : .brokenOff(partial, error, after: nil)
    }

    /// What to do about a body that is not JSON: it broke off, it is empty, or a page of a proxy.
    private func unreadable(_ response: HTTPResponse) -> OpenAIFault {
        let body = response.body
        let first = body.first { !($0 <= 0x20 || $0 == 0xEF || $0 == 0xBB || $0 == 0xBF) }
        if first == nil {
            return passing("answered with an empty body in place of a completion", response, text: nil)
        }
        if first == UInt8(ascii: "<") {
            return passing("answered with an HTML page in place of a completion", response, text: nil)
        }
        let isJSON = first == UInt8(ascii: "{") || first == UInt8(ascii: "[")
        if isJSON, let partial = partial(response) {
            return .brokenOff(
                partial, shown("answered with a body that breaks off", response.body, remedy: "ask again"),
                after: RetryPolicy.wait(from: response.headers))
        }
        return passing(
            "answered with a body that is not JSON" + (isJSON ? " (it may have broken off)" : ""), response,
            text: String(decoding: body, as: UTF8.self))
    }

    /// The words in an answer that broke off; nil if it holds none.
    func partial(_ response: HTTPResponse) -> TeacherReply? {
        var partial: TeacherReply
        if EventStream.isStream(response.headers) {
            var events = EventStream(
                largest: settings.limits.maximumEvent, most: settings.limits.maximumEvents)
            _ = events.take(response.body)
            _ = events.finish()
            partial = judged(events.reply(model: settings.model, seconds: response.seconds))
        } else if let beginning = ServerJSON.readBeginning(response.body),
            let whole = wholeReply(beginning, seconds: response.seconds)
        {
            partial = judged(whole)
        } else {
            return nil
        }
        partial.finishReason = TeacherReply.brokenOff
        return partial.text.isEmpty && partial.reasoning == nil ? nil : partial
    }

    /// A fault that passes, or a wrong address if the server has never answered as an API.
    ///
    /// - Parameter text: what is kept of the body; nil keeps nothing.
    private func passing(_ problem: String, _ response: HTTPResponse, text: String?) -> OpenAIFault {
        let error = shown(
            problem, response.body,
            remedy: isKnown ? "try again later" : "check that base_url leads to an OpenAI-compatible API")
        let after = RetryPolicy.wait(from: response.headers)
        let isKept = isKnown || text?.trimmed.first == "{"
        guard isKept, let text, !text.isEmpty else { return .retry(error, after: after, stops: !isKnown) }
        let kept = TeacherReply(
            text: Secrets.withoutUsedKeys(String(decoding: text.utf8.prefix(1 << 20), as: UTF8.self)),
            model: settings.model, finishReason: TeacherReply.unreadable, seconds: response.seconds)
        return .brokenOff(kept, error, after: after)
    }

    private func shown(_ problem: String, _ body: [UInt8], remedy: String) -> LyceumError {
        let excerpt = settings.shown(String(decoding: body.prefix(400), as: UTF8.self), limit: 120)
        return .failed(
            "\(settings.address.display) \(problem)" + (excerpt.isEmpty ? "" : ": \(excerpt)"), remedy: remedy
        )
    }

    /// The text of a message: a string, or a list of parts as newer servers send.
    static func text(_ content: Value?) -> String? {
        if let parts = content?.list {
            return parts.filter { !isThought($0) }.compactMap { $0.object?["text"]?.string ?? $0.string }
                .joined()
        }
        return content?.string
    }

    private static func isThought(_ part: Value) -> Bool {
        ["thinking", "reasoning", "redacted_thinking"].contains(part.object?["type"]?.string ?? "")
    }

    /// What a model thought, where its server sends that apart: DeepSeek and vLLM (`reasoning_content`), OpenRouter
    /// and newer vLLM (`reasoning`), Ollama (`thinking`), Mistral (parts of the content).
    static func reasoning(_ message: [String: Value]) -> String? {
        for name in ["reasoning_content", "reasoning", "thinking"] {
            if let text = message[name]?.string, !text.isEmpty { return text }
        }
        let thoughts = (message["content"]?.list ?? []).filter(isThought).compactMap { part -> String? in
            let inside = part.object?["thinking"] ?? part.object?["text"] ?? part.object?["reasoning"]
            return text(inside)
        }
        return thoughts.isEmpty ? nil : thoughts.joined(separator: "\n\n")
    }

    /// A number of tokens, if it is believable.
    static func count(_ value: Value?) -> Int? {
        value?.integer.flatMap { (0...1_000_000_000).contains($0) ? $0 : nil }
    }
}

extension OpenAISettings {
    /// The messages as this model takes them.
    func sending(_ messages: [ChatMessage]) -> [ChatMessage] {
        guard systemRole == "user" else { return messages }
        // Without a role of their own, system messages stand before the first question.
        let system = messages.filter { $0.role == .system }.map(\.content)
        var others = messages.filter { $0.role != .system }
        if let first = others.firstIndex(where: { $0.role == .user }), !system.isEmpty {
            let text = (system + [others[first].content]).joined(separator: "\n\n")
            others[first] = ChatMessage(.user, text)
        }
        return others
    }

    /// The name under which a role is sent.
    func name(of role: ChatMessage.Role) -> String {
        role == .system && systemRole == "developer" ? "developer" : role.rawValue
    }

    /// Text of the server as it may be shown: without keys, on one line, not too long.
    func shown(_ text: String, limit: Int = 300) -> String {
        ShownText.safe(DisplayWidth.oneLine(Secrets.redacted(text)), limit: limit)
    }
}
