import LyceumKit

extension SentRequest {
    /// The key under which the reply is kept.
    public var key: ReplyKey {
        let canonical: Value = .object([
            "kind": .string(kind), "server": .string(server), "model": .string(model),
            "messages": messagesValue, "parameters": Self.canonical(.object(parameters)),
            "sample": .integer(sample),
        ])
        return ReplyKey(digest: SHA256.hash(JSON.encode(canonical)).hexadecimal)
    }

    /// The bytes of the chat as it is stored, which `TokenRates` relates tokens to.
    public var messageBytes: Int { JSON.encode(messagesValue).utf8.count }

    /// The chat as the API spells it: `[{"content":…,"role":…}]`.
    var messagesValue: Value {
        .list(messages.map { ["role": .string($0.role.rawValue), "content": .string($0.content)] })
    }

    /// The chat of such a list.
    static func messages(of value: Value) -> [ChatMessage] {
        (value.list ?? []).compactMap { message in
            message.object?["role"]?.string.flatMap(ChatMessage.Role.init).map {
                ChatMessage($0, message.object?["content"]?.string ?? "")
            }
        }
    }

    /// A value in which what is equal looks equal: 1.0 is 1, and fields stand by name.
    private static func canonical(_ value: Value) -> Value {
        switch value {
        case .number: return value.integer.map(Value.integer) ?? value
        case .list(let elements): return .list(elements.map(canonical))
        case .object(let fields): return .object(fields.values.mapValues(canonical))
        default: return value
        }
    }
}

/// The SHA-256 of a request: the name under which its reply is kept.
public struct ReplyKey: Sendable, Hashable {
    /// 64 hexadecimal digits.
    public let digest: String
}
