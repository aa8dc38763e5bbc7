import Synchronization

/// What every teacher keeps to, whoever wrote it. It asks four questions: of a teacher that is paid for, that costs four
/// answers.
public struct TeacherContract: Contract {
    /// One thing that is promised.
    public enum Clause: String, ContractClause {
        case declarations, opening, answering, texts, keeping, cancelling, receiving

        /// What is promised, in one line.
        public var meaning: String {
            switch self {
            case .declarations: return "id, summary and every option have a text, defaults are allowed"
            case .opening: return "it opens with its defaults, and says what it is"
            case .answering:
                return "every question gets one answer or one reason why not, under its own index"
            case .texts: return "empty, long and odd questions get an answer or a reason"
            case .keeping: return "what is sent for a question is the same again, and another for another one"
            case .cancelling: return "a cancelled job ends it with LyceumError.cancelled"
            case .receiving: return "an error of the receiver ends the run"
            }
        }

        /// It must open before it can be asked, and answer before it can be stopped.
        public var needs: [Clause] {
            switch self {
            case .declarations, .opening: return []
            case .answering, .keeping: return [.opening]
            case .texts, .cancelling, .receiving: return [.opening, .answering]
            }
        }
    }

    /// What is tried.
    public let kind: TeacherKind

    /// A contract for a kind of teacher.
    public init(_ kind: TeacherKind) { self.kind = kind }

    private static let questions = [
        "In one word: the capital of France?", "One cat. Two dogs. Three birds.",
        "Say something about trees.",
    ]

    /// Tries one clause.
    public func attempt(_ clause: Clause) throws {
        switch clause {
        case .declarations: try checkDeclared(kind.id, kind.summary, [("teacher's", kind.options)])
        case .opening: try checkOpening()
        case .answering: try checkAnswering()
        case .texts: try ask(StudentContract.oddTexts, "of odd questions")
        case .keeping: try checkKeeping()
        case .cancelling: try checkCancelling()
        case .receiving: try checkReceiving()
        }
    }

    private func open() throws -> any Teacher {
        try kind.open(defaults(kind.options, function: "teacher.open"))
    }

    private func request(_ text: String) -> TeacherRequest {
        TeacherRequest(messages: [ChatMessage(.user, text)], fields: ["text": text, "input": text])
    }

    /// Asks questions and looks at the indices that come; gives the answers by index.
    @discardableResult private func ask(_ texts: [String], _ what: String, job: Job = .silent()) throws
        -> [Result<TeacherReply, any Error>]
    {
        var results = [Result<TeacherReply, any Error>?](repeating: nil, count: texts.count)
        var fault: String?
        try open().answer(texts.map(request), job: job) { index, result in
            guard results.indices.contains(index) else {
                fault = fault ?? "\(what) it answers the index \(index); there are 0 to \(texts.count - 1)"
                return
            }
            if results[index] != nil { fault = fault ?? "\(what) it answers the index \(index) twice" }
            results[index] = result
        }
        if let fault { throw ContractFault.broken(fault) }
        let missing = results.indices.filter { results[$0] == nil }
        try expect(
            missing.isEmpty,
            "\(what) it gives neither an answer nor a failure for the index \(missing.first ?? 0)")
        return results.compactMap { $0 }
    }

    private func checkOpening() throws {
        let teacher = try open()
        try expect(
            teacher.kind == kind.id, "it calls itself '\(teacher.kind)', it is registered as '\(kind.id)'")
        try expect(!teacher.name.isEmpty, "its name is empty")
        for (name, _) in teacher.card { try expect(!name.isEmpty, "a line of its card has no name") }
    }

    private func checkAnswering() throws {
        for (index, result) in try ask(Self.questions, "of three questions").enumerated() {
            guard case .success(let reply) = result else { continue }
            if let defect = reply.defect {
                throw ContractFault.broken(
                    "the answer to question \(index) cannot be used (\(defect)): give .failure, with the reason"
                )
            }
            try expect(!reply.model.isEmpty, "the answer to question \(index) names no model")
            try expect(reply.seconds >= 0, "the answer to question \(index) took \(reply.seconds) seconds")
        }
        try ask([], "of no questions")
    }

    private func checkKeeping() throws {
        let teacher = try open()
        let (first, second) = (request(Self.questions[0]), request(Self.questions[1]))
        guard let sent = teacher.sent(first) else {
            throw ContractFault.nothingToTry("its answers are kept for one session only (sent gives nil)")
        }
        try expect(
            teacher.sent(first) == sent && (try open()).sent(first) == sent,
            "two times the same question is sent otherwise: its answer would be asked for again")
        try expect(
            teacher.sent(second) != sent, "two questions are sent alike: one would get the other's answer")
    }

    private func checkCancelling() throws {
        let job = Job(
            "trial", obeysInterrupt: false, listener: Job.Listener(progress: { _ in }, note: { _ in }))
        job.cancel()
        try expectCancelled("asking with a cancelled job (call job.checkCancelled() for each question)") {
            try ask(Self.questions, "cancelled", job: job)
        }
    }

    private func checkReceiving() throws {
        struct Enough: Error {}
        let failure = try error("an error of the receiver") {
            try open().answer(Self.questions.map(request), job: .silent()) { _, _ in throw Enough() }
        }
        try expect(failure is Enough, "an error of the receiver becomes '\(failure)'")
    }
}
