import LyceumKit

/// The YAML of dataset cards: block mappings and sequences, flow sequences, plain and quoted scalars. Whatever else a
/// card holds (anchors, block texts) is passed over; numbers stay texts, since "3.0.0" and "1.0" are names here.
enum BlockYAML {
    /// The document; null if it cannot be read.
    static func parse(_ text: String) -> Value {
        var parser = Parser(text)
        return parser.value(minimum: 0, depth: 0)
    }

    private struct Line {
        let indent: Int
        let text: Substring
    }

    private struct Parser {
        private var lines: [Line] = []
        private var position = 0

        init(_ text: String) {
            for line in text.split(separator: "\n", omittingEmptySubsequences: false) {
                let content = line.drop { $0 == " " }
                let stripped = BlockYAML.withoutComment(content)
                if stripped.isEmpty { continue }
                lines.append(Line(indent: line.count - content.count, text: stripped))
            }
        }

        /// The value that begins at the next line, if that is indented by at least `minimum`.
        mutating func value(minimum: Int, depth: Int) -> Value {
            guard position < lines.count, lines[position].indent >= minimum, depth < 32 else { return .null }
            let line = lines[position]
            if line.text == "-" || line.text.hasPrefix("- ") { return sequence(line.indent, depth) }
            if BlockYAML.key(line.text) != nil { return mapping(line.indent, depth) }
            position += 1
            return BlockYAML.scalar(line.text)
        }

        private mutating func sequence(_ indent: Int, _ depth: Int) -> Value {
            var elements: [Value] = []
            while position < lines.count, lines[position].indent == indent,
                lines[position].text == "-" || lines[position].text.hasPrefix("- ")
            {
                let rest = lines[position].text.dropFirst().drop { $0 == " " }
                if rest.isEmpty {
                    position += 1
                    elements.append(value(minimum: indent + 1, depth: depth + 1))
                    continue
                }
                // What stands behind the dash is the first line of the element.
                let offset = lines[position].text.count - rest.count
                lines[position] = Line(indent: indent + offset, text: rest)
                elements.append(value(minimum: indent + offset, depth: depth + 1))
            }
            return .list(elements)
        }

        private mutating func mapping(_ indent: Int, _ depth: Int) -> Value {
            var fields: [String: Value] = [:]
            while position < lines.count, lines[position].indent == indent {
                guard let (key, rest) = BlockYAML.key(lines[position].text) else {
                    position += 1
                    continue
                }
                position += 1
                if rest == "|" || rest == ">" || rest.hasPrefix("|-") || rest.hasPrefix(">-") {
                    skip(deeperThan: indent)
                } else if !rest.isEmpty {
                    fields[key] = BlockYAML.scalar(rest)
                    skip(deeperThan: indent)
                } else if position < lines.count, lines[position].indent == indent,
                    lines[position].text.hasPrefix("-")
                {
                    // A sequence may stand as far left as its key.
                    fields[key] = sequence(indent, depth + 1)
                } else {
                    fields[key] = value(minimum: indent + 1, depth: depth + 1)
                    skip(deeperThan: indent)
                }
            }
            return .object(fields)
        }

        /// Passes over lines that belong to nothing.
        private mutating func skip(deeperThan indent: Int) {
            while position < lines.count, lines[position].indent > indent { position += 1 }
        }
    }

    /// A line "key: rest"; nil if it is none.
    private static func key(_ line: Substring) -> (String, Substring)? {
        if let quote = line.first, quote == "\"" || quote == "'" {
            guard let end = line.dropFirst().firstIndex(of: quote) else { return nil }
            let rest = line[line.index(after: end)...]
            guard rest.hasPrefix(":") else { return nil }
            return (
                String(line[line.index(after: line.startIndex)..<end]), rest.dropFirst().drop { $0 == " " }
            )
        }
        var place = line.startIndex
        while let colon = line[place...].firstIndex(of: ":") {
            let next = line.index(after: colon)
            if next == line.endIndex || line[next] == " " {
                return (String(line[..<colon]), line[next...].drop { $0 == " " })
            }
            place = next
        }
        return nil
    }

    private static func scalar(_ text: Substring) -> Value {
        let text = String(text).trimmed
        if text.hasPrefix("["), text.hasSuffix("]") {
            let inner = text.dropFirst().dropLast()
            if String(inner).trimmed.isEmpty { return .list([]) }
            return .list(inner.split(separator: ",").map { scalar(Substring(String($0).trimmed)) })
        }
        if let quote = text.first, quote == "\"" || quote == "'", text.count > 1, text.last == quote {
            let inner = String(text.dropFirst().dropLast())
            return .string(
                quote == "'" ? inner.replacing("''", with: "'") : inner.replacing("\\\"", with: "\""))
        }
        switch text {
        case "true", "True": return .bool(true)
        case "false", "False": return .bool(false)
        case "", "~", "null": return .null
        default: return .string(text)
        }
    }

    private static func withoutComment(_ line: Substring) -> Substring {
        var quote: Character?
        var previous: Character = " "
        for place in line.indices {
            let character = line[place]
            if let open = quote {
                if character == open { quote = nil }
            } else if character == "#", previous == " " {
                return Substring(String(line[..<place]).trimmed)
            } else if character == "\"" || character == "'",
                previous == " " || previous == ":" || previous == "["
            {
                quote = character
            }
            previous = character
        }
        return Substring(String(line).trimmed)
    }
}
