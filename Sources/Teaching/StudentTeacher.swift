import HTTP
import LyceumKit

/// A student that teaches another: it reads the record's field, or the question, and writes the answer.
public final class StudentTeacher: EmbeddedTeacher {
    /// The options of `teacher.open { "student", … }`.
    public static let options: [OptionDeclaration] = [
        .object("student", "student", required: true, "who answers"),
        .string(
            "input",
            "the field of the record that it reads; else the text of the user's message, as the prompt renders it"
        ),
        OptionDeclaration(
            "options", kind: .table, doc: "how it answers, as for student:generate: { num_beams = 4 }"),
    ]

    /// The kind under which it is opened.
    public let kind = "student"
    /// What names it in tables: its architecture.
    public var name: String { student.architecture }
    /// What the student says of itself.
    public var card: [(name: String, value: String)] { student.card }

    private let student: any Student
    private let options: Options
    private let input: String?
    /// Few enough that progress is seen and Ctrl-C loses little, and a multiple of usual batch sizes.
    private static let group = 64

    /// Makes a teacher of a student.
    ///
    /// - Parameters:
    ///   - student: who answers.
    ///   - options: checked against its `generationOptions` (or, if it only classifies, `classificationOptions`).
    ///   - input: the field of the record that it reads; nil for the user's message.
    public init(_ student: any Student, options: Options, input: String? = nil) {
        self.student = student
        self.options = options
        self.input = input
    }

    /// Answers requests in groups; see `Teacher.answer(_:job:receive:)`.
    public func answer(
        _ requests: [TeacherRequest], job: Job,
        receive: (_ index: Int, _ result: Result<TeacherReply, any Error>) throws -> Void
    ) throws {
        for start in stride(from: 0, to: requests.count, by: Self.group) {
            try job.checkCancelled()
            let rows = start..<min(start + Self.group, requests.count)
            let texts = try rows.map { try text(of: requests[$0]) }
            let began = Uptime.now
            let answers = try answers(to: texts)
            let seconds = (Uptime.now - began) / Double(rows.count)
            for (row, answer) in zip(rows, answers) {
                let reply = TeacherReply(
                    text: answer.text, model: student.architecture, completionTokens: answer.tokens,
                    seconds: seconds)
                try receive(row, .success(reply))
            }
        }
    }

    private func answers(to texts: [String]) throws -> [(text: String, tokens: Int?)] {
        // Progress is told by the run, one line for all groups; Ctrl-C must reach the student.
        let job = Job("answering")
        if student.tasks.contains(.generate) {
            return try student.generate(texts, options: options, job: job).map { ($0.text, $0.tokenCount) }
        }
        return try student.classify(texts, options: options, job: job).map { ($0.label, nil) }
    }

    private func text(of request: TeacherRequest) throws -> String {
        if let input {
            guard let text = request.fields[input] else {
                throw LyceumError.missingColumn(input, available: request.fields.keys.sorted())
            }
            return text
        }
        guard let question = request.messages.last(where: { $0.role == .user }) else {
            throw LyceumError.empty("the question", remedy: "give the prompt a user message")
        }
        return question.content
    }
}
