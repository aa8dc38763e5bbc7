import LyceumKit

extension TemplateFilter {
    /// Filters that make text.
    static let text: [String: TemplateFilter] = [
        "upper": TemplateFilter { try $0.bounded(try $0.text($1, "upper").uppercased()) },
        "lower": TemplateFilter { try $0.bounded(try $0.text($1, "lower").lowercased()) },
        "capitalize": TemplateFilter {
            .string(PythonText.capitalized(try $0.text($1, "capitalize")))
        },
        "title": TemplateFilter { .string(PythonText.titled(try $0.text($1, "title"))) },
        "trim": TemplateFilter(["chars"]) {
            .string(PythonText.trimmed(try $0.text($1, "trim"), try $2.string("chars", $0)))
        },
        "string": TemplateFilter { .string(try $0.text($1, "string")) },
        // A prompt is no web page: nothing is escaped unasked, so nothing needs to be marked as safe.
        "safe": TemplateFilter { .string(try $0.text($1, "safe")) },
        "escape": TemplateFilter { evaluator, value, _ in
            var result = ""
            for scalar in try evaluator.text(value, "escape").unicodeScalars {
                switch scalar {
                case "&": result += "&amp;"
                case "<": result += "&lt;"
                case ">": result += "&gt;"
                case "'": result += "&#39;"
                case "\"": result += "&#34;"
                default: result.unicodeScalars.append(scalar)
                }
            }
            return try evaluator.bounded(result)
        },
        "replace": TemplateFilter(["old", "new", "count"]) { evaluator, value, arguments in
            guard let old = try arguments.string("old", evaluator),
                let new = try arguments.string("new", evaluator)
            else { throw evaluator.fault("replace: it needs two strings", "as in replace(\"old\", \"new\")") }
            let most = arguments["count"] == nil ? nil : try arguments.integer("count", 0, evaluator)
            return .string(try evaluator.replaced(try evaluator.text(value, "replace"), old, new, most: most))
        },
        "truncate": TemplateFilter(["length", "killwords", "end", "leeway"], truncate),
        "indent": TemplateFilter(["width", "first", "blank"], indent),
        "center": TemplateFilter(["width"]) { evaluator, value, arguments in
            let text = try evaluator.text(value, "center")
            let width = try arguments.integer("width", 80, evaluator)
            try evaluator.checkLength(max(0, width), times: 1)
            let missing = max(0, width - text.unicodeScalars.count)
            // Python's str.center puts the odd space on the left of an odd width.
            let left = missing / 2 + (missing & width & 1)
            return .string(
                String(repeating: " ", count: left) + text + String(repeating: " ", count: missing - left))
        },
        "wordcount": TemplateFilter { evaluator, value, _ in
            let text = try evaluator.text(value, "wordcount")
            try evaluator.count(text.utf8.count >> 6)
            return .integer(PythonText.wordCount(text))
        },
        "tojson": TemplateFilter(["indent"]) { evaluator, value, arguments in
            let indent = arguments["indent"] == nil ? nil : try arguments.integer("indent", 0, evaluator)
            if let indent { try evaluator.checkLength(max(0, indent), times: 1000) }
            return try evaluator.bounded(TemplateJSON.encode(value, indent: indent.map { max(0, $0) }))
        },
    ]

    @Sendable private static func truncate(
        _ evaluator: inout TemplateEvaluator, _ value: Value, _ arguments: FilterArguments
    ) throws -> Value? {
        let text = Array(try evaluator.text(value, "truncate").unicodeScalars)
        let length = try arguments.integer("length", 255, evaluator)
        let end = try arguments.string("end", evaluator) ?? "..."
        let leeway = try arguments.integer("leeway", 5, evaluator)
        let endLength = end.unicodeScalars.count
        guard length >= endLength, leeway >= 0 else {
            throw evaluator.fault(
                "truncate: the length \(length) has no room for the end \"\(end)\"",
                "give a length of at least \(endLength)")
        }
        func string(_ part: ArraySlice<Unicode.Scalar>) -> String { String(String.UnicodeScalarView(part)) }
        if text.count - leeway <= length { return .string(string(text[...])) }
        let cut = text[..<(length - endLength)]
        if arguments.flag("killwords") { return .string(string(cut) + end) }
        return .string(string(cut.lastIndex(of: " ").map { cut[..<$0] } ?? cut) + end)
    }

    @Sendable private static func indent(
        _ evaluator: inout TemplateEvaluator, _ value: Value, _ arguments: FilterArguments
    ) throws -> Value? {
        let text = try evaluator.text(value, "indent")
        var indention = arguments["width"]?.string ?? ""
        if arguments["width"]?.string == nil {
            let width = try arguments.integer("width", 4, evaluator)
            try evaluator.checkLength(max(0, width), times: 1)
            indention = String(repeating: " ", count: max(0, width))
        }
        // Jinja adds a line break first, so that a text that ends with one has an empty last line.
        let lines = PythonText.lines(text + "\n")
        try evaluator.checkLength(indention.utf8.count, times: lines.count)
        let blank = arguments.flag("blank")
        var result = arguments.flag("first") ? indention : ""
        for (i, line) in lines.enumerated() {
            if i > 0 { result += "\n" + (blank || !line.isEmpty ? indention : "") }
            result += line
        }
        return try evaluator.bounded(result)
    }
}

/// JSON as Python's `json.dumps(…, ensure_ascii=False)` writes it, names in their order.
enum TemplateJSON {
    /// - Parameter indent: spaces for each level; nil writes one line.
    static func encode(_ value: Value, indent: Int?) -> String {
        var bytes: [UInt8] = []
        append(value, &bytes, indent, depth: 0)
        return String(decoding: bytes, as: UTF8.self)
    }

    private static func append(_ value: Value, _ bytes: inout [UInt8], _ indent: Int?, depth: Int) {
        switch value {
        case .list(let elements):
            group(elements, ("[", "]"), &bytes, indent, depth) { append($0, &$1, indent, depth: depth + 1) }
        case .object(let fields):
            group(fields.sorted { $0.key < $1.key }, ("{", "}"), &bytes, indent, depth) {
                JSON.append(string: $0.key, to: &$1)
                $1 += ": ".utf8
                append($0.value, &$1, indent, depth: depth + 1)
            }
        default: JSON.append(value, to: &bytes)
        }
    }

    private static func group<Element>(
        _ elements: [Element], _ marks: (String, String), _ bytes: inout [UInt8], _ indent: Int?,
        _ depth: Int, _ write: (Element, inout [UInt8]) -> Void
    ) {
        func breakLine(_ depth: Int) {
            guard let indent else { return }
            bytes.append(UInt8(ascii: "\n"))
            bytes += repeatElement(UInt8(ascii: " "), count: indent * depth)
        }
        bytes += marks.0.utf8
        for (i, element) in elements.enumerated() {
            if i > 0 { bytes += (indent == nil ? ", " : ",").utf8 }
            breakLine(depth + 1)
            write(element, &bytes)
        }
        if !elements.isEmpty { breakLine(depth) }
        bytes += marks.1.utf8
    }
}
