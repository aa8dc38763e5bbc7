import HTTP
import LyceumKit

/// Replies that must be JSON of a schema: how they are asked for, found in the text, judged and repaired.
struct StructuredReply: Sendable {
    let schema: JSONSchema

    /// The field of a request that asks a server for it.
    var responseFormat: Value {
        [
            "type": "json_schema",
            "json_schema": ["name": "reply", "strict": true, "schema": schema.value],
        ]
    }

    /// The words that ask a model for it whose server cannot.
    var instruction: String {
        "Answer with nothing but JSON that fits this JSON Schema:\n\(JSON.encode(schema.value))"
    }

    /// The reply with the JSON alone as its text.
    ///
    /// - Returns: or what is wrong with it.
    func judged(_ reply: TeacherReply) -> (reply: TeacherReply, problem: String?) {
        var problem: String?
        for text in Self.candidates(in: reply.text) {
            guard let value = ServerJSON.read(Array(text.utf8)) else { continue }
            if let mismatch = schema.mismatch(value) {
                problem = problem ?? mismatch
                continue
            }
            var clean = reply
            // A text that only a lenient reader takes is written again, so that everybody can read it.
            clean.text = (try? JSON.decode(text, name: "reply")) == nil ? JSON.encode(value) : text
            return (clean, nil)
        }
        return (reply, problem ?? "it is not JSON")
    }

    /// The question that asks for a better reply.
    func repair(_ request: TeacherRequest, _ reply: TeacherReply, _ problem: String) -> TeacherRequest {
        let messages =
            request.messages + [
                ChatMessage(.assistant, reply.text.isEmpty ? "(nothing)" : reply.text),
                ChatMessage(.user, "That does not fit: \(problem). \(instruction)"),
            ]
        return TeacherRequest(messages: messages, fields: request.fields, sample: request.sample)
    }

    /// The failure of a reply that did not fit.
    ///
    /// - Parameter isSecond: whether it was asked for twice.
    func failure(_ reply: TeacherReply, _ problem: String, isSecond: Bool = true) -> UnusableReply {
        var unusable = reply
        unusable.finishReason = TeacherReply.schemaMismatch
        return UnusableReply(
            unusable,
            .failed(
                "the reply does not fit the schema\(isSecond ? ", after a second try" : ""): \(problem)",
                remedy: "describe the fields in the prompt, or take a larger model"))
    }

    /// Where the JSON may be in a text: all of it, behind the reasoning, in fences, or in the middle of prose.
    ///
    /// Of several the last comes first: models name examples before they answer.
    private static func candidates(in text: String) -> [String] {
        let answer = text.withoutReasoning.trimmed
        return [answer] + fenced(answer).reversed() + balanced(answer).reversed()
    }

    /// The insides of fences ("```json").
    private static func fenced(_ text: String) -> [String] {
        let parts = text.components(of: "```")
        guard parts.count > 1 else { return [] }
        return stride(from: 1, to: parts.count, by: 2).prefix(most).map { place in
            let inside = parts[place]
            // The first line names the language.
            let isNamed = inside.prefix { $0.isLetter || $0.isNumber }
            return inside.dropFirst(isNamed.count).trimmed
        }
    }

    /// Objects and lists in prose, each from its opening bracket to the closing one that belongs to it.
    private static func balanced(_ text: String) -> [String] {
        let bytes = Array(text.utf8)
        var found: [Range<Int>] = []
        var starts: [Int] = []
        var isString = false
        var place = 0
        while place < bytes.count, found.count < most {
            let byte = bytes[place]
            switch byte {
            case UInt8(ascii: "\\") where isString: place += 1
            case UInt8(ascii: "\"") where !starts.isEmpty: isString.toggle()
            case UInt8(ascii: "\n") where isString:
                // No string of JSON has a line break: this was a quotation mark of the prose.
                isString = false
            case UInt8(ascii: "{"), UInt8(ascii: "["): if !isString { starts.append(place) }
            case UInt8(ascii: "}"), UInt8(ascii: "]"):
                let open = byte == UInt8(ascii: "}") ? UInt8(ascii: "{") : UInt8(ascii: "[")
                // Brackets of the prose that nothing closes are passed over.
                if !isString, let start = starts.lastIndex(where: { bytes[$0] == open }) {
                    found.append(starts[start]..<(place + 1))
                    starts.removeSubrange(start...)
                }
            default: break
            }
            place += 1
        }
        // Only the outermost: what lies inside another is a part of it. They come in the order of their ends.
        var outer: [Range<Int>] = []
        for range in found {
            while let last = outer.last, range.lowerBound <= last.lowerBound { outer.removeLast() }
            outer.append(range)
        }
        let inner = found.filter { !outer.contains($0) }
        return (inner + outer).map { String(decoding: bytes[$0], as: UTF8.self) }
    }

    /// The most places that are looked at.
    private static let most = 200
}

extension String {
    /// The parts between the places where a mark stands.
    fileprivate func components(of mark: String) -> [Substring] {
        var parts: [Substring] = []
        var rest = self[...]
        while let range = rest.firstRange(of: mark) {
            parts.append(rest[..<range.lowerBound])
            rest = rest[range.upperBound...]
        }
        return parts + [rest]
    }
}
