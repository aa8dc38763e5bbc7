import HTTP
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

    /// What came of one request, by its index, counted from 0: a reply, an `UnusableReply`, or why there is none.
    public typealias Answer = (index: Int, result: Swift.Result<TeacherReply, any Error>)

    /// What came of a run.
    public struct Result {
        /// One place for each request, in order; nil where there is no reply that can be used.
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
    ///   - keep: called with answers as they arrive, in any order, to keep them. They count as answered when it
    ///     returns; what it throws ends the run.
    public static func run(
        _ requests: [TeacherRequest], teacher: any Teacher, job: Job,
        keep: ([Answer]) throws -> Void = { _ in }
    ) -> Result {
        let start = Uptime.now
        let metered = teacher as? any MeteredTeacher
        let before = metered?.usage
        var result = Result(
            replies: [TeacherReply?](repeating: nil, count: requests.count), failures: [],
            usage: TeacherUsage(), stopped: nil)
        var done = 0
        func figures() -> [(name: String, value: String)] {
            var figures: [(name: String, value: String)] = []
            if !result.failures.isEmpty { figures.append(("failed", String(result.failures.count))) }
            if let before, let cost = metered?.usage.since(before).cost {
                figures.append(("USD", DisplayNumber.money(cost)))
            }
            return figures
        }
        func receive(_ group: [Answer]) throws {
            let answers = group.filter { requests.indices.contains($0.index) }
            try keep(answers)
            for (index, answer) in answers {
                switch answer {
                case .success(let reply): result.replies[index] = reply
                case .failure(let error):
                    result.failures.append(Failure(row: index, reason: "\(error)"))
                }
            }
            done += answers.count
            job.update(done: done, of: requests.count, unit: "replies", figures: figures())
        }
        do {
            if let teacher = teacher as? any GroupTeacher {
                try teacher.answer(requests, job: job, receiveGroup: receive)
            } else {
                try teacher.answer(requests, job: job) { try receive([($0, $1)]) }
            }
        } catch {
            result.stopped = error
        }
        result.failures.sort { $0.row < $1.row }
        result.usage = usage(of: teacher, since: before, result.replies)
        result.usage.seconds = Uptime.now - start
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
