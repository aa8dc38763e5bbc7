import Lab
import LyceumKit
import Teaching
import Workbench

extension TeacherObject {
    /// Answers the questions of a generation with what was bought before, and then by the server's Batch API.
    ///
    /// - Parameter waits: whether to wait for batches that are not done.
    /// - Returns: see `TeacherGeneration.close`.
    /// - Throws: what ended the run early. Batches that were handed over go on, and the same call fetches them.
    func answerInBatches(
        of generation: TeacherGeneration, reuse: Reuse, waits: Bool, _ environment: ScriptEnvironment
    ) throws -> DatasetObject {
        let job = environment.job("batch of \(teacher.name)")
        guard let teacher = teacher as? OpenAITeacher else {
            throw LyceumError.unsupported(
                "batch = true needs a server with OpenAI's Batch API, and '\(teacher.kind)' is none",
                remedy: "leave out batch")
        }
        guard environment.lab.isOn else {
            throw LyceumError.unsupported(
                "batch = true needs a lab, which remembers what was handed over",
                remedy: "start lyceum without --no-lab")
        }
        let batches = try teacher.batches(job: job)
        let store = try environment.lab.store
        let questions = try questions(generation.open, of: generation, job: job)
        let log = GenerationLog(start(of: generation, questions.first?.stored), lab: environment.lab)
        let asked = lookUp(questions, of: generation, reuse: reuse, log, environment, job)
        let run = BatchRun(
            asked, of: generation, batches: batches, store: store, log: log, job: job)
        do {
            try run.handOver()
            try run.collect(waits: waits)
        } catch {
            if case LyceumError.cancelled = error {
                log.finish(.cancelled, output: nil)
                throw LyceumError.cancelled(run.standing)
            }
            log.finish(.failed, problem: "\(error)", output: nil)
            if !run.standing.isEmpty { job.note("\(job.title): \(run.standing)") }
            throw error
        }
        shareReplies(questions, of: generation, log, environment.session.replies)
        if !run.summary.isEmpty { job.note("\(job.title): \(run.summary)") }
        return try generation.close(log, asked: questions.count, isDone: run.isDone)
    }
}
