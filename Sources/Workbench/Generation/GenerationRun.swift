import Lab
import LyceumKit
import Teaching

/// One pass of a teacher over a dataset: looks up what was paid for before, asks the rest, keeps each reply as it
/// arrives.
///
/// It can be asked for its `result` at any time, also after an error or an interruption.
public final class GenerationRun {
    /// What is asked.
    public let plan: GenerationPlan
    /// Who is asked.
    public let teacher: OpenTeacher
    /// What came of each question: those of a row stand together, in the order of their samples.
    public internal(set) var answers: [AnswerState]
    let session: WorkSession
    private(set) var log: GenerationLog?
    private let earlierRuns: [Int]

    /// A run that answers every question of a plan.
    public init(_ plan: GenerationPlan, by teacher: OpenTeacher, in session: WorkSession) {
        self.plan = plan
        self.teacher = teacher
        self.session = session
        earlierRuns = []
        answers = (0..<plan.data.count).flatMap { row in
            (0..<plan.samples).map { AnswerState(row: row, sample: $0) }
        }
    }

    /// A run that answers the questions of a result which have no good answer yet.
    ///
    /// Replies that could not be used are asked for again.
    public init(retrying result: GenerationResult, by teacher: OpenTeacher, in session: WorkSession) {
        var plan = result.plan
        plan.reuse = .good
        self.plan = plan
        self.teacher = teacher
        self.session = session
        answers = result.answers
        earlierRuns = result.earlierRuns + (result.run.map { [$0] } ?? [])
    }

    /// The number of the lab's run; nil before it starts, and without a lab.
    public var run: Int? { log?.run }

    /// What there is so far.
    public func result() throws -> GenerationResult {
        var states = answers
        for index in states.indices { states[index].request = nil }
        return try GenerationResult(plan, states, run: run, earlierRuns: earlierRuns)
    }

    /// Answers the questions: with what was paid for before, and then by the teacher.
    ///
    /// - Returns: what came of them. That no row was answered is not an error: the reasons are in its `failed`.
    /// - Throws: what ended the run early; what was answered before is kept, and is in `result`.
    public func ask() throws -> GenerationResult {
        let job = session.job("asking \(teacher.teacher.name)")
        let log = try prepare(job)
        if let group = Ranks.group { return try ask(with: group, log, job) }
        let asked = try toAsk(log, job)
        let requests = asked.compactMap { answers[$0].request }
        let result = TeacherRun.run(requests, teacher: teacher.teacher, job: job) { replies in
            keep(replies, to: asked, log)
        }
        shareReplies(log)
        if let error = result.stopped {
            throw ended(error, asked: asked.count, replies: result.replyCount, log, job)
        }
        let summary = Self.summary(result)
        if !summary.isEmpty { job.note("\(job.title): \(summary)") }
        return try close(log, isDone: true, job)
    }

    /// The questions that were not answered before, as places in `answers`.
    func toAsk(_ log: GenerationLog, _ job: Job) throws -> [Int] {
        let asked = lookUp(log, job)
        if plan.reuse != .none { try checkNotOnTheirWay(asked, log) }
        return asked
    }

    /// Writes down what is asked, and starts the record of the run.
    func prepare(_ job: Job) throws -> GenerationLog {
        for index in answers.indices where !answers[index].isGood {
            if index % 256 == 0 { try job.checkCancelled() }
            var state = AnswerState(row: answers[index].row, sample: answers[index].sample)
            let request = try plan.request(row: state.row, sample: state.sample)
            let (sent, name) = teacher.described(request)
            state.request = request
            (state.sent, state.name) = (sent, name)
            answers[index] = state
        }
        let first = answers.first { $0.request != nil }?.sent
        let log = GenerationLog(
            plan.start(by: teacher, first, versions: session.versions(ofTeacher: teacher.teacher.kind)),
            lab: session.lab)
        self.log = log
        return log
    }

    /// Answers what was paid for before.
    ///
    /// - Returns: what is left to ask, as places in `answers`; of equal questions one.
    func lookUp(_ log: GenerationLog, _ job: Job) -> [Int] {
        let open = answers.indices.filter { answers[$0].request != nil }
        var found = plan.reuse == .none ? [:] : session.replies.find(open.compactMap { answers[$0].name })
        if plan.reuse == .good { found = found.filter { $0.value.reply.defect == nil } }
        var asked: [Int] = []
        var seen: Set<ReplyCache.Name> = []
        var reused: [GenerationRow] = []
        var saved = 0.0
        var count = 0
        for index in open {
            guard let name = answers[index].name else { continue }
            if let kept = found[name] {
                saved += kept.cost ?? 0
                count += 1
                reused += take(kept, for: index)
            } else if seen.insert(name).inserted {
                asked.append(index)
            }
        }
        if count > 0 {
            let money = saved > 0 ? ", \(RunText.money(saved)) USD not spent again" : ""
            job.note("\(job.title): \(count) of \(open.count) replies reused\(money)")
        }
        _ = log.keep(reused)
        return asked
    }

    /// Gives a kept reply to a question.
    ///
    /// - Returns: what the lab remembers of that; nothing for a reply that it does not have.
    private func take(_ kept: StoredReply, for index: Int) -> [GenerationRow] {
        // A reply that an older version kept may still hold the reasoning in its text.
        var kept = kept
        if let teacher = teacher.teacher as? any ReasoningTeacher {
            kept = StoredReply(
                kept.reply.presented(keepingReasoning: teacher.keepsReasoning), cost: kept.cost, id: kept.id,
                created: kept.created)
        }
        let problem = kept.reply.defect?.description
        answers[index].reply = kept
        answers[index].problem = problem
        return kept.id.map { [row(of: index, .reused($0), defect: problem)] } ?? []
    }

    func row(of index: Int, _ outcome: GenerationRow.Outcome, defect: String? = nil) -> GenerationRow {
        GenerationRow(
            row: answers[index].row, sample: answers[index].sample, outcome: outcome, defect: defect)
    }

    /// Throws if questions are on their way in a batch: asked at once they would be paid for twice.
    private func checkNotOnTheirWay(_ asked: [Int], _ log: GenerationLog) throws {
        guard teacher.teacher is OpenAITeacher else { return }
        let keys = asked.compactMap { answers[$0].sent?.key }
        let held = session.lab.attempt { try $0.openBatches(holding: keys) } ?? []
        let count = held.reduce(into: Set<ReplyKey>()) { $0.formUnion($1.keys) }.count
        if count == 0 { return }
        throw LyceumError.failed(
            "\(count) of \(asked.count) questions are on their way in a batch and would be paid for twice",
            remedy: "fetch them by teacher:generate with batch = true, or ask all the same with fresh = true")
    }

    /// Commits answers that have just arrived.
    func keep(_ replies: [TeacherRun.Answer], to asked: [Int], _ log: GenerationLog) {
        var rows: [GenerationRow] = []
        var kept: [Int] = []
        for (place, result) in replies where asked.indices.contains(place) {
            let index = asked[place]
            let (reply, problem) = Self.read(result)
            answers[index].problem = problem
            kept.append(index)
            guard let reply, let sent = answers[index].sent else {
                rows.append(row(of: index, .failed(problem ?? "no reply")))
                continue
            }
            let stored = StoredReply(reply, cost: teacher.cost(of: reply))
            answers[index].reply = stored
            rows.append(row(of: index, .reply(sent, stored), defect: problem))
        }
        let numbers = log.keep(rows)
        for (number, index) in zip(numbers ?? [Int?](repeating: nil, count: rows.count), kept) {
            guard let reply = answers[index].reply, let name = answers[index].name else { continue }
            if case .sent = name, numbers != nil { continue }
            // With its number, so that the lab knows what a later run reuses.
            session.replies.remember(
                StoredReply(reply.reply, cost: reply.cost, id: number, created: reply.created), under: name)
        }
    }

    /// The reply that a teacher gave, and why it cannot be used.
    static func read(_ result: Result<TeacherReply, any Error>) -> (reply: TeacherReply?, problem: String?) {
        switch result {
        case .success(let reply): return (reply, nil)
        case .failure(let error): return ((error as? UnusableReply)?.reply, LyceumError.text(of: error))
        }
    }

    /// Gives the reply to a question to those that are equal to it.
    func shareReplies(_ log: GenerationLog) {
        let open = answers.indices.filter { answers[$0].request != nil }
        let unanswered = open.filter { answers[$0].reply == nil && answers[$0].problem == nil }
        if unanswered.isEmpty { return }
        let found = session.replies.find(unanswered.compactMap { answers[$0].name })
        var problems: [ReplyCache.Name: String] = [:]
        for index in open {
            if let problem = answers[index].problem, let name = answers[index].name {
                problems[name] = problem
            }
        }
        var rows: [GenerationRow] = []
        for index in unanswered {
            guard let name = answers[index].name else { continue }
            if let kept = found[name] {
                rows += take(kept, for: index)
            } else {
                answers[index].problem = problems[name]
            }
        }
        _ = log.keep(rows)
    }

    /// Ends the record of a run that went through.
    ///
    /// - Parameter isDone: whether no answer is on its way any more.
    func close(_ log: GenerationLog, isDone: Bool, _ job: Job) throws -> GenerationResult {
        let asked = answers.count { $0.request != nil }
        let result = try result()
        if isDone, asked > 0, result.answered.count == 0, let problem = answers.first?.problem {
            job.note(
                "\(job.title): none of the \(asked) requests was answered; the reasons are in .failed")
            log.finish(.failed, problem: problem, output: nil)
        } else {
            log.finish(.finished, output: result.answered.fingerprint)
        }
        return result
    }

    /// Ends the record of a run that was stopped.
    ///
    /// - Returns: the error for the user.
    func ended(_ error: any Error, asked: Int, replies: Int, _ log: GenerationLog, _ job: Job)
        -> any Error
    {
        let name = log.run.map { "run \($0): " } ?? ""
        let kept =
            "\(name)\(replies) of \(asked) replies came and are kept in "
            + "\(session.lab.isOn ? "the lab" : "this session"); the same call goes on from there"
        if case LyceumError.cancelled = error {
            log.finish(.cancelled, output: nil)
            return LyceumError.cancelled(kept)
        }
        log.finish(.failed, problem: LyceumError.text(of: error), output: nil)
        job.note("\(job.title): \(kept)")
        return error
    }

    static func summary(_ result: TeacherRun.Result) -> String {
        var parts: [String] = []
        let usage = result.usage
        let tokens = usage.promptTokens + usage.completionTokens
        if tokens > 0 { parts.append("\(tokens) tokens\(usage.estimatedReplies > 0 ? " (estimated)" : "")") }
        if tokens > 0 || (usage.cost ?? 0) > 0 {
            parts.append(usage.cost.map { "\(RunText.money($0)) USD" } ?? "price not known")
        }
        if let first = result.failures.first {
            parts.append("\(result.failures.count) failed (the first: \(first.reason)); see .failed")
        }
        return parts.joined(separator: ", ")
    }
}
