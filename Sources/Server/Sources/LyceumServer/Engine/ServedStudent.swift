import LyceumKit

/// What the parts that speak HTTP know of a student.
struct ServedStudent: Sendable {
    let architecture: String
    let tasks: [StudentTask]
    /// What `student.card` says, in order.
    let card: [(name: String, value: String)]
    let generationOptions: [OptionDeclaration]
    let classificationOptions: [OptionDeclaration]
    /// The number format of matrix products that the person who started the server chose.
    let precision: String
    /// How a request becomes what the student reads.
    let template: SourceTemplate
    /// Tokens of the longest input; nil if unknown.
    let maxSourceLength: Int?
    /// When it was loaded, in seconds since 1970.
    let created: Int

    /// What no request may choose: it belongs to the process.
    static let serverOptions: Set<String> = ["device", "precision", "batch_size"]

    /// What belongs to the server, with the values in force: without it an answer would depend on what else is in the batch.
    func fixed(for task: StudentTask) -> [String: Value] {
        let declared = task == .generate ? generationOptions : classificationOptions
        guard let option = declared.first(where: { $0.name == "precision" }) else { return [:] }
        // Eight bits are for writing texts only.
        guard case .choice(let choices) = option.kind, !choices.contains(precision) else {
            return ["precision": .string(precision)]
        }
        return ["precision": "fp32"]
    }

    /// Refuses what no request may choose, by name.
    ///
    /// - Throws: `APIError`.
    static func refuseServerOptions(_ fields: [String: Value]) throws {
        guard let name = fields.keys.sorted().first(where: serverOptions.contains),
            fields[name]?.isNull == false
        else { return }
        throw APIError.invalid(
            name,
            "'\(name)' belongs to the server, which all requests share (lyceum serve --device, --precision, --batch)",
            code: "unsupported_parameter")
    }

    /// The options that a request may have.
    func options(of task: StudentTask) -> [OptionDeclaration] {
        (task == .generate ? generationOptions : classificationOptions).filter { declaration in
            if case .object = declaration.kind { return false }
            return !Self.serverOptions.contains(declaration.name)
        }
    }
}

/// A student on its own thread.
final class OpenedStudent {
    let student: any Student
    let described: ServedStudent
    /// What comes before every input.
    private let prefix: String

    init(
        _ student: any Student, architecture: StudentArchitecture, template: SourceTemplate,
        precision: String, created: Int
    ) {
        self.student = student
        let card = student.card
        prefix = card.first { $0.name == "source_prefix" }?.value ?? ""
        described = ServedStudent(
            architecture: student.architecture, tasks: student.tasks, card: card,
            generationOptions: architecture.generationOptions,
            classificationOptions: architecture.classificationOptions,
            precision: precision, template: template,
            maxSourceLength: card.first { $0.name == "max_source_length" }.flatMap { Int($0.value) },
            created: created)
    }

    func decodingSession() throws -> any DecodingSession {
        guard let student = student as? any ServingStudent else {
            throw LyceumError.unsupported(
                "this \(student.architecture) student cannot be served", remedy: nil)
        }
        return try student.decodingSession()
    }

    /// How many tokens an input has; 0 if the student does not count.
    ///
    /// - Throws: `APIError` if it is too long and may not be cut.
    func checkLength(of work: Ticket.Work) throws -> Int {
        guard let student = student as? any TokenizingStudent else { return 0 }
        let count = try student.tokenize((work.options.optionalString("source_prefix") ?? prefix) + work.text)
            .count
        let limit = work.options.optionalInt("max_source_length") ?? described.maxSourceLength
        guard let limit, count > limit, !work.truncates else { return min(count, limit ?? count) }
        throw APIError.invalid(
            nil,
            "the input has \(count) tokens, the longest that this student reads is \(limit); shorten it, or send "
                + "\"truncate_prompt_tokens\": -1 to have it cut, as in training",
            code: "context_length_exceeded")
    }

    /// How many tokens texts have, as far as the student counts.
    func tokens(in texts: [String]) -> Int {
        guard let student = student as? any TokenizingStudent, !texts.isEmpty else { return 0 }
        // An end token frames each.
        return texts.reduce(0) { $0 + max(0, ((try? student.tokenize($1).count) ?? 1) - 1) }
    }

    /// Classifies inputs of equal options.
    func classify(_ tickets: [Ticket], metrics: StudentMetrics) {
        guard let first = tickets.first else { return }
        let start = ContinuousClock.now
        do {
            let classes = try student.classify(
                tickets.map(\.work.text), options: first.work.options, job: .silent("serving"))
            guard classes.count == tickets.count else {
                throw LyceumError.failed(
                    "the student classified \(classes.count) of \(tickets.count)", remedy: nil)
            }
            metrics.stepped(tickets.count, in: start.duration(to: .now))
            for (ticket, label) in zip(tickets, classes) {
                let answer = Ticket.Answer(
                    texts: [label.label], classification: label, reason: .stop,
                    sourceTokens: tokens(in: [ticket.work.text]), newTokens: 0)
                metrics.finished(ticket, answer)
                ticket.finish(answer)
            }
        } catch {
            for ticket in tickets {
                metrics.failed.increment()
                ticket.fail(.wrapping(error, isClients: tickets.count == 1))
            }
        }
    }
}
