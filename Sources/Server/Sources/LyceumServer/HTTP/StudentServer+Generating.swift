import Glibc
import HTTPTypes
import Hummingbird
import LyceumKit
import NIOCore

extension StudentServer {
    /// The student that a request names.
    private func student(
        _ fields: [String: Value]
    ) throws -> (engine: StudentEngine, student: ServedStudent) {
        guard let value = fields["model"], !value.isNull else {
            throw APIError.invalid(
                "model", "'model' is missing; the models are \(engines.map(\.name).joined(separator: ", "))")
        }
        guard let name = value.string else {
            throw APIError.wrongType("model", expected: "a string", got: value)
        }
        let engine = try engine(named: name)
        switch engine.state {
        case .ready(let student): return (engine, student)
        case .loading: throw APIError.loading
        case .failed(let reason):
            throw APIError(
                status: 503, message: "the student could not be loaded: \(reason)", type: "server_error")
        }
    }

    func generate(
        _ request: Request, _ form: GenerationRequest.Form, _ context: ServerContext
    ) async throws -> Answer {
        let fields = try await request.fields(limit: limits.body)
        let (engine, student) = try student(fields)
        let wish = try GenerationRequest(fields, form: form, student: student, limits: limits)
        let tickets = try engine.submit(wish.works, client: context.client)
        let stopWatching = connections.whenClosed(context.channel) {
            for ticket in tickets { ticket.cancel() }
        }
        let response = ResponseForm(form, model: engine.name, created: Int(time(nil)))
        guard wish.isStreamed else {
            defer { stopWatching() }
            return Answer(response: .json(try await whole(tickets, wish, response)))
        }
        // The first news decides between an answer and an error, while the status can still say so.
        var first: Ticket.Update?
        for await update in tickets[0].updates {
            first = update
            break
        }
        if case .failed(let error)? = first {
            stopWatching()
            for ticket in tickets { ticket.cancel() }
            throw error
        }
        let stream = AnswerStream(tickets: tickets, first: first, wish: wish, form: response)
        var headers: HTTPFields = [
            .contentType: "text/event-stream; charset=utf-8", .cacheControl: "no-cache",
        ]
        // Proxies are not to wait for more.
        if let name = HTTPField.Name("x-accel-buffering") { headers[name] = "no" }
        let body = ResponseBody { writer in
            defer {
                stopWatching()
                self.ended()
            }
            do {
                try await stream.write { try await writer.write(ByteBuffer(bytes: $0)) }
                try await writer.finish(nil)
            } catch {
                for ticket in tickets { ticket.cancel() }
                throw error
            }
        }
        return Answer(response: Response(status: .ok, headers: headers, body: body), isStream: true)
    }

    private func whole(
        _ tickets: [Ticket], _ wish: GenerationRequest, _ form: ResponseForm
    ) async throws -> Value {
        var choices: [Value] = []
        var (source, new) = (0, 0)
        for (place, ticket) in tickets.enumerated() {
            let answer: Ticket.Answer
            do {
                answer = try await ticket.answer()
            } catch {
                for other in tickets { other.cancel() }
                throw error
            }
            source += answer.sourceTokens
            new += answer.newTokens
            for text in answer.texts.prefix(wish.count) {
                let (cut, isCut) = StopFilter.cut(text, before: wish.stop)
                choices.append(
                    form.choice(
                        choices.count, (wish.echoes ? wish.prompts[place] : "") + cut,
                        reason: isCut ? "stop" : answer.reason.rawValue))
            }
        }
        return form.whole(choices, usage: ResponseForm.usage(source: source, new: new))
    }

    /// Names the class of each input, in the form of vLLM's API.
    func classify(_ request: Request, _ context: ServerContext) async throws -> Response {
        let fields = try await request.fields(limit: limits.body)
        let (engine, student) = try student(fields)
        let wish = try ClassificationRequest(fields, student: student, limits: limits)
        let tickets = try engine.submit(wish.works, client: context.client)
        let stopWatching = connections.whenClosed(context.channel) {
            for ticket in tickets { ticket.cancel() }
        }
        defer { stopWatching() }
        var (data, tokens): ([Value], Int) = ([], 0)
        for (place, ticket) in tickets.enumerated() {
            let answer = try await ticket.answer()
            tokens += answer.sourceTokens
            guard let found = answer.classification else { continue }
            data.append(
                .object(
                    ObjectFields(ordered: [
                        ("index", .integer(place)), ("label", .string(found.label)),
                        ("probability", .number(found.probability)),
                        ("probs", .list(found.probabilities.map { .number($0.probability) })),
                        ("labels", .list(found.probabilities.map { .string($0.label) })),
                        ("num_classes", .integer(found.probabilities.count)),
                    ])))
        }
        return .json(
            .object(
                ObjectFields(ordered: [
                    ("id", .string("classify-" + ResponseForm.token())), ("object", "list"),
                    ("created", .integer(Int(time(nil)))), ("model", .string(engine.name)),
                    ("data", .list(data)),
                    ("usage", ResponseForm.usage(source: tokens, new: 0)),
                ])))
    }
}

extension Ticket {
    /// Waits for the end.
    ///
    /// - Throws: `APIError`.
    func answer() async throws -> Answer {
        for await update in updates {
            switch update {
            case .text: continue
            case .finished(let answer): return answer
            case .failed(let error): throw error
            }
        }
        throw APIError.gone
    }
}

/// An answer that is sent as it is written.
struct AnswerStream: Sendable {
    let tickets: [Ticket]
    /// What has been heard of the first ticket.
    let first: Ticket.Update?
    let wish: GenerationRequest
    let form: ResponseForm

    private struct Choice {
        let index: Int
        var filter: StopFilter
        var sent = 0
        var isFirst = true
    }

    /// Writes all events.
    func write(_ send: ([UInt8]) async throws -> Void) async throws {
        var (source, new) = (0, 0)
        for (place, ticket) in tickets.enumerated() {
            var choice = Choice(index: place * wish.count, filter: StopFilter(wish.stop))
            let echo = wish.echoes ? wish.prompts[place] : ""
            if form.form == .chat || !echo.isEmpty { try await self.send(echo, &choice, send) }
            var update = place == 0 ? first : nil
            var updates = ticket.updates.makeAsyncIterator()
            while true {
                if update == nil { update = await updates.next() }
                guard let news = update else { return try await send(ResponseForm.event(APIError.gone.json)) }
                update = nil
                switch news {
                case .text(let text):
                    choice.sent += text.utf8.count
                    let shown = choice.filter.take(text)
                    if !shown.isEmpty { try await self.send(shown, &choice, send) }
                    continue
                case .failed(let error):
                    for other in tickets { other.cancel() }
                    // Clients of OpenAI's raise what an event calls `error`.
                    return try await send(ResponseForm.event(error.json))
                case .finished(let answer):
                    try await finish(answer, &choice, send)
                    source += answer.sourceTokens
                    new += answer.newTokens
                }
                break
            }
        }
        if wish.includesUsage {
            try await send(ResponseForm.event(form.usageChunk(ResponseForm.usage(source: source, new: new))))
        }
        try await send(ResponseForm.done)
    }

    private func send(
        _ text: String, _ choice: inout Choice, _ send: ([UInt8]) async throws -> Void
    ) async throws {
        let chunk = form.chunk(
            choice.index, text, isFirst: choice.isFirst, includesUsage: wish.includesUsage)
        choice.isFirst = false
        try await send(ResponseForm.event(chunk))
    }

    /// What is left of the first text, then the others as a whole.
    private func finish(
        _ answer: Ticket.Answer, _ first: inout Choice, _ send: ([UInt8]) async throws -> Void
    ) async throws {
        for (offset, text) in answer.texts.prefix(wish.count).enumerated() {
            var choice =
                offset == 0 ? first : Choice(index: first.index + offset, filter: StopFilter(wish.stop))
            let rest = String(decoding: text.utf8.dropFirst(choice.sent), as: UTF8.self)
            var shown = choice.filter.take(rest)
            let isCut = choice.filter.isOver
            shown += choice.filter.finish()
            if !shown.isEmpty { try await self.send(shown, &choice, send) }
            let chunk = form.chunk(
                choice.index, nil, reason: isCut ? "stop" : answer.reason.rawValue,
                includesUsage: wish.includesUsage)
            try await send(ResponseForm.event(chunk))
        }
    }
}
