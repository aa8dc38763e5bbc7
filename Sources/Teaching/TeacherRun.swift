import LyceumKit

/// Puts many requests to a teacher and keeps account: what came, what failed and why, what it cost.
public enum TeacherRun {
    /// A request without a reply.
    public struct Failure: Sendable, Equatable {
        /// The request's index, counted from 0.
        public let row: Int
        /// Why there is no reply, in one line.
        public let reason: String
    }

    /// What came of a run.
    public struct Result {
        /// One place for each request, in order; nil where there is no reply.
        public var replies: [TeacherReply?]
        /// The requests that were tried and failed, by row. A row that is in neither list was never answered:
        /// the run stopped before.
        public var failures: [Failure]
        /// What this run used.
        public var usage: TeacherUsage
        /// What ended the run early (an interruption, a refused key, a spent budget); nil if it went through.
        public var stopped: (any Error)?

        /// How many replies there are.
        public var replyCount: Int { replies.count { $0 != nil } }
    }

    /// Asks a teacher.
    ///
    /// Never throws: what was answered stays in the result, whatever ended the run.
    ///
    /// - Parameters:
    ///   - requests: the questions.
    ///   - teacher: who answers.
    ///   - job: progress and cancellation.
    ///   - onReply: called as each reply arrives, in any order, to keep it; what it throws ends the run.
    public static func run(
        _ requests: [TeacherRequest], teacher: any Teacher, job: Job,
        onReply: (_ row: Int, _ reply: TeacherReply) throws -> Void = { _, _ in }
    ) -> Result {
        let clock = ContinuousClock()
        let start = clock.now
        let before = (teacher as? any MeteredTeacher)?.usage
        var result = Result(
            replies: [TeacherReply?](repeating: nil, count: requests.count), failures: [],
            usage: TeacherUsage(), stopped: nil)
        var done = 0
        func figures() -> [(name: String, value: String)] {
            var figures: [(name: String, value: String)] = []
            if !result.failures.isEmpty { figures.append(("failed", String(result.failures.count))) }
            if let before, let usage = (teacher as? any MeteredTeacher)?.usage,
                let cost = usage.since(before).cost
            {
                figures.append(("USD", String((cost * 10_000).rounded() / 10_000)))
            }
            return figures
        }
        do {
            try teacher.answer(requests, job: job) { row, answer in
                guard result.replies.indices.contains(row) else { return }
                done += 1
                switch answer {
                case .success(let reply):
                    result.replies[row] = reply
                    try onReply(row, reply)
                case .failure(let error): result.failures.append(Failure(row: row, reason: "\(error)"))
                }
                job.update(done: done, of: requests.count, unit: "replies", figures: figures())
            }
        } catch {
            result.stopped = error
        }
        result.failures.sort { $0.row < $1.row }
        result.usage = usage(of: teacher, since: before, result.replies)
        result.usage.seconds = start.duration(to: clock.now).seconds
        job.finish(done: done, of: requests.count, unit: "replies", figures: figures())
        return result
    }

    private static func usage(
        of teacher: any Teacher, since before: TeacherUsage?, _ replies: [TeacherReply?]
    ) -> TeacherUsage {
        if let before, let metered = teacher as? any MeteredTeacher { return metered.usage.since(before) }
        var usage = TeacherUsage()
        for case let reply? in replies {
            usage.calls += 1
            usage.promptTokens += reply.promptTokens ?? 0
            usage.completionTokens += reply.completionTokens ?? 0
        }
        return usage
    }
}
