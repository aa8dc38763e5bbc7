import HTTP
import LyceumKit

/// A teacher that can show its answer as it comes.
public protocol StreamingTeacher: Teacher {
    /// Answers one question, piece by piece.
    ///
    /// - Parameters:
    ///   - request: the question.
    ///   - job: cancellation.
    ///   - receive: gets each piece of the text as it arrives.
    /// - Throws: `LyceumError` for what ended it; what was received stays received.
    func stream(_ request: TeacherRequest, job: Job, receive: (String) -> Void) throws -> TeacherReply
}

extension OpenAITeacher: StreamingTeacher {
    /// Answers one question, piece by piece.
    ///
    /// A request that fails before the first piece is tried again like any other; one that breaks off is not, since
    /// its text is on the screen.
    public func stream(
        _ request: TeacherRequest, job: Job, receive: (String) -> Void
    ) throws -> TeacherReply {
        // What must be checked as a whole cannot be shown before.
        guard settings.structure == nil else { return try whole(request, job: job, receive: receive) }
        meter.maximumReply = settings.maximumReplyTokens
        let exchange = OpenAIExchange(settings: settings, isKnown: hasAnswered)
        let question = exchange.request(request, isStreamed: true)
        if let refusal = meter.refusal(bytes: question.body.count) { throw refusal }
        meter.reserve(0, bytes: question.body.count)
        try client.send(question, id: 0)
        defer {
            client.cancelAll()
            meter.settleAbandoned()
        }
        var events = EventStream(largest: settings.limits.maximumEvent, most: settings.limits.maximumEvents)
        var filter = AnswerFilter(separates: !settings.keepsReasoning)
        var read = 0
        func show(_ text: String) { if !text.isEmpty { receive(Secrets.withoutUsedKeys(text)) } }
        func take(_ body: [UInt8]) {
            show(filter.take(events.take(body[min(read, body.count)...])))
            read = body.count
        }
        while true {
            try job.checkCancelled(kept: events.text.isEmpty ? "" : "what came is kept in _")
            let ended = try client.wait(milliseconds: 50).first?.result
            if ended == nil, events.passedBound == nil {
                if let part = client.received(0), EventStream.isStream(part.headers) { take(part.body) }
                if events.passedBound == nil { continue }
                client.cancelAll()
            }
            switch ended {
            case .success(let response) where (200..<300).contains(response.status):
                if !EventStream.isStream(response.headers) {
                    guard let reply = try inOnePiece(response, exchange) else {
                        return try whole(request, job: job, receive: receive)
                    }
                    let estimated = reply.estimated(asking: request.messages)
                    meter.settle(0, estimated)
                    if let defect = reply.defect { throw UnusableReply(estimated, defect) }
                    receive(reply.text)
                    return estimated
                }
                take(response.body)
                show(filter.take(events.finish()))
                show(filter.finish())
                var reply = exchange.judged(events.reply(model: settings.model, seconds: response.seconds))
                    .estimated(asking: request.messages)
                hasAnswered = true
                if let fault = exchange.fault(
                    of: events, headers: response.headers, seconds: response.seconds)
                {
                    if case .retry = fault, events.text.isEmpty {
                        meter.settleRefused(0)
                        return try whole(request, job: job, receive: receive)
                    }
                    meter.settle(0, reply)
                    guard case .brokenOff = fault else { throw fault.error }
                    // Its words are on the screen and were paid for.
                    reply.finishReason = TeacherReply.brokenOff
                    throw UnusableReply(reply, fault.error)
                }
                meter.settle(0, reply)
                // What was shown is an answer, even one that was cut short; only an empty one is none.
                if reply.text.isEmpty, let defect = reply.defect { throw UnusableReply(reply, defect) }
                return reply
            case .success, .failure, nil:
                if let fault = exchange.fault(of: events, headers: [:], seconds: 0), events.passedBound != nil
                {
                    throw fault.error
                }
                guard events.text.isEmpty else {
                    show(filter.finish())
                    var reply = exchange.judged(events.reply(model: settings.model, seconds: 0))
                        .estimated(asking: request.messages)
                    reply.finishReason = TeacherReply.brokenOff
                    meter.settle(0, reply)
                    throw UnusableReply(
                        reply,
                        .failed("the connection to \(settings.address.display) broke", remedy: "ask again"))
                }
                meter.settleRefused(0)
                return try whole(request, job: job, receive: receive)
            }
        }
    }

    /// The completion of a server that answers in one piece; nil if it has to be asked again.
    private func inOnePiece(
        _ response: HTTPResponse, _ exchange: OpenAIExchange
    ) throws -> TeacherReply? {
        do throws(OpenAIFault) {
            let completion = try exchange.completion(response)
            hasAnswered = true
            return completion
        } catch {
            switch error {
            case .retry, .brokenOff:
                meter.settleRefused(0)
                return nil
            case .stop(let error), .row(let error): throw error
            }
        }
    }

    /// The answer in one piece, with all its tries.
    private func whole(
        _ request: TeacherRequest, job: Job, receive: (String) -> Void
    ) throws -> TeacherReply {
        var answer: Result<TeacherReply, any Error>?
        try self.answer([request], job: job) { _, result in answer = result }
        guard let answer else { throw LyceumError.failed("there was no answer", remedy: nil) }
        let reply = try answer.get()
        receive(reply.text)
        return reply
    }
}
