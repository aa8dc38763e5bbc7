import LyceumKit

/// One call of `OpenAITeacher.answer`: the queue of requests, the tries, the pauses.
final class OpenAIRun {
    /// After so many failures in a row, without a reply between them, the server is given up.
    static let hopeless = 20

    private struct Try {
        let index: Int
        /// Repetitions so far.
        let attempt: Int
        /// When it may be sent.
        let due: ContinuousClock.Instant
    }

    private let requests: [TeacherRequest]
    private let settings: OpenAISettings
    private let exchange: OpenAIExchange
    private let client: HTTPClient
    private let meter: OpenAIMeter
    private let job: Job
    private let clock = ContinuousClock()
    private let start: ContinuousClock.Instant

    private var nextIndex = 0
    private var waiting: [Try] = []
    private var attempts: [Int: Int] = [:]
    /// Nothing is sent before this: the server asked for a pause.
    private var pausedUntil: ContinuousClock.Instant
    private var failuresInARow = 0
    private var answered = 0
    private var hasNotedPause = false
    /// Ends the run once what came before it was handed over.
    private var stop: LyceumError?

    init(
        _ requests: [TeacherRequest], settings: OpenAISettings, client: HTTPClient, meter: OpenAIMeter,
        job: Job
    ) {
        self.requests = requests
        self.settings = settings
        self.client = client
        self.meter = meter
        self.job = job
        exchange = OpenAIExchange(settings: settings)
        start = clock.now
        pausedUntil = start
    }

    /// Gives up what is on its way and closes the account of this run.
    func finish() {
        client.cancelAll()
        meter.settleAbandoned()
        meter.add(seconds: start.duration(to: clock.now).seconds)
    }

    /// Sends what may be sent and waits a little.
    ///
    /// - Returns: what was answered or failed for good since; nil when everything is.
    /// - Throws: what ends the run.
    func step() throws -> [(index: Int, result: Result<TeacherReply, any Error>)]? {
        try job.checkCancelled(kept: "\(answered) of \(requests.count) replies received")
        if let stop { throw stop }
        try launch()
        if client.runningCount == 0, waiting.isEmpty, nextIndex == requests.count { return nil }
        var results: [(index: Int, result: Result<TeacherReply, any Error>)] = []
        for (id, result) in try client.wait(milliseconds: waitTime()) {
            let attempt = attempts.removeValue(forKey: id) ?? 0
            if let outcome = judge(id, attempt, result) { results.append((id, outcome)) }
        }
        return results
    }

    /// Short enough that a cancellation is seen at once, and no longer than until the next try is due.
    private func waitTime() -> Int {
        let now = clock.now
        guard let due = waiting.map({ max($0.due, pausedUntil) }).min(), due > now else { return 50 }
        return Int(clamped: max(1, min(50, now.duration(to: due).seconds * 1000)))
    }

    private func launch() throws {
        while client.runningCount < settings.concurrency, clock.now >= pausedUntil {
            guard let next = nextTry() else { return }
            let request = exchange.request(requests[next.index])
            if let refusal = meter.refusal(bytes: request.body.count) {
                // What is on its way may cost less than was reserved for it.
                if client.runningCount == 0 { throw refusal }
                putBack(next)
                return
            }
            meter.reserve(next.index, bytes: request.body.count)
            attempts[next.index] = next.attempt
            try client.send(request, id: next.index)
        }
    }

    private func nextTry() -> Try? {
        let now = clock.now
        if let place = waiting.firstIndex(where: { $0.due <= now }) { return waiting.remove(at: place) }
        guard nextIndex < requests.count else { return nil }
        defer { nextIndex += 1 }
        return Try(index: nextIndex, attempt: 0, due: now)
    }

    private func putBack(_ next: Try) { waiting.append(next) }

    /// What came of a request; nil if it is sent again.
    private func judge(
        _ index: Int, _ attempt: Int, _ result: Result<HTTPResponse, HTTPFailure>
    ) -> Result<TeacherReply, any Error>? {
        do throws(OpenAIFault) {
            let response: HTTPResponse
            switch result {
            case .success(let value): response = value
            case .failure(let failure):
                meter.settleUnanswered(index)
                throw OpenAIFault(failure, settings: settings)
            }
            guard (200..<300).contains(response.status) else {
                meter.settleRefused(index)
                throw OpenAIFault(status: response.status, response, settings: settings)
            }
            let completion = try read(response, index)
            failuresInARow = 0
            if let fault = completion.fault { return .failure(fault) }
            answered += 1
            return .success(completion.reply)
        } catch {
            return react(to: error, index, attempt)
        }
    }

    private func read(_ response: HTTPResponse, _ index: Int) throws(OpenAIFault) -> OpenAIExchange.Completion
    {
        do {
            let completion = try exchange.completion(response)
            meter.settle(
                index, promptTokens: completion.reply.promptTokens,
                completionTokens: completion.reply.completionTokens)
            return completion
        } catch {
            meter.settle(index, promptTokens: nil, completionTokens: nil)
            throw error
        }
    }

    private func react(to fault: OpenAIFault, _ index: Int, _ attempt: Int) -> Result<
        TeacherReply, any Error
    >? {
        switch fault {
        case .stop(let error):
            stop = stop ?? error
            return .failure(error)
        case .retry(let error, let after, _) where attempt < settings.retries:
            sendAgain(index, attempt, error, after: after)
            return nil
        case .retry(let error, _, let stops):
            if stops { stop = stop ?? error }
            return failed(error)
        case .row(let error):
            return failed(error)
        }
    }

    private func sendAgain(_ index: Int, _ attempt: Int, _ error: LyceumError, after: Double?) {
        let wait = RetryPolicy.wait(attempt: attempt, after: after)
        let due = clock.now + .seconds(wait)
        waiting.append(Try(index: index, attempt: attempt + 1, due: due))
        guard let after else { return }
        pausedUntil = max(pausedUntil, due)
        if after >= 5, !hasNotedPause {
            hasNotedPause = true
            job.note("\(error); waiting \(Int(clamped: after.rounded(.up))) s as it asks")
        }
    }

    private func failed(_ error: LyceumError) -> Result<TeacherReply, any Error> {
        failuresInARow += 1
        if failuresInARow >= Self.hopeless {
            stop =
                stop
                ?? .failed("\(Self.hopeless) requests failed in a row, the last one: \(error)", remedy: nil)
        }
        return .failure(error)
    }
}

extension Duration {
    /// The duration in seconds.
    var seconds: Double {
        Double(components.seconds) + Double(components.attoseconds) * 1e-18
    }
}
