import Lab
import LyceumKit
import Teaching
import Workbench

extension TeacherObject {
    /// Which replies that were bought before may answer a question.
    enum Reuse {
        /// All of them; one that could not be used (it was cut short, say) fails its row again, unpaid.
        case all
        /// Those that can be used: the others are asked again.
        case good
        /// None: everything is asked anew.
        case none
    }

    /// A question that is to be answered.
    struct Question {
        /// Its place in the generation.
        let index: Int
        let request: TeacherRequest
        /// What is sent, as the lab describes it.
        let stored: ReplyRequest
        /// Under what the reply is kept.
        let name: ReplyCache.Name
    }

    /// Answers questions of a generation: with what was bought before, and then with the teacher.
    ///
    /// - Returns: see `TeacherGeneration.close`.
    /// - Throws: what ended the run early; what was answered before is kept.
    func answer(
        _ open: [Int], of generation: TeacherGeneration, reuse: Reuse, _ environment: ScriptEnvironment
    ) throws -> DatasetObject {
        let job = environment.job("asking \(teacher.name)")
        let questions = try questions(open, of: generation, job: job)
        let log = GenerationLog(start(of: generation, questions.first?.stored), lab: environment.lab)
        let asked = lookUp(questions, of: generation, reuse: reuse, log, environment, job)
        if reuse != .none { try checkNotOnTheirWay(asked, environment) }
        let result = TeacherRun.run(asked.map(\.request), teacher: teacher, job: job) { answers in
            keep(answers, to: asked, of: generation, log, environment.session.replies)
        }
        shareReplies(questions, of: generation, log, environment.session.replies)
        if let error = result.stopped {
            throw ended(error, asked: asked.count, result, log, job, isKept: environment.lab.isOn)
        }
        let summary = Self.summary(result)
        if !summary.isEmpty { job.note("\(job.title): \(summary)") }
        return try generation.close(log, asked: questions.count, isDone: true)
    }

    /// Throws if questions are on their way in a batch: asked at once they would be paid for twice.
    private func checkNotOnTheirWay(_ asked: [Question], _ environment: ScriptEnvironment) throws {
        guard teacher is OpenAITeacher else { return }
        let keys = asked.map(\.stored.key)
        let held = environment.lab.attempt { try $0.openBatches(holding: keys) } ?? []
        let count = held.reduce(into: Set<ReplyKey>()) { $0.formUnion($1.keys) }.count
        if count == 0 { return }
        throw LyceumError.failed(
            "\(count) of \(asked.count) questions are on their way in a batch and would be paid for twice",
            remedy: "fetch them by teacher:generate with batch = true, or ask all the same with fresh = true")
    }

    func questions(_ open: [Int], of generation: TeacherGeneration, job: Job) throws -> [Question] {
        try open.map { index in
            if index % 256 == 0 { try job.checkCancelled() }
            let request = try generation.request(index)
            let stored = ReplyCache.stored(request, by: teacher)
            let name =
                stored.map { ReplyCache.Name.sent($0.key) } ?? .asked(number, request)
            let described =
                stored
                ?? ReplyRequest(
                    kind: teacher.kind, model: teacher.name, messages: request.messages,
                    sample: request.sample)
            generation.answers[index] = .init(seed: described.parameters["seed"]?.integer)
            return Question(index: index, request: request, stored: described, name: name)
        }
    }

    func start(of generation: TeacherGeneration, _ request: ReplyRequest?) -> GenerationStart {
        let settings = generation.settings
        var options = request?.parameters ?? [:]
        options["n"] = .integer(settings.samples)
        options["output"] = .string(settings.output)
        return GenerationStart(
            title: "\(teacher.kind) \(teacher.name), \(generation.data.count) rows", teacher: teacher.kind,
            model: request?.model ?? teacher.name, prompt: TeacherGeneration.source(of: settings.prompt),
            inputData: generation.data.fingerprint, rows: generation.data.count, options: options,
            seed: request?.parameters["seed"]?.integer)
    }

    /// Answers what was bought before.
    ///
    /// - Returns: what is left to ask; of equal questions one.
    func lookUp(
        _ questions: [Question], of generation: TeacherGeneration, reuse: Reuse, _ log: GenerationLog,
        _ environment: ScriptEnvironment, _ job: Job
    ) -> [Question] {
        var found = reuse == .none ? [:] : environment.session.replies.find(questions.map(\.name))
        if reuse == .good { found = found.filter { $0.value.reply.defect == nil } }
        var asked: [Question] = []
        var seen: Set<ReplyCache.Name> = []
        var reused: [GenerationRow] = []
        var saved = 0.0
        for question in questions {
            if let kept = found[question.name] {
                saved += kept.cost ?? 0
                reused += take(kept, for: question, of: generation)
            } else if seen.insert(question.name).inserted {
                asked.append(question)
            }
        }
        if !found.isEmpty {
            let count = questions.count { found[$0.name] != nil }
            let money = saved > 0 ? ", \(saved.fixed(4)) USD not spent again" : ""
            job.note("\(job.title): \(count) of \(questions.count) replies reused\(money)")
        }
        _ = log.keep(reused)
        return asked
    }

    /// Gives a kept reply to a question.
    ///
    /// - Returns: what the lab remembers of that; nothing for a reply that it does not have.
    private func take(
        _ kept: KeptReply, for question: Question, of generation: TeacherGeneration
    ) -> [GenerationRow] {
        let problem = kept.reply.defect?.description
        generation.answers[question.index].kept = kept
        generation.answers[question.index].problem = problem
        let (row, sample) = generation.place(of: question.index)
        return kept.id.map {
            [GenerationRow(row: row, sample: sample, outcome: .reused($0), defect: problem)]
        } ?? []
    }

    /// Commits answers that have just arrived.
    private func keep(
        _ answers: [TeacherRun.Answer], to asked: [Question], of generation: TeacherGeneration,
        _ log: GenerationLog, _ cache: ReplyCache
    ) {
        let now = Timestamp.now
        let rows = answers.map { answer in
            let question = asked[answer.row]
            let (row, sample) = generation.place(of: question.index)
            guard let reply = answer.reply else {
                let problem = answer.problem ?? "no reply"
                generation.answers[question.index].problem = problem
                return GenerationRow(row: row, sample: sample, outcome: .failed(problem))
            }
            generation.answers[question.index].kept = KeptReply(
                reply: reply, cost: answer.cost, id: nil, created: now)
            generation.answers[question.index].problem = answer.problem
            let new = NewReply(request: question.stored, reply: reply, cost: answer.cost)
            return GenerationRow(row: row, sample: sample, outcome: .reply(new), defect: answer.problem)
        }
        let isStored = log.keep(rows)
        for answer in answers {
            let question = asked[answer.row]
            guard let kept = generation.answers[question.index].kept else { continue }
            if case .sent = question.name, isStored { continue }
            cache.remember(kept, under: question.name)
        }
    }

    /// Gives the reply to a question to those that are equal to it.
    func shareReplies(
        _ questions: [Question], of generation: TeacherGeneration, _ log: GenerationLog, _ cache: ReplyCache
    ) {
        let unanswered = questions.filter {
            let answer = generation.answers[$0.index]
            return answer.kept == nil && answer.problem == nil
        }
        if unanswered.isEmpty { return }
        let found = cache.find(unanswered.map(\.name))
        var rows: [GenerationRow] = []
        var problems: [ReplyCache.Name: String] = [:]
        for question in questions {
            if let problem = generation.answers[question.index].problem { problems[question.name] = problem }
        }
        for question in unanswered {
            if let kept = found[question.name] {
                rows += take(kept, for: question, of: generation)
            } else {
                generation.answers[question.index].problem = problems[question.name]
            }
        }
        _ = log.keep(rows)
    }

    /// Ends the record of a run that was stopped.
    ///
    /// - Returns: the error for the user.
    private func ended(
        _ error: any Error, asked: Int, _ result: TeacherRun.Result, _ log: GenerationLog, _ job: Job,
        isKept: Bool
    ) -> any Error {
        let kept =
            "\(result.replyCount) of \(asked) replies came and are kept in "
            + "\(isKept ? "the lab" : "this session"); the same call goes on from there"
        if case LyceumError.cancelled = error {
            log.finish(.cancelled, output: nil)
            return LyceumError.cancelled(kept)
        }
        log.finish(.failed, problem: "\(error)", output: nil)
        job.note("\(job.title): \(kept)")
        return error
    }

    private static func summary(_ result: TeacherRun.Result) -> String {
        var parts: [String] = []
        let tokens = result.usage.promptTokens + result.usage.completionTokens
        if tokens > 0 { parts.append("\(tokens) tokens") }
        if let cost = result.usage.cost {
            parts.append("\(cost.fixed(4)) USD")
        } else if tokens > 0 {
            parts.append("price not known")
        }
        if let first = result.failures.first {
            parts.append("\(result.failures.count) failed (the first: \(first.reason)); see .failed")
        }
        return parts.joined(separator: ", ")
    }
}
