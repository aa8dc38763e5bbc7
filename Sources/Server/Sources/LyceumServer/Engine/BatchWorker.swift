import LyceumKit

/// For students that cannot let requests join: those of equal options are answered together.
final class BatchWorker: Worker {
    private let opened: OpenedStudent
    private unowned let engine: StudentEngine

    init(_ opened: OpenedStudent, engine: StudentEngine) {
        self.opened = opened
        self.engine = engine
    }

    func work() -> Bool {
        guard let first = engine.next(where: { _ in true }) else { return false }
        var batch = [first]
        while batch.count < engine.limits.batch,
            let another = engine.next(where: {
                $0.work.task == first.work.task && $0.work.options == first.work.options
            })
        {
            batch.append(another)
        }
        for ticket in batch { engine.metrics.waited(ticket) }
        engine.metrics.running.record(batch.count)
        if first.work.task == .classify {
            opened.classify(batch, metrics: engine.metrics)
        } else {
            generate(batch)
        }
        engine.metrics.running.record(0)
        return true
    }

    func stop() {}

    private func generate(_ batch: [Ticket]) {
        var counts: [Int] = []
        let fitting = batch.filter { ticket in
            do {
                counts.append(try opened.checkLength(of: ticket.work))
                return true
            } catch {
                engine.metrics.failed.increment()
                ticket.fail(.wrapping(error, isClients: true))
                return false
            }
        }
        guard let first = fitting.first else { return }
        let start = ContinuousClock.now
        do {
            let texts = try opened.student.generate(
                fitting.map(\.work.text), options: first.work.options, job: .silent("serving"))
            guard texts.count == fitting.count else {
                throw LyceumError.failed(
                    "the student wrote \(texts.count) texts for \(fitting.count)", remedy: nil)
            }
            engine.metrics.stepped(fitting.count, in: start.duration(to: .now))
            let most = first.work.options.optionalInt("max_new_tokens") ?? .max
            for (place, ticket) in fitting.enumerated() {
                let answer = Ticket.Answer(
                    texts: [texts[place].text] + texts[place].alternatives, classification: nil,
                    reason: texts[place].tokenCount >= most ? .length : .stop, sourceTokens: counts[place],
                    newTokens: texts[place].tokenCount + opened.tokens(in: texts[place].alternatives))
                engine.metrics.finished(ticket, answer)
                ticket.finish(answer)
            }
        } catch {
            for ticket in fitting {
                engine.metrics.failed.increment()
                ticket.fail(.wrapping(error, isClients: fitting.count == 1))
            }
        }
    }
}
