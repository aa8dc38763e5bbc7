import LyceumKit

/// A teacher that repeats what was once answered: recorded replies, found by the question.
///
/// It costs nothing and gives the same every time, so an experiment can be repeated by people without a key.
public final class ReplayTeacher: EmbeddedTeacher {
    /// The options of `teacher.open { "replay", … }`.
    public static let options: [OptionDeclaration] = [
        .string(
            "file", required: true,
            "a dataset of recorded replies: what teacher:generate returned and :save wrote, or any other"),
        .string("reply", default: "reply", "its column with the replies"),
        .string(
            "question",
            "its column with the questions as they were sent (text, or a list of messages); else a row answers "
                + "records whose fields in the prompt are equal to its own"),
    ]

    /// The kind under which it is opened.
    public let kind = "replay"
    /// What names it in tables.
    public let name: String
    /// Where it has the replies from, and how many.
    public var card: [(name: String, value: String)] {
        [("file", name), ("replies", String(records.count)), ("found by", question ?? "the record's fields")]
    }

    private let records: [[String: Value]]
    private let reply: String
    private let question: String?
    /// The rows by the content of the columns asked for.
    private var indices: [[String]: [[String]: [Int]]] = [:]

    /// Takes recorded replies.
    ///
    /// - Parameters:
    ///   - records: the rows, fields by name.
    ///   - name: where they are from.
    ///   - reply: the field with the reply.
    ///   - question: the field with the question; nil finds replies by the other fields.
    /// - Throws: `LyceumError.empty` without records, `LyceumError.missingColumn`.
    public init(_ records: [[String: Value]], name: String, reply: String, question: String?) throws {
        guard let first = records.first else { throw LyceumError.empty(name, remedy: "give it replies") }
        for column in [reply, question].compactMap({ $0 }) where first[column] == nil {
            throw LyceumError.missingColumn(column, available: first.keys.sorted())
        }
        self.records = records
        self.name = name
        self.reply = reply
        self.question = question
    }

    /// Looks the requests up; see `Teacher.answer(_:job:receive:)`.
    public func answer(
        _ requests: [TeacherRequest], job: Job,
        receive: (_ index: Int, _ result: Result<TeacherReply, any Error>) throws -> Void
    ) throws {
        for (index, request) in requests.enumerated() {
            if index % 1000 == 0 { try job.checkCancelled() }
            try receive(index, Result { try recorded(request) })
        }
    }

    private func recorded(_ request: TeacherRequest) throws -> TeacherReply {
        let found = try question.map { rows(asking: request, in: $0) } ?? rows(with: request.fields)
        guard !found.isEmpty else {
            throw LyceumError.failed(
                "\(name) has no reply to this question",
                remedy: "it holds \(records.count) replies; check the prompt and the column it is found by")
        }
        // Several replies to one question are its samples.
        guard found.indices.contains(request.sample) else {
            throw LyceumError.failed(
                "\(name) has \(found.count) replies to this question, not \(request.sample + 1)", remedy: nil)
        }
        let record = records[found[request.sample]]
        guard let text = record[reply]?.string else {
            throw LyceumError.failed(
                "\(name): the reply in row \(found[request.sample] + 1) is not text", remedy: nil)
        }
        return TeacherReply(text: text, model: record["teacher_model"]?.string ?? "replay")
    }

    private func rows(asking request: TeacherRequest, in column: String) -> [Int] {
        let messages = request.messages.map { message -> Value in
            ["role": .string(message.role.rawValue), "content": .string(message.content)]
        }
        let index = index(of: [column])
        let last = request.messages.last { $0.role == .user }?.content
        return index[[Value.list(messages).text]] ?? last.flatMap { index[[$0]] } ?? []
    }

    private func rows(with fields: [String: String]) throws -> [Int] {
        guard !fields.isEmpty else {
            throw LyceumError.failed(
                "a reply is found by the fields that the prompt takes from the record, and there are none",
                remedy: "give `question`, the column with the questions, or ask by teacher:generate")
        }
        let columns = fields.keys.sorted()
        if let missing = columns.first(where: { name in !records.contains { $0[name] != nil } }) {
            throw LyceumError.missingColumn(missing, available: records.first?.keys.sorted() ?? [])
        }
        return index(of: columns)[columns.map { fields[$0] ?? "" }] ?? []
    }

    private func index(of columns: [String]) -> [[String]: [Int]] {
        if let known = indices[columns] { return known }
        var index: [[String]: [Int]] = [:]
        for (row, record) in records.enumerated() {
            index[columns.map { record[$0]?.text ?? "" }, default: []].append(row)
        }
        indices[columns] = index
        return index
    }
}
