import LyceumKit

extension TemplateEvaluator {
    /// What templates call by name.
    private static let functions = ["range", "namespace", "dict"]
    /// What they call on texts and tables, as Python has it.
    private static let methods = [
        "strip", "lstrip", "rstrip", "upper", "lower", "title", "capitalize", "startswith", "endswith",
        "replace", "split", "items", "keys", "values", "get", "cycle",
    ]

    /// `function(arguments)` or `base.method(arguments)`.
    mutating func call(_ function: Expression, _ arguments: Expression.Arguments, _ line: Int) throws
        -> Value?
    {
        switch function {
        case .name(let name, _) where Self.functions.contains(name):
            let values = try arguments.positional.map { try value($0) }
            var fields: [String: Value] = [:]
            for (name, expression) in arguments.named { fields[name] = try value(expression) }
            self.line = line
            if name == "range" { return try range(values, isPlain: fields.isEmpty) }
            guard values.isEmpty else { throw fault("\(name): give names: \(name)(a = 1)", nil) }
            return .object(fields)
        case .field(let base, let method, _):
            let receiver = try value(base)
            let values = try arguments.positional.map { try value($0) }
            self.line = line
            guard arguments.named.isEmpty else { throw fault("\(method): takes values without names", nil) }
            return try invoke(method, on: receiver, values)
        case .name(let name, _):
            self.line = line
            let near = Nearest.names(to: name, among: Self.functions)
            throw fault(
                "'\(name)' is no function",
                near.first.map { "did you mean '\($0)'?" }
                    ?? "a value is put in without brackets: {{ \(name) }}")
        default: throw fault("this cannot be called", nil)
        }
    }

    private mutating func range(_ values: [Value], isPlain: Bool) throws -> Value {
        let numbers = values.compactMap(\.integer)
        guard isPlain, numbers.count == values.count, (1...3).contains(numbers.count) else {
            throw fault("range: expected one to three whole numbers", "as in range(3) or range(1, 4)")
        }
        let (start, end) = numbers.count == 1 ? (0, numbers[0]) : (numbers[0], numbers[1])
        let step = numbers.count == 3 ? numbers[2] : 1
        guard step != 0 else { throw fault("range: the step cannot be 0", nil) }
        var result: [Value] = []
        var next = start
        while step > 0 ? next < end : next > end {
            guard result.count < Self.longestList else { throw tooManyElements() }
            result.append(.integer(next))
            let (sum, overflows) = next.addingReportingOverflow(step)
            if overflows { break }
            next = sum
        }
        try count(result.count)
        return .list(result)
    }

    private mutating func invoke(_ method: String, on receiver: Value, _ values: [Value]) throws -> Value? {
        try count(1)
        if let fields = receiver.object { return try invoke(method, on: fields, values) }
        guard let text = receiver.string, Self.methods.contains(method) else {
            let near = Nearest.names(to: method, among: Self.methods)
            throw fault(
                "a \(receiver.typeName) has no method '\(method)'",
                near.isEmpty ? nil : "did you mean " + near.map { "'\($0)'" }.joined(separator: " or ") + "?")
        }
        let texts = values.compactMap(\.string)
        switch (method, values.count) {
        case ("strip", 0...1): return .string(PythonText.trimmed(text, texts.first, .both))
        case ("lstrip", 0...1): return .string(PythonText.trimmed(text, texts.first, .start))
        case ("rstrip", 0...1): return .string(PythonText.trimmed(text, texts.first, .end))
        case ("upper", 0): return .string(text.uppercased())
        case ("lower", 0): return .string(text.lowercased())
        case ("capitalize", 0): return .string(PythonText.capitalized(text))
        case ("title", 0): return .string(PythonText.titled(text))
        case ("startswith", 1) where texts.count == 1: return .bool(text.utf8.starts(with: texts[0].utf8))
        case ("endswith", 1) where texts.count == 1:
            return .bool(text.utf8.reversed().starts(with: texts[0].utf8.reversed()))
        case ("replace", 2) where texts.count == 2:
            return .string(try replaced(text, texts[0], texts[1], most: nil))
        case ("split", 0...2):
            return .list(
                try PythonText.split(text, texts.first, most: values.dropFirst().first?.integer ?? -1)
                    .map(Value.string))
        default: throw fault("\(method): these values do not fit", nil)
        }
    }

    private mutating func invoke(
        _ method: String, on fields: [String: Value], _ values: [Value]
    ) throws -> Value? {
        let sorted = fields.sorted { $0.key < $1.key }
        try count(sorted.count)
        switch (method, values.count) {
        case ("items", 0): return .list(sorted.map { .list([.string($0.key), $0.value]) })
        case ("keys", 0): return .list(sorted.map { .string($0.key) })
        case ("values", 0): return .list(sorted.map(\.value))
        case ("get", 1), ("get", 2):
            return values.first.flatMap { fields[$0.text] } ?? (values.count == 2 ? values[1] : .null)
        case ("cycle", 1...):
            guard let position = fields["index0"]?.integer, position >= 0 else { break }
            return values[position % values.count]
        default: break
        }
        throw fault(
            "a table has no method '\(method)'", "there are items(), keys(), values(), get(name, default)")
    }

    /// The text with every `old`, or the first so many, replaced.
    mutating func replaced(_ text: String, _ old: String, _ new: String, most: Int?) throws -> String {
        try count(text.utf8.count >> 6)
        let result = PythonText.replaced(text, old, new, most: most, limit: Self.longestText)
        try checkLength(result.utf8.count, times: 1)
        return result
    }
}
