import LyceumKit

/// What is sent for a request and what an answer says: the wire format of chat completions and, in an extension,
/// of Anthropic's messages.
struct OpenAIExchange {
    let settings: OpenAISettings
    /// Whether words ask for the structure of replies, because the server refuses the field for it.
    var asksInWords = false

    /// The HTTP request for a question.
    ///
    /// - Parameter isStreamed: whether the reply shall come in pieces.
    func request(_ question: TeacherRequest, isStreamed: Bool = false) -> HTTPRequest {
        let accepted = isStreamed ? "text/event-stream" : "application/json"
        return HTTPRequest(
            url: settings.address.chatURL, headers: headers(sending: "application/json", for: accepted),
            body: Array(JSON.encode(body(question, isStreamed)).utf8),
            timeout: settings.limits.timeout, connectTimeout: settings.limits.connectTimeout,
            firstByteTimeout: settings.limits.firstByteTimeout,
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

    /// What a completion holds, before it is judged.
    struct Completion {
        var reply: TeacherReply
        /// Why the reply is of no use, if it is not.
        let fault: LyceumError?
    }

    /// Reads a body of status 200.
    ///
    /// - Throws: `OpenAIFault` if it holds no completion.
    func completion(_ response: HTTPResponse) throws(OpenAIFault) -> Completion {
        // Some servers (transformers serve) send pieces whether they are asked to or not.
        if EventStream.isStream(response.headers) { return try assembled(response) }
        let document = try json(response.body)
        if let error = document.object?["error"], !error.isNull {
            throw OpenAIFault(status: response.status, response, settings: settings)
        }
        guard let completion = completion(document, seconds: response.seconds) else {
            let what = settings.dialect.wire == .messages ? "a message" : "a choice"
            throw .row(rowError("answered without \(what)", response.body))
        }
        return completion
    }

    /// Reads what a body holds; nil if that is no completion.
    func completion(_ document: Value, seconds: Double) -> Completion? {
        if settings.dialect.wire == .messages {
            return message(document, seconds: seconds).map { Completion(reply: $0, fault: $0.defect) }
        }
        guard let choice = document.object?["choices"]?.list?.first?.object else { return nil }
        let message = choice["message"]?.object ?? [:]
        // A refusal has a place of its own in the message, and often the finish reason "stop".
        let refusal = message["refusal"]?.string.flatMap { $0.isEmpty ? nil : settings.shown($0, limit: 200) }
        let finish = refusal != nil ? "refusal" : choice["finish_reason"]?.string ?? "stop"
        let usage = document.object?["usage"]?.object
        let text = Self.text(message["content"])
        var reply = TeacherReply(
            text: refusal ?? text ?? "", model: document.object?["model"]?.string ?? settings.model,
            finishReason: finish.isEmpty ? "stop" : finish,
            promptTokens: Self.count(usage?["prompt_tokens"]),
            completionTokens: Self.count(usage?["completion_tokens"]), seconds: seconds)
        reply.logprobs = Self.logprobs(choice)
        return Completion(reply: reply, fault: reply.defect)
    }

    private func assembled(_ response: HTTPResponse) throws(OpenAIFault) -> Completion {
        var events = EventStream()
        _ = events.take(response.body + [UInt8(ascii: "\n")])
        if let problem = events.error {
            let body = Array(JSON.encode(problem).utf8)
            throw .row(rowError("broke off: \(ServerError(body, settings: settings).message)", []))
        }
        guard events.hasEnded else { throw .row(rowError("broke off in the middle of a reply", [])) }
        let reply = events.reply(model: settings.model, seconds: response.seconds)
        return Completion(reply: reply, fault: reply.defect)
    }

    private func json(_ body: [UInt8]) throws(OpenAIFault) -> Value {
        do {
            let document = try JSON.decode(body, name: settings.address.display)
            guard document.object != nil else {
                throw OpenAIFault.row(rowError("answered with JSON that is no object", body))
            }
            return document
        } catch let fault as OpenAIFault {
            throw fault
        } catch {
            let isPage = body.first { !($0 == 0x20 || (0x09...0x0D).contains($0)) } == UInt8(ascii: "<")
            let what = body.isEmpty ? "an empty body" : isPage ? "an HTML page" : "a body that is no JSON"
            throw .row(rowError("answered with \(what) in place of a completion", body))
        }
    }

    private func rowError(_ problem: String, _ body: [UInt8]) -> LyceumError {
        let excerpt = settings.shown(String(decoding: body.prefix(400), as: UTF8.self), limit: 120)
        return .failed(
            "\(settings.address.display) \(problem)" + (excerpt.isEmpty ? "" : ": \(excerpt)"),
            remedy: "check that base_url leads to an OpenAI-compatible API")
    }

    /// The text of a message: a string, or a list of parts as newer servers send.
    private static func text(_ content: Value?) -> String? {
        if let parts = content?.list {
            return parts.compactMap { $0.object?["text"]?.string }.joined()
        }
        return content?.string
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
        let safe = key?.removed(from: text) ?? Secret.withoutKeys(text)
        let line = safe.unicodeScalars.split {
            $0.properties.isWhitespace || $0.value < 0x20 || $0.value == 0x7F
        }
        .map(String.init).joined(separator: " ")
        return line.count > limit ? line.prefix(limit) + "…" : line
    }
}
