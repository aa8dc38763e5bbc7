import LyceumKit

extension TemplateFilter {
    /// Filters that make text.
    static let text: [String: TemplateFilter] = [
        "upper": TemplateFilter { try $0.like($1, try $0.text($1, "upper").uppercased()) },
        "lower": TemplateFilter { try $0.like($1, try PythonText.lowercased(try $0.text($1, "lower"))) },
        "capitalize": TemplateFilter {
            try $0.like($1, try PythonText.capitalized(try $0.text($1, "capitalize")))
        },
        "title": TemplateFilter { .string(try $0.bounded(try PythonText.titled(try $0.text($1, "title")))) },
        "trim": TemplateFilter(["chars"]) {
            try $0.like($1, PythonText.trimmed(try $0.text($1, "trim"), try $2.string("chars", $0)))
        },
        "string": TemplateFilter { try $0.like($1, try $0.text($1, "string")) },
        "replace": TemplateFilter(["old", "new", "count"]) { evaluator, value, arguments in
            guard let old = arguments.byName["old"], let new = arguments.byName["new"] else {
                throw evaluator.fault("replace: it needs two strings", "as in replace(\"old\", \"new\")")
            }
            let most = arguments["count"] == nil ? nil : try arguments.integer("count", 0, evaluator)
            return .string(
                try evaluator.replaced(
                    try evaluator.text(value, "replace"), try evaluator.text(old), try evaluator.text(new),
                    most: most))
        },
        "truncate": TemplateFilter(["length", "killwords", "end", "leeway"], truncate),
        "indent": TemplateFilter(["width", "first", "blank"], indent),
        "center": TemplateFilter(["width"]) { evaluator, value, arguments in
            let text = try evaluator.text(value, "center")
            return try evaluator.like(
                value,
                try evaluator.padded(text, try arguments.integer("width", 80, evaluator), " ", "center"))
        },
        "wordcount": TemplateFilter { .integer(try PythonText.wordCount(try $0.text($1, "wordcount"))) },
        "wordwrap": TemplateFilter(
            ["width", "break_long_words", "wrapstring", "break_on_hyphens"]
        ) { evaluator, value, arguments in
            let text = try evaluator.text(value, "wordwrap")
            let width = try arguments.integer("width", 79, evaluator)
            guard width > 0 else { throw evaluator.fault("wordwrap: expected a width of at least 1", nil) }
            let wrap = PythonWrap(
                width: width, breaksLongWords: arguments.flag("break_long_words", true),
                breaksOnHyphens: arguments.flag("break_on_hyphens", true))
            let mark = try arguments.string("wrapstring", evaluator) ?? "\n"
            var lines: [String] = []
            for line in try PythonText.lines(text) {
                try evaluator.count(1 + line.utf8.count >> 6)
                lines.append(wrap.wrapped(line).joined(separator: mark))
            }
            try evaluator.checkLength(mark.utf8.count + 1, times: lines.count)
            return .string(try evaluator.bounded(lines.joined(separator: mark)))
        },
        "format": TemplateFilter(takesMore: true) { evaluator, value, arguments in
            let format = try evaluator.text(value, "format")
            guard arguments.positional.isEmpty || arguments.named.isEmpty else {
                throw evaluator.fault("format: give values or names, not both", nil)
            }
            let table =
                arguments.named.isEmpty
                ? nil : try evaluator.table(arguments.named.map { (.string($0.name), $0.value) }).table
            return .string(try evaluator.formatted(format, arguments.positional, by: table))
        },
        "pprint": TemplateFilter { evaluator, value in
            .string(try evaluator.bounded(try PythonPrinter(evaluator).lines(value)))
        },
        "attr": TemplateFilter(["name"]) { evaluator, value, arguments in
            guard let name = try arguments.string("name", evaluator) else {
                throw evaluator.fault("attr: expected a name", nil)
            }
            switch value {
            case .namespace(let namespace): return namespace.fields[name]
            case .loop(let loop): return loop[name]
            case .function(let function): return function.fields[name].map { $0() }
            default: return evaluator.method(name, of: value)
            }
        },
        "tojson": TemplateFilter(["indent", "ensure_ascii", "separators", "sort_keys"], json),
    ]

    @Sendable private static func json(
        _ evaluator: TemplateEvaluator, _ value: TemplateValue, _ arguments: FilterArguments
    ) throws -> TemplateValue? {
        var style = TemplateEvaluator.JSONStyle(itemSeparator: ", ", keySeparator: ": ")
        // The first value of transformers' own filter is `ensure_ascii`.
        let isPlaced = evaluator.style == .chat && !arguments.positional.isEmpty
        let indent = isPlaced ? arguments.named.first { $0.name == "indent" }?.value : arguments["indent"]
        if let indent, !indent.isNull {
            if let text = indent.string {
                style.indent = text
            } else {
                let width = max(0, indent.integer ?? -1)
                guard indent.integer != nil else {
                    throw arguments.mismatch("indent", "a whole number", indent, evaluator)
                }
                try evaluator.checkLength(width, times: 1000)
                style.indent = String(repeating: " ", count: width)
            }
            style.itemSeparator = ","
        }
        style.escapesNonASCII = isPlaced ? arguments.positional[0].isTrue : arguments.flag("ensure_ascii")
        style.sortsKeys = arguments.flag("sort_keys")
        if let separators = arguments["separators"] {
            guard let parts = separators.list?.elements.compactMap(\.string), parts.count == 2 else {
                throw arguments.mismatch("separators", "two strings", separators, evaluator)
            }
            (style.itemSeparator, style.keySeparator) = (parts[0], parts[1])
        }
        return .string(try evaluator.written(value, .json(style)))
    }

    @Sendable private static func truncate(
        _ evaluator: TemplateEvaluator, _ value: TemplateValue, _ arguments: FilterArguments
    ) throws -> TemplateValue? {
        let whole = try evaluator.text(value, "truncate")
        let length = try arguments.integer("length", 255, evaluator)
        let end = try arguments.string("end", evaluator) ?? "..."
        let leeway = try arguments.integer("leeway", 5, evaluator)
        let endLength = end.unicodeScalars.count
        guard length >= endLength, leeway >= 0 else {
            throw evaluator.fault(
                "truncate: the length \(length) has no room for the end \"\(end)\"",
                "give a length of at least \(endLength)")
        }
        if whole.utf8.count - leeway <= length { return .string(whole) }
        let text = Array(whole.unicodeScalars)
        func string(_ part: ArraySlice<Unicode.Scalar>) -> String { String(String.UnicodeScalarView(part)) }
        if text.count - leeway <= length { return .string(whole) }
        let cut = text[..<(length - endLength)]
        if arguments.flag("killwords") { return .string(try evaluator.bounded(string(cut) + end)) }
        return .string(try evaluator.bounded(string(cut.lastIndex(of: " ").map { cut[..<$0] } ?? cut) + end))
    }

    @Sendable private static func indent(
        _ evaluator: TemplateEvaluator, _ value: TemplateValue, _ arguments: FilterArguments
    ) throws -> TemplateValue? {
        let text = try evaluator.text(value, "indent")
        var indention = arguments["width"]?.string ?? ""
        if arguments["width"]?.string == nil {
            let width = try arguments.integer("width", 4, evaluator)
            try evaluator.checkLength(max(0, width), times: 1)
            indention = String(repeating: " ", count: max(0, width))
        }
        // Jinja adds a line break first, so that a text that ends with one has an empty last line.
        let lines = try PythonText.lines(text + "\n")
        try evaluator.checkLength(indention.utf8.count + 1, times: lines.count)
        let blank = arguments.flag("blank")
        var result = arguments.flag("first") ? indention : ""
        for (i, line) in lines.enumerated() {
            if i > 0 { result += "\n" + (blank || !line.isEmpty ? indention : "") }
            result += line
        }
        return try evaluator.like(value, result)
    }
}

/// Python's `textwrap`, as `wordwrap` uses it. Source: CPython 3.11, `textwrap.py`.
struct PythonWrap {
    let width: Int
    let breaksLongWords: Bool
    let breaksOnHyphens: Bool

    /// The lines of a paragraph.
    func wrapped(_ text: String) -> [String] {
        var chunks = Array(chunks(of: Array(text.unicodeScalars)).reversed())
        var lines: [String] = []
        while !chunks.isEmpty {
            var line: [[Unicode.Scalar]] = []
            var length = 0
            // White space that begins a line goes, except at the very beginning.
            if !lines.isEmpty, chunks.last.map(Self.isBlank) == true { chunks.removeLast() }
            while let chunk = chunks.last, chunk.count <= width - length {
                line.append(chunk)
                length += chunk.count
                chunks.removeLast()
            }
            if let chunk = chunks.last, chunk.count > width { handle(&chunks, chunk, &line, &length) }
            if line.last.map(Self.isBlank) == true { line.removeLast() }
            if !line.isEmpty { lines.append(String(String.UnicodeScalarView(line.joined()))) }
        }
        return lines
    }

    private func handle(
        _ chunks: inout [[Unicode.Scalar]], _ chunk: [Unicode.Scalar], _ line: inout [[Unicode.Scalar]],
        _ length: inout Int
    ) {
        let space = width - length
        if breaksLongWords {
            var end = min(space, chunk.count)
            if breaksOnHyphens, chunk.count > space, let hyphen = chunk[..<space].lastIndex(of: "-"),
                hyphen > 0,
                chunk[..<hyphen].contains(where: { $0 != "-" })
            {
                end = hyphen + 1
            }
            // Nothing fits: what is appended is empty, and keeps the white space before it, as there.
            line.append(Array(chunk[..<end]))
            chunks[chunks.count - 1] = Array(chunk[end...])
            if chunks.last?.isEmpty == true { chunks.removeLast() }
        } else if line.isEmpty {
            line.append(chunk)
            chunks.removeLast()
        }
        length = width
    }

    private static func isBlank(_ chunk: [Unicode.Scalar]) -> Bool { chunk.allSatisfy(\.isTemplateSpace) }

    private static func isSpace(_ scalar: Unicode.Scalar) -> Bool {
        scalar == " " || (0x09...0x0D).contains(scalar.value)
    }

    private static func isWordPart(_ scalar: Unicode.Scalar) -> Bool {
        scalar == "_" || scalar.isLetterInPython || scalar.properties.numericType != nil
    }

    private static func isPunctuation(_ scalar: Unicode.Scalar) -> Bool {
        isWordPart(scalar) || "!\"'&.,?".unicodeScalars.contains(scalar)
    }

    /// A letter or "_": `[^\d\W]`.
    private static func isLetter(_ scalar: Unicode.Scalar) -> Bool {
        isWordPart(scalar) && scalar.properties.numericType != .decimal
    }

    /// The pieces between which a line may end: words, parts of hyphenated ones, dashes, white space.
    private func chunks(of text: [Unicode.Scalar]) -> [[Unicode.Scalar]] {
        var chunks: [[Unicode.Scalar]] = []
        var place = 0
        while place < text.count {
            var end = place + 1
            if Self.isSpace(text[place]) {
                while end < text.count, Self.isSpace(text[end]) { end += 1 }
            } else if breaksOnHyphens {
                end = endOfWord(text, place)
            } else {
                while end < text.count, !Self.isSpace(text[end]) { end += 1 }
            }
            chunks.append(Array(text[place..<end]))
            place = end
        }
        return chunks
    }

    private func endOfWord(_ text: [Unicode.Scalar], _ start: Int) -> Int {
        func dashes(at place: Int) -> Int {
            var end = place
            while end < text.count, text[end] == "-" { end += 1 }
            return end - place
        }
        // A dash between words.
        if text[start] == "-", start > 0, Self.isPunctuation(text[start - 1]) {
            let count = dashes(at: start)
            if count >= 2, start + count < text.count, Self.isWordPart(text[start + count]) {
                return start + count
            }
        }
        var end = start + 1
        while end <= text.count {
            if end == text.count || Self.isSpace(text[end]) { return end }
            if text[end] == "-" {
                // Behind a hyphen: two letters before it (or letter, hyphen, letter), and letters behind it.
                let twoBefore =
                    end - start >= 2 && Self.isLetter(text[end - 1]) && Self.isLetter(text[end - 2])
                let wide =
                    end >= 3 && Self.isLetter(text[end - 1]) && text[end - 2] == "-"
                    && Self.isLetter(text[end - 3])
                let two = end >= 2 && Self.isLetter(text[end - 1]) && Self.isLetter(text[end - 2])
                if twoBefore || two || wide {
                    let next = end + 1
                    if next < text.count, Self.isLetter(text[next]) {
                        let second = next + 1
                        let isWord =
                            (second < text.count && Self.isLetter(text[second]))
                            || (second + 1 < text.count && text[second] == "-"
                                && Self.isLetter(text[second + 1]))
                        if isWord { return next }
                    }
                }
                // Before a dash between words.
                if Self.isPunctuation(text[end - 1]) {
                    let count = dashes(at: end)
                    if count >= 2, end + count < text.count, Self.isWordPart(text[end + count]) { return end }
                }
            }
            end += 1
        }
        return text.count
    }
}

/// Python's `pprint.pformat` with its standard width. Source: CPython 3.11, `pprint.py`; long strings stay whole.
struct PythonPrinter {
    private let evaluator: TemplateEvaluator
    private static let width = 80

    init(_ evaluator: TemplateEvaluator) { self.evaluator = evaluator }

    func lines(_ value: TemplateValue) throws -> String { try text(value, indent: 0, allowance: 0) }

    private func text(_ value: TemplateValue, indent: Int, allowance: Int) throws -> String {
        try evaluator.checkStack()
        let whole = try evaluator.written(sorted(value), .python)
        guard whole.unicodeScalars.count > Self.width - indent - allowance else { return whole }
        switch value {
        case .list(let list) where !list.elements.isEmpty:
            let marks = list.isTuple ? ("(", ")") : ("[", "]")
            var parts: [String] = []
            for (i, element) in list.elements.enumerated() {
                let isLast = i == list.elements.count - 1
                parts.append(try text(element, indent: indent + 1, allowance: isLast ? allowance + 1 : 1))
            }
            let end = list.isTuple && parts.count == 1 ? "," + marks.1 : marks.1
            return marks.0 + parts.joined(separator: ",\n" + String(repeating: " ", count: indent + 1)) + end
        case .table(let table) where !table.keys.isEmpty:
            let pairs = try sortedPairs(table)
            var parts: [String] = []
            for (i, pair) in pairs.enumerated() {
                let key = try evaluator.written(pair.key, .python)
                let isLast = i == pairs.count - 1
                let inner = try text(
                    pair.value, indent: indent + 1 + key.unicodeScalars.count + 2,
                    allowance: isLast ? allowance + 1 : 1)
                parts.append("\(key): \(inner)")
            }
            return "{" + parts.joined(separator: ",\n" + String(repeating: " ", count: indent + 1)) + "}"
        default: return whole
        }
    }

    private func sortedPairs(_ table: TemplateTable) throws -> [(key: TemplateValue, value: TemplateValue)] {
        try table.pairs.sorted { left, right in
            if let order = try? evaluator.order(left.key, right.key) { return order == .less }
            return try evaluator.text(left.key) < evaluator.text(right.key)
        }
    }

    /// With all tables inside sorted.
    private func sorted(_ value: TemplateValue) throws -> TemplateValue {
        try evaluator.checkStack()
        switch value {
        case .list(let list): return try evaluator.list(try list.elements.map(sorted), isTuple: list.isTuple)
        case .table(let table):
            return try evaluator.table(try sortedPairs(table).map { ($0.key, try sorted($0.value)) })
        default: return value
        }
    }
}
