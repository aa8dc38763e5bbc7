import HTTP
import LyceumKit

/// One call of `OpenAITeacher.answer`: the queue of requests, the tries, the pauses.
final class OpenAIRun {
    /// After so many failures in a row, without a reply between them, the server is given up.
    static let hopeless = 20

    private struct Try {
        let index: Int
        /// Repetitions so far.
        let attempt: Int
        /// When it may be sent, in seconds of `Uptime`.
        let due: Double
    }

    /// A request on its way.
    private struct Flight {
        let attempt: Int
        let ticket: RequestPacer.Ticket
        /// Whether the structure was asked for in words.
        let inWords: Bool
    }

    private let requests: [TeacherRequest]
    private let settings: OpenAISettings
    private var exchange: OpenAIExchange
    private let client: HTTPClient
    private let meter: OpenAIMeter
    private let pacer: RequestPacer
    private let job: Job
    private let start: Double

    private var nextIndex = 0
    /// What is sent again, the earliest due first.
    private var waiting: [Try] = []
    private var flights: [Int: Flight] = [:]
    /// Nothing is sent before this: the server asked for a pause, or a limit is reached.
    private var pausedUntil = 0.0
    /// What came of tries that broke off, by the request.
    private var partials: [Int: TeacherReply] = [:]
    private var failuresInARow = 0
    private var answered = 0
    private var hasNotedPause = false
    private var hasNotedBusy = false
    private var hasNotedLogprobs = false
    /// Ends the run once what came before it was handed over.
    private var stop: LyceumError?

    init(
        _ requests: [TeacherRequest], settings: OpenAISettings, client: HTTPClient, meter: OpenAIMeter,
        pacer: RequestPacer, job: Job, asksInWords: Bool, isKnown: Bool
    ) {
        self.requests = requests
        self.settings = settings
        self.client = client
        self.meter = meter
        self.pacer = pacer
        self.job = job
        exchange = OpenAIExchange(settings: settings, asksInWords: asksInWords, isKnown: isKnown)
        start = Uptime.now
    }

    /// Whether the server has refused the field for the structure of replies.
    var asksInWords: Bool { exchange.asksInWords }
    /// Whether the server has answered as an API.
    var isKnown: Bool { exchange.isKnown }

    /// Gives up what is on its way and closes the account of this run.
    func finish() {
        client.cancelAll()
        meter.settleAbandoned()
        meter.add(seconds: Uptime.now - start)
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
            guard let flight = flights.removeValue(forKey: id) else { continue }
            if let outcome = judge(id, flight, result) { results.append((id, outcome)) }
        }
        return results
    }

    /// Short enough that a cancellation is seen at once, and no longer than until the next try is due.
    private func waitTime() -> Int {
        let due = max(pausedUntil, nextIndex < requests.count ? 0 : waiting.first?.due ?? 0)
        let pause = due - Uptime.now
        return pause > 0 ? Int(clamped: max(1, min(50, (pause * 1000).rounded(.up)))) : 50
    }

    private func launch() throws {
        while client.runningCount < pacer.concurrency {
            let now = Uptime.now
            guard now >= pausedUntil, let next = nextTry(now) else { return }
            let request = exchange.request(requests[next.index])
            if let refusal = meter.refusal(bytes: request.body.count) {
                // What is on its way may cost less than was reserved for it.
                if client.runningCount == 0 { throw refusal }
                putBack(next)
                return
            }
            let tokens = meter.expectedTokens(bytes: request.body.count)
            let pause = pacer.wait(tokens: tokens, at: now)
            if pause > 0 {
                putBack(next)
                pausedUntil = max(pausedUntil, now + pause)
                return
            }
            meter.reserve(next.index, bytes: request.body.count)
            let ticket = pacer.send(tokens: tokens, at: now)
            flights[next.index] = Flight(
                attempt: next.attempt, ticket: ticket, inWords: exchange.asksInWords)
            try client.send(request, id: next.index)
        }
    }

    private func nextTry(_ now: Double) -> Try? {
        if let first = waiting.first, first.due <= now { return waiting.removeFirst() }
        guard nextIndex < requests.count else { return nil }
        defer { nextIndex += 1 }
        return Try(index: nextIndex, attempt: 0, due: now)
    }

    /// Keeps a try for when it is due.
    private func putBack(_ next: Try) {
        let place = waiting.firstIndex { $0.due > next.due } ?? waiting.endIndex
        waiting.insert(next, at: place)
    }

    /// What came of a request; nil if it is sent again.
    private func judge(
        _ index: Int, _ flight: Flight, _ result: Result<HTTPResponse, HTTPFailure>
    ) -> Result<TeacherReply, any Error>? {
        do throws(OpenAIFault) {
            let response: HTTPResponse
            switch result {
            case .success(let value): response = value
            case .failure(let failure):
                meter.settleUnanswered(index)
                throw broken(index, OpenAIFault(failure, settings: settings))
            }
            pacer.read(response.headers, of: flight.ticket, at: Uptime.now)
            guard (200..<300).contains(response.status) else {
                let said = ServerError(response.body, settings: settings)
                if said.isFromAPI { exchange.isKnown = true }
                if Self.isBusy(response.status) || said.isBusy { slowDown(flight.ticket) }
                meter.settleRefused(index)
                if !flight.inWords, let reason = settings.refusalOfStructure(response) {
                    askInWords(index, flight.attempt, reason)
                    return nil
                }
                throw OpenAIFault(status: response.status, response, settings: settings)
            }
            let reply = try read(response, index, flight.ticket)
            exchange.isKnown = true
            pacer.succeed(flight.ticket, tokens: reply.tokens)
            failuresInARow = 0
            partials[index] = nil
            if let defect = reply.defect { return .failure(UnusableReply(reply, defect)) }
            answered += 1
            noteMissingLogprobs(reply)
            return .success(reply)
        } catch {
            return react(to: error, index, flight.attempt)
        }
    }

    /// The fault of a connection, with the words that came before it broke.
    private func broken(_ index: Int, _ fault: OpenAIFault) -> OpenAIFault {
        guard case .retry(let error, let after, _) = fault, let beginning = client.takeBeginning(index),
            (200..<300).contains(beginning.status), let partial = exchange.partial(beginning)
        else { return fault }
        return .brokenOff(partial, error, after: after)
    }

    private func read(
        _ response: HTTPResponse, _ index: Int, _ ticket: RequestPacer.Ticket
    ) throws(OpenAIFault) -> TeacherReply {
        do {
            let reply = try exchange.completion(response).estimated(asking: requests[index].messages)
            meter.settle(index, reply)
            return reply
        } catch {
            if case .brokenOff(let partial, _, _) = error {
                meter.settle(index, partial.estimated(asking: requests[index].messages))
                exchange.isKnown = true
            } else {
                // An error in the place of a completion costs nothing; of anything else nobody knows.
                let said = ServerError(response.body, settings: settings)
                if said.isBusy { slowDown(ticket) }
                if said.isFromAPI {
                    exchange.isKnown = true
                    meter.settleRefused(index)
                } else {
                    meter.settle(index, nil)
                }
            }
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
        case .retry(let error, let after, _) where attempt < settings.limits.retries:
            sendAgain(index, attempt, error, after: after)
            return nil
        case .retry(let error, _, let stops):
            if stops { stop = stop ?? error }
            return failed(error, index)
        case .brokenOff(let partial, let error, let after):
            if attempt < settings.limits.retries {
                // The longest of what came is kept.
                if (partials[index]?.text.utf8.count ?? 0) <= partial.text.utf8.count {
                    partials[index] = partial
                }
                sendAgain(index, attempt, error, after: after)
                return nil
            }
            let kept = partials.removeValue(forKey: index).flatMap {
                $0.text.utf8.count > partial.text.utf8.count ? $0 : nil
            }
            _ = failed(error, index)
            return .failure(UnusableReply(kept ?? partial, error))
        case .row(let error):
            return failed(error, index)
        }
    }

    private func sendAgain(_ index: Int, _ attempt: Int, _ error: LyceumError, after: Double?) {
        let wait = RetryPolicy.wait(attempt: attempt, after: after)
        let due = Uptime.now + wait
        putBack(Try(index: index, attempt: attempt + 1, due: due))
        guard let after else { return }
        pausedUntil = max(pausedUntil, due)
        if after >= 5, !hasNotedPause {
            hasNotedPause = true
            job.note("\(error); waiting \(Int(clamped: after.rounded(.up))) s as it asks")
        }
    }

    /// Asks again without the field for the structure of replies; so are all further requests asked.
    private func askInWords(_ index: Int, _ attempt: Int, _ reason: String) {
        putBack(Try(index: index, attempt: attempt, due: Uptime.now))
        if exchange.asksInWords { return }
        exchange.asksInWords = true
        job.note(
            "\(settings.address.display) refuses the schema (\(reason)); asking for it in words, and checking replies "
                + "as before")
    }

    /// Whether a status says that the server has too much to do: too many requests, unavailable, and Anthropic's
    /// "overloaded".
    private static func isBusy(_ status: Int) -> Bool { [429, 503, 529].contains(status) }

    private func slowDown(_ ticket: RequestPacer.Ticket) {
        guard let concurrency = pacer.turnedAway(ticket), !hasNotedBusy else { return }
        hasNotedBusy = true
        job.note(
            "\(settings.address.display) is busy: on with \(concurrency) requests at once, more when it can")
    }

    private func noteMissingLogprobs(_ reply: TeacherReply) {
        guard settings.asksForLogprobs, reply.logprobs == nil, !hasNotedLogprobs else { return }
        hasNotedLogprobs = true
        job.note("\(settings.address.display) sends no logprobs with its replies although they are asked for")
    }

    private func failed(_ error: LyceumError, _ index: Int) -> Result<TeacherReply, any Error> {
        failuresInARow += 1
        if failuresInARow >= Self.hopeless {
            stop =
                stop
                ?? .failed("\(Self.hopeless) requests failed in a row, the last one: \(error)", remedy: nil)
        }
        // What an earlier try brought was paid for.
        if let partial = partials.removeValue(forKey: index) {
            return .failure(UnusableReply(partial, error))
        }
        return .failure(error)
    }
}

extension TeacherReply {
    /// The tokens of question and answer together, if the server said.
    var tokens: Int? { promptTokens.flatMap { prompt in completionTokens.map { prompt + $0 } } }
}
