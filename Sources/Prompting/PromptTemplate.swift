import LyceumKit

/// What a teacher is asked: one template for the user's message, or several messages with roles.
public struct PromptTemplate: Sendable, Hashable {
    /// A message whose content is a template.
    public struct Message: Sendable, Hashable {
        /// Who speaks.
        public let role: ChatMessage.Role
        /// What is said.
        public let template: Template
    }

    /// The messages in order; at least one. An assistant's message at the end is the beginning of the answer
    /// (prefill), on servers that go on from it.
    public let messages: [Message]
    /// Answered questions that are shown before the one that is asked.
    public let examples: FewShotExamples?
    /// What a file said for whoever opens the teacher: model, temperature, …
    public let options: [String: Value]

    /// A prompt of one user message.
    ///
    /// - Throws: `LyceumError.file` with the template's line.
    public init(_ user: String) throws {
        messages = [Message(role: .user, template: try Template(user))]
        examples = nil
        options = [:]
    }

    /// A prompt of several messages.
    ///
    /// - Parameters:
    ///   - messages: in order.
    ///   - examples: answered questions to show before the first question.
    ///   - options: for whoever opens the teacher.
    /// - Throws: `LyceumError.empty` without messages, `LyceumError.file` with the role and the template's line,
    ///   `LyceumError.invalid` if nothing would show the examples.
    public init(
        messages: [(role: ChatMessage.Role, content: String)], examples: FewShotExamples? = nil,
        options: [String: Value] = [:]
    ) throws {
        if messages.isEmpty {
            throw LyceumError.empty("the prompt", remedy: "give it a user message: prompt { user = \"…\" }")
        }
        self.messages = try messages.map { role, content in
            Message(role: role, template: try Template(content, name: "prompt (\(role.rawValue))"))
        }
        self.options = options
        guard let examples else {
            self.examples = nil
            return
        }
        let templates = self.messages.map(\.template)
        guard examples.answer != nil || templates.contains(where: { $0.takes(FewShotExamples.variable) })
        else {
            throw LyceumError.invalid(
                "the examples", expected: "a template of their answers", got: "none",
                remedy: "give answer = \"{{ column }}\", or write them out: {% for example in examples %}")
        }
        let question = self.messages.first { $0.role == .user }?.template
        self.examples = try examples.rendered(asking: question)
    }

    /// The prompt that a value describes: a string (the user's message), a table of contents by role
    /// (`system`, `user`, `assistant`, in that order), or a list of `{role, content}` tables.
    ///
    /// - Throws: `LyceumError.unknownName` for a role, `LyceumError.invalid` for anything else that fits none
    ///   of these, and what the other initialisers throw.
    public init(_ value: Value) throws {
        switch value {
        case .string(let user): try self.init(user)
        case .object(let contents):
            let roles = try contents.names.map(Self.role)
            let ordered = Self.roles.filter(roles.contains)
            try self.init(
                messages: try ordered.map { role in
                    (role, try Self.content(contents[role.rawValue], of: role.rawValue))
                })
        case .list(let messages):
            try self.init(
                messages: try messages.enumerated().map { i, message in
                    guard let fields = message.object, let role = fields["role"]?.string else {
                        throw LyceumError.invalid(
                            "message \(i + 1)", expected: "{ role = \"user\", content = \"…\" }",
                            got: message.object == nil ? message.typeName : "a table without a role",
                            remedy: nil)
                    }
                    return (try Self.role(role), try Self.content(fields["content"], of: role))
                })
        default:
            throw LyceumError.invalid(
                "prompt", expected: "a string, a table of roles or a list of messages", got: value.typeName,
                remedy: nil)
        }
    }

    private static let roles: [ChatMessage.Role] = [.system, .user, .assistant]

    static func role(_ name: String) throws -> ChatMessage.Role {
        guard let role = ChatMessage.Role(rawValue: name) else {
            throw LyceumError.unknownName(
                kind: "role", name: name, known: roles.map(\.rawValue), remedy: nil)
        }
        return role
    }

    private static func content(_ value: Value?, of role: String) throws -> String {
        guard let text = value?.string else {
            throw LyceumError.invalid(
                "the \(role) message", expected: "a string", got: value?.typeName ?? "nothing", remedy: nil)
        }
        return text
    }
}

extension PromptTemplate {
    private var templateVariables: [Template.Variable] {
        let all = messages.flatMap(\.template.variables)
        return examples == nil ? all : all.filter { $0.path.first != FewShotExamples.variable }
    }

    /// The names of the variables, in order of first use: "article", "meta.title".
    public var variables: [String] {
        var seen: Set<String> = []
        return templateVariables.map(\.name).filter { seen.insert($0).inserted }
    }

    /// The record's fields that the variables begin with, in order: "article", "meta".
    public var columns: [String] {
        var seen: Set<String> = []
        return templateVariables.compactMap(\.path.first).filter { seen.insert($0).inserted }
    }

    /// The messages with the values put in, examples included.
    ///
    /// - Throws: `LyceumError.file` with the template's line if a variable is missing or nil, or does not fit.
    public func render(_ values: [String: Value]) throws -> [ChatMessage] {
        guard let examples else {
            return try messages.map { ChatMessage($0.role, try $0.template.render(values)) }
        }
        var values = values
        values[FewShotExamples.variable] = .list(examples.records)
        var result = try messages.map { ChatMessage($0.role, try $0.template.render(values)) }
        let place = messages.firstIndex { $0.role != .system } ?? messages.count
        result.insert(contentsOf: examples.messages, at: place)
        return result
    }

    /// The messages with a record's values put in.
    ///
    /// - Throws: as `render` of values.
    public func render(_ record: Record) throws -> [ChatMessage] { try render(record.fields) }

    /// The values that the prompt puts into its messages, as text, by the variable's name; without those that
    /// are missing.
    public func fields(of values: [String: Value]) -> [String: String] {
        messages.reduce(into: [:]) { result, message in
            result.merge(message.template.fields(of: values)) { first, _ in first }
        }
    }

    /// The names of the variables that a record must have.
    public var requiredVariables: [String] {
        let optional = messages.reduce(into: Set<String>()) { $0.formUnion($1.template.optional) }
        return variables.filter { !optional.contains($0) }
    }

    /// The question about one record, as a teacher takes it.
    ///
    /// - Throws: `LyceumError.file` with the template's line if a variable is missing or nil.
    public func request(for record: Record, sample: Int = 0) throws -> TeacherRequest {
        let values = record.fields
        return TeacherRequest(messages: try render(values), fields: fields(of: values), sample: sample)
    }

    /// The messages as one text, for a person: the user's message alone as it is, several under their roles.
    public static func text(of messages: [ChatMessage]) -> String {
        if messages.count == 1, let only = messages.first, only.role == .user { return only.content }
        return messages.map { "[\($0.role.rawValue)]\n\($0.content)" }.joined(separator: "\n\n")
    }
}

extension Record {
    /// The values by column name.
    fileprivate var fields: [String: Value] {
        Dictionary(zip(columns, values), uniquingKeysWith: { first, _ in first })
    }
}
