import LyceumKit

/// Takes the fields of a request's body one by one, so that what is left is what nobody knows.
struct FieldReader {
    /// What has not been taken.
    var rest: [String: Value]

    /// Takes the fields; those that only matter to OpenAI's own service are dropped.
    init(_ fields: [String: Value]) {
        rest = fields
        for name in Self.ignored { rest[name] = nil }
    }

    /// What every client may send and no student needs.
    static let ignored = [
        "user", "metadata", "store", "service_tier", "safety_identifier", "prompt_cache_key",
        "prompt_cache_retention",
        "parallel_tool_calls", "reasoning_effort", "verbosity", "prediction", "web_search_options",
    ]

    /// Names for the hint at a misspelt one.
    static let knownNames = [
        "model", "messages", "prompt", "input", "stream", "stream_options", "stop", "echo", "n", "best_of",
        "max_tokens", "max_completion_tokens", "temperature", "top_p", "top_k", "seed", "min_tokens",
        "variables",
        "truncate_prompt_tokens", "use_beam_search",
    ]

    /// Takes a field as it is.
    mutating func take(_ name: String) -> Value? { rest.removeValue(forKey: name) }

    private mutating func take<T>(_ name: String, _ expected: String, _ read: (Value) -> T?) throws -> T? {
        guard let value = take(name), !value.isNull else { return nil }
        guard let result = read(value) else { throw APIError.wrongType(name, expected: expected, got: value) }
        return result
    }

    mutating func string(_ name: String) throws -> String? { try take(name, "a string", \.string) }
    mutating func bool(_ name: String) throws -> Bool? { try take(name, "true or false", \.bool) }
    mutating func integer(_ name: String) throws -> Int? { try take(name, "a whole number", \.integer) }
    mutating func number(_ name: String) throws -> Double? { try take(name, "a number", \.number) }
    mutating func object(_ name: String) throws -> [String: Value]? { try take(name, "an object", \.object) }

    /// A string or a list of strings.
    mutating func strings(_ name: String, atMost most: Int) throws -> [String] {
        let found = try take(name, "a string or a list of at most \(most) strings") { value -> [String]? in
            if let text = value.string { return [text] }
            guard let list = value.list, list.count <= most else { return nil }
            let texts = list.compactMap(\.string)
            return texts.count == list.count ? texts : nil
        }
        return found ?? []
    }
}

/// The messages of a chat.
enum ChatMessages {
    /// Reads `messages`.
    ///
    /// - Throws: `APIError` that names the message.
    static func read(_ value: Value?) throws -> [ChatMessage] {
        guard let value, !value.isNull else {
            throw APIError.invalid("messages", "'messages' is missing: a list of {role, content}")
        }
        guard let list = value.list else {
            throw APIError.wrongType("messages", expected: "a list of {role, content}", got: value)
        }
        if list.isEmpty { throw APIError.invalid("messages", "'messages' is an empty list") }
        if list.count > 1000 {
            throw APIError.invalid("messages", "'messages' has \(list.count) messages; at most 1000")
        }
        return try list.enumerated().map { place, message in
            let name = "messages[\(place)]"
            guard let fields = message.object else {
                throw APIError.wrongType(name, expected: "an object of role and content", got: message)
            }
            guard let role = fields["role"]?.string else {
                throw APIError.invalid(name, "'\(name).role' is missing or not a string")
            }
            let names = ["developer": "system", "tool": "user", "function": "user"]
            guard let known = ChatMessage.Role(rawValue: names[role] ?? role) else {
                throw APIError.invalid(
                    name, "'\(name).role': expected system, user or assistant, got \"\(role.prefix(40))\"")
            }
            return ChatMessage(known, try content(fields["content"], name))
        }
    }

    /// A text, or a list of parts that are texts.
    private static func content(_ value: Value?, _ name: String) throws -> String {
        guard let value, !value.isNull else { return "" }
        if let text = value.string { return text }
        guard let parts = value.list else {
            throw APIError.wrongType(
                "\(name).content", expected: "a string or a list of text parts", got: value)
        }
        return try parts.map { part in
            guard let fields = part.object, let kind = fields["type"]?.string else {
                throw APIError.wrongType(
                    "\(name).content", expected: "parts of the form {type, text}", got: part)
            }
            guard kind == "text", let text = fields["text"]?.string else {
                throw APIError.invalid(
                    "\(name).content",
                    "'\(name).content': a student reads text only, got \"\(kind.prefix(40))\"")
            }
            return text
        }.joined(separator: "\n")
    }
}
