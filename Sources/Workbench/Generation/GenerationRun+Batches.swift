import Lab
import LyceumKit
import Teaching

extension GenerationRun {
    /// Answers the questions with what was paid for before, and then by the server's Batch API.
    ///
    /// - Parameter waits: whether to wait for batches that are not done.
    /// - Returns: what came of them; questions in batches that are not done are in its `failed`.
    /// - Throws: what ended the run early. Batches that were submitted go on, and the same call fetches them.
    public func askInBatches(waits: Bool) throws -> GenerationResult {
        let job = session.job("batch of \(teacher.teacher.name)")
        guard let server = teacher.teacher as? OpenAITeacher else {
            throw LyceumError.unsupported(
                "batch = true needs a server with OpenAI's Batch API, which '\(teacher.teacher.kind)' is not",
                remedy: "leave out batch")
        }
        guard session.lab.isOn else {
            throw LyceumError.unsupported(
                "batch = true needs a lab, which remembers what was submitted",
                remedy: "start lyceum without --no-lab")
        }
        let batches = try server.batches(job: job)
        let store = try session.lab.store
        let log = try prepare(job)
        let asked = lookUp(log, job)
        let batch = BatchRun(asked, of: self, batches: batches, store: store, log: log, job: job)
        do {
            try batch.submit()
            try batch.collect(waits: waits)
        } catch {
            if case LyceumError.cancelled = error {
                log.finish(.cancelled, output: nil)
                let name = log.run.map { "run \($0)" } ?? ""
                throw LyceumError.cancelled(
                    [name, batch.standing].filter { !$0.isEmpty }.joined(separator: ": "))
            }
            log.finish(.failed, problem: LyceumError.text(of: error), output: nil)
            if !batch.standing.isEmpty { job.note("\(job.title): \(batch.standing)") }
            throw error
        }
        shareReplies(log)
        if !batch.summary.isEmpty { job.note("\(job.title): \(batch.summary)") }
        return try close(log, isDone: batch.isDone, job)
    }
}
