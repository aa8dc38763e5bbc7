import LyceumKit

/// A request for classes, read and checked.
struct ClassificationRequest: Sendable {
    let works: [Ticket.Work]

    /// Reads the body of a request.
    ///
    /// - Throws: `APIError` that names the field.
    init(_ fields: [String: Value], student: ServedStudent, limits: ServerLimits) throws {
        guard student.tasks.contains(.classify) else {
            throw APIError.invalid(
                "model", "this \(student.architecture) student generates text; it does not classify")
        }
        var reader = FieldReader(fields)
        _ = try reader.string("model")
        let variables = try reader.object("variables") ?? [:]
        // TEI's name is inputs.
        let plural = try reader.strings("inputs", atMost: limits.inputs)
        let single = try reader.strings("input", atMost: limits.inputs)
        let texts = single.isEmpty ? plural : single
        if texts.isEmpty {
            throw APIError.invalid(
                "input", "'input' is missing: a text or a list of at most \(limits.inputs) texts")
        }
        let truncates = try GenerationRequest.truncates(&reader)
        try ServedStudent.refuseServerOptions(reader.rest)
        let declared = student.options(of: .classify)
        do {
            let sources = try texts.map { try student.template.render($0, variables) }
            // What belongs to the server is not for requests.
            _ = try Options(reader.rest, declared: declared, function: "the request")
            let options = try Options(
                reader.rest.merging(student.fixed(for: .classify)) { _, own in own },
                declared: student.classificationOptions, function: "the request")
            works = sources.map {
                Ticket.Work(task: .classify, text: $0, options: options, truncates: truncates)
            }
        } catch {
            throw APIError.wrapping(error, isClients: true)
        }
    }
}
