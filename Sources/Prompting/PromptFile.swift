import LyceumKit

/// A prompt as a text file.
///
/// The file may begin with lines `name: value` between two lines `---`: options for whoever opens the teacher
/// (`model`, `temperature`, …), and `examples` as one JSON list. A value is JSON where it reads as JSON, else text.
/// Then come the messages, each under a line `--- system ---`, `--- user ---` or `--- assistant ---`; text under
/// no such line is the user's message. `--- question ---` and `--- answer ---` hold the templates of the examples.
/// ```
/// ---
/// model: gpt-4o-mini
/// temperature: 0.7
/// ---
/// --- system ---
/// You are a reporter.
/// --- user ---
/// Write about {{ topic }}.
/// ```
struct PromptFile {
    private static let fence = "---"

    /// The name in a line `--- name ---`.
    private static func section(_ line: Substring) -> String? {
        guard let match = line.wholeMatch(of: /--- ([a-z]+) ---[ \t]*/) else { return nil }
        return String(match.1)
    }

    /// Reads a prompt.
    ///
    /// - Throws: `LyceumError.file` with the file's line.
    static func read(_ text: String, path: String) throws -> PromptTemplate {
        var lines = text.split(omittingEmptySubsequences: false, whereSeparator: \.isNewline)[...]
        // The break that ends the last line belongs to the file.
        if lines.last?.isEmpty == true { lines.removeLast() }
        func fault(_ line: Int, _ problem: String, _ remedy: String?) -> LyceumError {
            .file(path: path, line: line + 1, problem: problem, remedy: remedy)
        }
        var options: [String: Value] = [:]
        var records: [[String: Value]]?
        if lines.first?.trimmingEnd == fence {
            lines.removeFirst()
            guard let end = lines.firstIndex(where: { $0.trimmingEnd == fence }) else {
                throw fault(
                    0, "'---' opens the options and nothing closes them", "end them with a line '---'")
            }
            for place in lines.startIndex..<end where lines[place].contains(where: { !$0.isWhitespace }) {
                let line = lines[place]
                guard let colon = line.firstIndex(of: ":"), colon != line.startIndex else {
                    throw fault(place, "'\(line.prefix(40))' is not an option", "write name: value")
                }
                let name = PythonText.trimmed(String(line[..<colon]))
                let value = Self.value(PythonText.trimmed(String(line[line.index(after: colon)...])))
                if name == FewShotExamples.variable {
                    records = value.list?.compactMap(\.object)
                    guard let records, records.count == value.list?.count else {
                        throw fault(place, "'examples' is not a list of records", "write [{\"a\": 1}, …]")
                    }
                } else {
                    options[name] = value
                }
            }
            lines = lines[(end + 1)...]
        }
        var sections: [(name: String, line: Int, text: [Substring])] = []
        for place in lines.indices {
            if let name = section(lines[place]) {
                guard ["system", "user", "assistant", "question", "answer"].contains(name) else {
                    throw fault(
                        place, "unknown message '--- \(name) ---'",
                        "there are system, user, assistant, question and answer")
                }
                sections.append((name, place, []))
            } else if sections.isEmpty {
                sections.append(("user", place, [lines[place]]))
            } else {
                sections[sections.count - 1].text.append(lines[place])
            }
        }
        // Blank lines before the first line `--- role ---` are not message.
        if sections.count > 1, let first = sections.first, first.name == "user",
            section(lines[first.line]) == nil, first.text.allSatisfy({ $0.allSatisfy(\.isWhitespace) })
        {
            sections.removeFirst()
        }
        let texts = sections.map { ($0.name, $0.text.joined(separator: "\n")) }
        let messages = texts.compactMap { name, text in ChatMessage.Role(rawValue: name).map { ($0, text) } }
        let examples = try records.map { records in
            try FewShotExamples(
                records, question: texts.first { $0.0 == "question" }?.1,
                answer: texts.first { $0.0 == "answer" }?.1)
        }
        do {
            return try PromptTemplate(messages: messages, examples: examples, options: options)
        } catch LyceumError.file(let name, let line, let problem, let remedy) {
            // The template counts its own lines; the person looks at the file's.
            let start = sections.first {
                name.contains("(\($0.name)") || name.hasSuffix("\($0.name) of the examples)")
            }
            let offset = start.map { section(lines[$0.line]) == nil ? $0.line : $0.line + 1 } ?? 0
            throw LyceumError.file(
                path: path, line: line.map { $0 + offset }, problem: problem, remedy: remedy)
        }
    }

    /// JSON where it reads as JSON, else text.
    private static func value(_ text: String) -> Value {
        (try? JSON.decode(text, name: "value")) ?? .string(text)
    }

    /// The file of a prompt.
    ///
    /// - Throws: `LyceumError.failed` if a message has a line that the file would take for its own.
    static func text(of prompt: PromptTemplate) throws -> String {
        var head = ""
        for (name, value) in prompt.options.sorted(by: { $0.key < $1.key }) {
            guard name.wholeMatch(of: /[A-Za-z_][A-Za-z0-9_]*/) != nil else {
                throw LyceumError.failed(
                    "prompt:save: the option '\(name)' is not a name", remedy: "use letters, digits and _")
            }
            guard !Secrets.isSecret(name: name) else {
                throw LyceumError.failed(
                    "prompt:save: the option '\(name)' would put a key into a file",
                    remedy: "leave it to the environment")
            }
            // Text that reads as JSON, such as "3", needs its quotes.
            let plain = value.string.flatMap { text in
                let isPlain = text == PythonText.trimmed(text) && !text.contains(where: \.isNewline)
                return isPlain && !text.isEmpty && Self.value(text) == value ? text : nil
            }
            head += "\(name): \(plain ?? JSON.encode(value))\n"
        }
        if let examples = prompt.examples { head += "examples: \(JSON.encode(.list(examples.records)))\n" }
        var text = head.isEmpty ? "" : "---\n\(head)---\n"
        var sections = prompt.messages.map { ($0.role.rawValue, $0.template.source) }
        if let question = prompt.examples?.question { sections.append(("question", question)) }
        if let answer = prompt.examples?.answer { sections.append(("answer", answer)) }
        for (name, body) in sections {
            for line in body.split(omittingEmptySubsequences: false, whereSeparator: \.isNewline)
            where section(line) != nil {
                throw LyceumError.failed(
                    "prompt:save: the \(name) message has the line '\(line)', which begins a message in a file",
                    remedy: "change that line")
            }
            text += "--- \(name) ---\n\(body)\n"
        }
        return text
    }
}

extension PromptTemplate {
    /// Reads a prompt from a file; see `PromptFile` for the format.
    ///
    /// - Throws: `LyceumError.file` with the file's line.
    public static func load(_ path: String) throws -> PromptTemplate {
        try PromptFile.read(try Files.readText(path), path: path)
    }

    /// Writes the prompt to a file that `load` reads.
    ///
    /// - Throws: `LyceumError.file`; `LyceumError.failed` if the prompt cannot be such a file.
    public func save(_ path: String) throws { try Files.write(try PromptFile.text(of: self), to: path) }
}

extension StringProtocol {
    /// Without white space at the end.
    fileprivate var trimmingEnd: String { PythonText.trimmed(String(self), nil, .end) }
}
