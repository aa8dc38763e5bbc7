import LyceumKit

/// A request for texts, read and checked.
struct GenerationRequest: Sendable {
    /// Which of OpenAI's two forms it has.
    enum Form: Sendable {
        case chat
        case completion
    }

    let form: Form
    /// What was asked for each input, for `echo`.
    let prompts: [String]
    let works: [Ticket.Work]
    /// Texts for each input.
    let count: Int
    let isStreamed: Bool
    /// Whether a stream ends with the tokens it used.
    let includesUsage: Bool
    /// What ends a text wherever it comes.
    let stop: [String]
    let echoes: Bool

    /// Reads the body of a request.
    ///
    /// - Throws: `APIError` that names the field.
    init(_ fields: [String: Value], form: Form, student: ServedStudent, limits: ServerLimits) throws {
        guard student.tasks.contains(.generate) else {
            throw APIError.invalid(
                "model", "this \(student.architecture) student classifies; ask it with POST /v1/classify")
        }
        var reader = FieldReader(fields)
        self.form = form
        _ = try reader.string("model")
        let variables = try reader.object("variables") ?? [:]
        let sources: [String]
        switch form {
        case .chat:
            let messages = try ChatMessages.read(reader.take("messages"))
            prompts = [""]
            sources = [try Self.rendering { try student.template.render(messages, variables) }]
        case .completion:
            prompts = try Self.prompts(reader.take("prompt"), limits)
            sources = try prompts.map { text in
                try Self.rendering { try student.template.render(text, variables) }
            }
        }
        isStreamed = try reader.bool("stream") ?? false
        includesUsage = try reader.object("stream_options")?["include_usage"]?.bool ?? false
        stop = try reader.strings("stop", atMost: 16).filter { !$0.isEmpty }
        echoes = form == .completion ? try reader.bool("echo") ?? false : false
        let truncates = try Self.truncates(&reader)
        try Self.refuseWhatIsNotDone(&reader)
        let options = try DecodingFields.options(&reader, form: form, limits: limits)
        let declared = student.options(of: .generate)
        try Self.checkKnown(options, declared, fields)
        try ServedStudent.refuseServerOptions(reader.rest)
        // What is left are options by our own names.
        let names = Set(declared.map(\.name))
        var given = options
        for (name, value) in reader.rest {
            guard names.contains(name) else {
                if value.isNull { continue }
                let known = FieldReader.knownNames + declared.map(\.name)
                throw APIError.wrapping(
                    LyceumError.unknownOptions(function: "the request", options: [name], known: known),
                    isClients: true)
            }
            given[name] = value
        }
        try Self.check(given, fields, limits: limits)
        let checked: Options
        do {
            checked = try Options(
                given.filter { names.contains($0.key) }.merging(student.fixed(for: .generate)) { _, own in own
                },
                declared: student.generationOptions, function: "the request")
        } catch {
            throw APIError.wrapping(error, isClients: true)
        }
        count = checked.optionalInt("num_return_sequences") ?? 1
        works = sources.map { [isStreamed] in
            Ticket.Work(
                task: .generate, text: $0, options: checked, truncates: truncates, isStreamed: isStreamed)
        }
    }

    private static func rendering(_ body: () throws -> String) throws -> String {
        do { return try body() } catch { throw APIError.wrapping(error, isClients: true) }
    }

    private static func prompts(_ value: Value?, _ limits: ServerLimits) throws -> [String] {
        guard let value, !value.isNull else {
            throw APIError.invalid("prompt", "'prompt' is missing: the text that the student is to read")
        }
        if let text = value.string { return [text] }
        guard let list = value.list else {
            throw APIError.wrongType("prompt", expected: "a string or a list of strings", got: value)
        }
        if list.isEmpty { throw APIError.invalid("prompt", "'prompt' is an empty list") }
        guard list.count <= limits.inputs else {
            throw APIError.invalid(
                "prompt", "'prompt' has \(list.count) texts; at most \(limits.inputs) go into one request")
        }
        return try list.map { element in
            if let text = element.string { return text }
            if element.integer != nil || element.list != nil {
                throw APIError.invalid(
                    "prompt",
                    "'prompt' holds token ids; send text: the student's vocabulary is not that of OpenAI's models"
                )
            }
            throw APIError.wrongType("prompt", expected: "a string or a list of strings", got: element)
        }
    }

    /// Whether inputs beyond the student's length are cut: vLLM's `truncate_prompt_tokens`, or OpenAI's `truncation`.
    static func truncates(_ reader: inout FieldReader) throws -> Bool {
        let tokens = try reader.integer("truncate_prompt_tokens")
        let word = try reader.string("truncation")
        if let word, !["auto", "disabled"].contains(word) {
            throw APIError.invalid(
                "truncation", "'truncation': expected \"auto\" or \"disabled\", got \"\(word)\"")
        }
        if let tokens, tokens != -1 {
            guard tokens > 0 else {
                throw APIError.invalid(
                    "truncate_prompt_tokens", "'truncate_prompt_tokens': expected -1 or more than 0")
            }
            reader.rest["max_source_length"] = reader.rest["max_source_length"] ?? .integer(tokens)
        }
        return tokens != nil || word == "auto"
    }

    /// Fields of OpenAI's that mean something here that no student does.
    private static func refuseWhatIsNotDone(_ reader: inout FieldReader) throws {
        func refuse(_ name: String, _ reason: String, unless isHarmless: (Value) -> Bool) throws {
            guard let value = reader.take(name), !value.isNull, !isHarmless(value) else { return }
            throw APIError.invalid(
                name, "'\(name)' is not supported: \(reason)", code: "unsupported_parameter")
        }
        func isZero(_ value: Value) -> Bool { value.number == 0 }
        func isEmpty(_ value: Value) -> Bool { value.list?.isEmpty ?? value.object?.isEmpty ?? false }
        let penalties = "use repetition_penalty or no_repeat_ngram_size"
        try refuse("frequency_penalty", penalties, unless: isZero)
        try refuse("presence_penalty", penalties, unless: isZero)
        try refuse("logprobs", "students do not report probabilities") { $0.bool == false }
        try refuse("top_logprobs", "students do not report probabilities", unless: isZero)
        try refuse("logit_bias", "use suppress_tokens or bad_words_ids", unless: isEmpty)
        try refuse("suffix", "students write from the beginning") { $0.string == "" }
        try refuse("tools", "a student calls no tools", unless: isEmpty)
        try refuse("tool_choice", "a student calls no tools") { $0.string == "none" || $0.string == "auto" }
        try refuse("functions", "a student calls no functions", unless: isEmpty)
        try refuse("function_call", "a student calls no functions") { $0.string == "none" }
        try refuse("audio", "a student writes text", unless: { _ in false })
        try refuse("modalities", "a student writes text") { $0 == ["text"] }
        try refuse("response_format", "a student writes what it was trained to write") {
            $0.object?["type"] == "text"
        }
    }

    /// Refuses what OpenAI's names ask for and this student does not have, unless leaving it out changes nothing.
    private static func checkKnown(
        _ options: [String: Value], _ declared: [OptionDeclaration], _ fields: [String: Value]
    ) throws {
        let harmless: [String: Value] = ["do_sample": false, "num_beams": 1, "num_return_sequences": 1]
        for (name, value) in options where !declared.contains(where: { $0.name == name }) {
            // What has no length to choose, or draws nothing, cannot go beyond either.
            if ["max_new_tokens", "seed"].contains(name) || harmless[name] == value { continue }
            throw APIError.invalid(
                DecodingFields.name(of: name, in: fields), "this student has no option '\(name)'",
                code: "unsupported_parameter")
        }
    }

    /// What the server does not give away.
    private static func check(
        _ options: [String: Value], _ fields: [String: Value], limits: ServerLimits
    ) throws {
        let bounds = [
            ("max_new_tokens", limits.newTokens), ("min_new_tokens", limits.newTokens),
            ("max_length", limits.newTokens + 1), ("min_length", limits.newTokens + 1),
            ("num_beams", limits.beams), ("num_return_sequences", limits.beams),
        ]
        for (name, most) in bounds {
            guard let value = options[name]?.integer, value > most else { continue }
            let given = DecodingFields.name(of: name, in: fields)
            throw APIError.invalid(
                given, "'\(given)': this server allows at most \(most), got \(value)", code: "invalid_value")
        }
    }
}
