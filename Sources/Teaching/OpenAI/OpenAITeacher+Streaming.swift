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
        let exchange = OpenAIExchange(settings: settings)
        let question = exchange.request(request, isStreamed: true)
        if let refusal = meter.refusal(bytes: question.body.count) { throw refusal }
        meter.reserve(0, bytes: question.body.count)
        try client.send(question, id: 0)
        defer {
            client.cancelAll()
            meter.settleAbandoned()
        }
        var events = EventStream()
        var read = 0
        func show(_ body: [UInt8]) {
            let piece = events.take(body[min(read, body.count)...])
            read = body.count
            if !piece.isEmpty { receive(piece) }
        }
        while true {
            try job.checkCancelled(kept: events.text.isEmpty ? "" : "what came is kept in _")
            let ended = try client.wait(milliseconds: 50).first?.result
            if ended == nil {
                if let part = client.received(0), EventStream.isStream(part.headers) { show(part.body) }
                continue
            }
            switch ended {
            case .success(let response) where (200..<300).contains(response.status):
                if !EventStream.isStream(response.headers) {
                    let completion = try unwrapped { () throws(OpenAIFault) in
                        try exchange.completion(response)
                    }
                    let reply = completion.reply.estimated(asking: request.messages)
                    meter.settle(0, reply)
                    if let fault = completion.fault { throw UnusableReply(reply, fault) }
                    receive(reply.text)
                    return reply
                }
                show(response.body)
                let reply = events.reply(model: settings.model, seconds: response.seconds)
                    .estimated(asking: request.messages)
                meter.settle(0, reply)
                if let problem = events.error {
                    let body = Array(JSON.encode(problem).utf8)
                    throw LyceumError.failed(
                        "\(settings.address.display) broke off: \(ServerError(body, settings: settings).message)",
                        remedy: nil)
                }
                guard events.hasEnded else {
                    throw LyceumError.failed("\(settings.address.display) broke off", remedy: "ask again")
                }
                // What was shown is an answer, even one that was cut short; only an empty one is none.
                if reply.text.isEmpty, let defect = reply.defect { throw UnusableReply(reply, defect) }
                return reply
            case .success, .failure, nil:
                guard events.text.isEmpty else {
                    throw LyceumError.failed(
                        "the connection to \(settings.address.display) broke", remedy: "ask again")
                }
                meter.settleRefused(0)
                return try whole(request, job: job, receive: receive)
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

    /// The error of a fault, whatever is to be done about it.
    private func unwrapped<T>(_ body: () throws(OpenAIFault) -> T) throws -> T {
        do {
            return try body()
        } catch {
            switch error {
            case .stop(let error), .row(let error), .retry(let error, _, _): throw error
            }
        }
    }
}
