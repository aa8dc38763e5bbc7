import LyceumKit

/// Continuous batching: requests join the running batch between two steps and leave it when they are finished.
final class DecodingWorker: Worker {
    private let opened: OpenedStudent
    private unowned let engine: StudentEngine
    private var session: (any DecodingSession)?
    private var active: [Int: Active] = [:]

    private struct Active {
        let ticket: Ticket
        /// What it takes of the budget.
        let tokens: Int
        var isFirst = true
    }

    init(_ opened: OpenedStudent, engine: StudentEngine) {
        self.opened = opened
        self.engine = engine
    }

    func work() -> Bool {
        dropTheGone()
        admit()
        guard let session, !active.isEmpty else { return false }
        engine.metrics.running.record(active.count)
        do {
            let start = ContinuousClock.now
            let events = try session.step()
            engine.metrics.stepped(active.count, in: start.duration(to: .now))
            for event in events { handle(event) }
        } catch {
            fail(error)
        }
        if active.isEmpty { engine.metrics.running.record(0) }
        return true
    }

    func stop() {
        for (number, one) in active {
            session?.remove(number)
            one.ticket.fail(.draining)
        }
        active = [:]
    }

    private func dropTheGone() {
        let now = ContinuousClock.now
        for (number, one) in active where one.ticket.isCancelled || one.ticket.deadline < now {
            session?.remove(number)
            active[number] = nil
            if one.ticket.isCancelled {
                engine.metrics.cancelled.increment()
            } else {
                engine.expire(one.ticket)
            }
        }
    }

    private func admit() {
        while active.count < engine.limits.batch {
            // While something is decoded, classifications wait for one step at most.
            guard let ticket = engine.next(where: fits) else { return }
            engine.metrics.waited(ticket)
            if ticket.work.task == .classify {
                opened.classify([ticket], metrics: engine.metrics)
                continue
            }
            do {
                let tokens = try opened.checkLength(of: ticket.work)
                let open = try session ?? opened.decodingSession()
                session = open
                let number = try open.add(ticket.work.text, options: ticket.work.options)
                active[number] = Active(ticket: ticket, tokens: budget(of: ticket.work, source: tokens))
            } catch {
                engine.metrics.failed.increment()
                ticket.fail(.wrapping(error, isClients: true))
            }
        }
    }

    /// Whether the batch has room for it; an empty one has room for anything.
    private func fits(_ ticket: Ticket) -> Bool {
        if active.isEmpty || ticket.work.task == .classify { return true }
        let used = active.values.reduce(0) { $0 + $1.tokens }
        // Not yet counted: a token has at least a byte, and few have less than three.
        return used + budget(of: ticket.work, source: ticket.work.text.utf8.count / 3)
            <= engine.limits.batchTokens
    }

    private func budget(of work: Ticket.Work, source: Int) -> Int {
        let new = work.options.optionalInt("max_new_tokens") ?? 128
        let rows = max(
            work.options.optionalInt("num_beams") ?? 1, work.options.optionalInt("num_return_sequences") ?? 1)
        return source + new * rows
    }

    private func handle(_ event: DecodingEvent) {
        guard let one = active[event.request] else { return }
        switch event.progress {
        case .text(let text):
            if one.isFirst {
                active[event.request]?.isFirst = false
                engine.metrics.firstToken(one.ticket)
            }
            if one.ticket.work.isStreamed { one.ticket.send(text) }
        case .finished(let text, let reason, let sourceTokens):
            active[event.request] = nil
            let texts = [text.text] + text.alternatives
            let answer = Ticket.Answer(
                texts: texts, classification: nil, reason: reason, sourceTokens: sourceTokens,
                newTokens: text.tokenCount + opened.tokens(in: text.alternatives))
            engine.metrics.finished(one.ticket, answer)
            one.ticket.finish(answer)
        case .failed(let reason):
            active[event.request] = nil
            engine.metrics.failed.increment()
            one.ticket.fail(.invalid(nil, reason))
        }
    }

    /// A step failed: no request of the session can go on; the next ones get another session.
    private func fail(_ error: any Error) {
        for one in active.values {
            engine.metrics.failed.increment()
            one.ticket.fail(.wrapping(error, isClients: false))
        }
        active = [:]
        session = nil
    }
}
