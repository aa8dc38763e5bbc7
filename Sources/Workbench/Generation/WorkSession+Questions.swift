import Lab
import LyceumKit
import Teaching

extension WorkSession {
    /// Asks a teacher one question.
    ///
    /// It counts like any other: it is charged to the teacher's budget, and its reply is kept in the lab with what it
    /// cost. A question that was asked before is another sample of it, so it is asked again and answered again; a
    /// generation with the same question reuses the first.
    ///
    /// - Parameters:
    ///   - messages: the chat so far, the question last.
    ///   - show: gets each piece of the answer as it arrives, if the teacher can send pieces.
    /// - Returns: the reply.
    /// - Throws: why there is none that can be used; one that came is kept.
    public func ask(
        _ messages: [ChatMessage], of teacher: OpenTeacher, show: ((String) -> Void)? = nil
    ) throws -> TeacherReply {
        let request = TeacherRequest(messages: messages, sample: unasked(messages, of: teacher))
        let job = shortJob("asking \(teacher.teacher.name)")
        do {
            let reply = try answer(request, of: teacher, show: show, job: job)
            keep(reply, to: request, of: teacher, problem: reply.defect?.description)
            return reply
        } catch let unusable as UnusableReply {
            keep(unusable.reply, to: request, of: teacher, problem: "\(unusable)")
            throw unusable.reason
        }
    }

    private func answer(
        _ request: TeacherRequest, of teacher: OpenTeacher, show: ((String) -> Void)?, job: Job
    ) throws -> TeacherReply {
        if let show, let streaming = teacher.teacher as? any StreamingTeacher {
            return try streaming.stream(request, job: job, receive: show)
        }
        var answer: Result<TeacherReply, any Error>?
        try teacher.teacher.answer([request], job: job) { index, result in
            if index == 0 { answer = result }
        }
        guard let answer else { throw LyceumError.failed("there was no answer", remedy: nil) }
        return try answer.get()
    }

    /// The first sample of a question that was not asked yet.
    private func unasked(_ messages: [ChatMessage], of teacher: OpenTeacher) -> Int {
        var start = 0
        while true {
            let samples = start..<start + 32
            let names = samples.map {
                teacher.described(TeacherRequest(messages: messages, sample: $0)).name
            }
            let known = replies.find(names)
            if let free = zip(samples, names).first(where: { known[$0.1] == nil }) { return free.0 }
            start += 32
        }
    }

    private func keep(
        _ reply: TeacherReply, to request: TeacherRequest, of teacher: OpenTeacher, problem: String?
    ) {
        let (sent, name) = teacher.described(request)
        let stored = StoredReply(reply, cost: teacher.cost(of: reply))
        let log = teacher.questions ?? QuestionLog(teacher, sent, in: self)
        teacher.questions = log
        if log.keep(sent, stored, problem: problem), case .sent = name { return }
        replies.remember(stored, under: name)
    }
}

/// The record of the single questions that a teacher of this session is asked: one run for all of them.
final class QuestionLog {
    private let log: GenerationLog
    private var count = 0

    init(_ teacher: OpenTeacher, _ sent: SentRequest, in session: WorkSession) {
        var options = teacher.options(of: sent)
        options["model"] = .string(sent.model)
        log = GenerationLog(
            GenerationStart(
                title: "questions to \(teacher.teacher.kind) \(teacher.teacher.name)",
                teacher: teacher.teacher.kind, model: sent.model, prompt: "", inputData: "", rows: 0,
                options: options, versions: session.versions(ofTeacher: teacher.teacher.kind)),
            lab: session.lab)
    }

    /// Keeps a reply.
    ///
    /// - Returns: whether it is in the lab.
    func keep(_ request: SentRequest, _ reply: StoredReply, problem: String?) -> Bool {
        let row = GenerationRow(row: count, outcome: .reply(request, reply), defect: problem)
        count += 1
        let isStored = log.keep([row]) != nil
        // The next question goes on with the same run: until then it has ended.
        log.finish(.finished, output: nil)
        return isStored
    }
}
