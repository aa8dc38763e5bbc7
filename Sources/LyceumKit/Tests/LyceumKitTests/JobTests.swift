import LyceumKit
import Synchronization
import Testing

// One suite after the other: the interrupt belongs to the whole process.
@Suite(.serialized) struct JobTests {
    @Test func reportsToItsListener() throws {
        let reports = Mutex<[String]>([])
        let listener = Job.Listener(
            progress: { progress in
                let line =
                    "\(progress.title) \(progress.done)/\(progress.total ?? -1) \(progress.unit) "
                    + progress.figures.map { "\($0.name)=\($0.value)" }.joined()
                    + (progress.isFinal ? " end" : "")
                reports.withLock { $0.append(line) }
            },
            note: { note in reports.withLock { $0.append("note \(note)") } },
            record: { step, figures in reports.withLock { $0.append("record \(step) \(figures)") } },
            checkpoint: { path, step in reports.withLock { $0.append("checkpoint \(path) \(step)") } })
        let job = Job("training", listener: listener)
        job.record(step: 1, ["loss": 2.5])
        job.keptCheckpoint("out/checkpoint-1", step: 1)
        job.update(done: 1, of: 3, unit: "steps", figures: [("loss", "2.5")])
        job.note("kept")
        job.finish(done: 3, of: nil, unit: "steps")
        #expect(
            reports.withLock { $0 } == [
                "record 1 [\"loss\": 2.5]", "checkpoint out/checkpoint-1 1",
                "training 1/3 steps loss=2.5", "note kept", "training 3/-1 steps  end",
            ])
    }

    @Test func cancelStopsOneJob() throws {
        let job = Job("a")
        let other = Job("b")
        try job.checkCancelled()
        job.cancel()
        #expect(throws: LyceumError.cancelled("2 rows")) { try job.checkCancelled(kept: "2 rows") }
        try other.checkCancelled()
    }

    @Test func aPartIsAFigureOfItsWholeAndEndsWithIt() throws {
        let reports = Mutex<[String]>([])
        let listener = Job.Listener(
            progress: { progress in
                let figures = progress.figures.map { "\($0.name)=\($0.value)" }.joined()
                reports.withLock {
                    $0.append("\(progress.title) \(progress.done) \(figures) \(progress.isFinal)")
                }
            }, note: { note in reports.withLock { $0.append(note) } })
        let job = Job("training", listener: listener)
        let part = job.part("validating")
        part.update(done: 1, of: 2, unit: "texts")
        #expect(reports.withLock { $0.isEmpty }, "there is no bar yet that it could stand in")
        job.update(done: 7, of: 9, unit: "steps")
        part.update(done: 2, of: 5, unit: "texts")
        part.finish(done: 5, of: 5, unit: "texts")
        part.note("cut")
        #expect(
            reports.withLock { $0 } == [
                "training 7  false", "training 7 validating=2/5 texts false",
                "training 7 validating=5/5 texts false", "cut",
            ])
        part.cancel()
        #expect(part.isCancelled && !job.isCancelled)
        let other = job.part("validating")
        job.cancel()
        #expect(other.isCancelled)
    }

    @Test func interruptStopsThoseThatObey() throws {
        Interrupt.prepare()
        let job = Job("a")
        let silent = Job.silent()
        Interrupt.raise()
        defer { Interrupt.clear() }
        #expect(job.isCancelled && !silent.isCancelled)
        Interrupt.clear()
        #expect(!job.isCancelled)
    }
}
