import LyceumKit

extension TemplateEvaluator {
    /// `function(arguments)` or `base.method(arguments)`.
    ///
    /// - Parameter adding: what is added to the arguments.
    func call(
        _ function: Expression, _ arguments: Expression.Arguments, _ line: Int,
        _ adding: ((inout TemplateFunction.Arguments) -> Void)? = nil
    ) throws -> TemplateValue? {
        if case .field(let base, let name, _) = function {
            let receiver = try value(base)
            var given = try self.arguments(arguments)
            adding?(&given)
            self.line = line
            // A method goes before a field of that name, as in Python.
            if let method = try method(name, of: receiver) ?? field(of: receiver, name, base) {
                return try call(method, given, called: name)
            }
            throw noMethod(name, of: receiver)
        }
        guard let callee = try found(function) else {
            guard case .name(let name, _) = function else { throw fault("this cannot be called", nil) }
            self.line = line
            let near = Nearest.names(to: name, among: Self.globals.keys.sorted() + names)
            throw fault(
                "'\(name)' is not a function",
                near.first.map { "did you mean '\($0)'?" }
                    ?? "a value is put in without brackets: {{ \(name) }}")
        }
        var given = try self.arguments(arguments)
        adding?(&given)
        self.line = line
        let name: String?
        if case .name(let written, _) = function { name = written } else { name = nil }
        return try call(callee, given, called: name)
    }

    /// The values of what stands in brackets.
    func arguments(_ arguments: Expression.Arguments) throws -> TemplateFunction.Arguments {
        var given = TemplateFunction.Arguments()
        given.positional = try arguments.positional.map { try value($0) }
        for (name, expression) in arguments.named { given.named.append((name, try value(expression))) }
        if let list = arguments.list {
            given.positional += try elements(of: try value(list), "'*'")
            guard given.positional.count <= Self.longestList else { throw tooManyElements() }
        }
        if let table = arguments.table {
            guard let fields = try value(table).table else { throw fault("'**' needs a table", nil) }
            for (key, value) in fields.pairs {
                guard let name = key.string else { throw fault("'**' needs a table of names", nil) }
                guard !given.named.contains(where: { $0.name == name }) else {
                    throw fault("'\(name)' is given twice", nil)
                }
                given.named.append((name, value))
            }
        }
        return given
    }

    private func call(
        _ callee: TemplateValue, _ arguments: TemplateFunction.Arguments, called name: String?
    ) throws -> TemplateValue {
        try count(1)
        try checkStack()
        switch callee {
        case .function(let function): return try function.body(self, arguments)
        case .loop(let loop):
            guard let again = loop.again, let source = arguments.positional.first else {
                throw fault("loop(…) needs a recursive loop and a list", "write {% for … recursive %}")
            }
            return try again(self, source)
        default:
            let what = name.map { "'\($0)'" } ?? "a \(callee.typeName)"
            throw fault(
                "\(what) is not a function",
                name.map { "a value is put in without brackets: {{ \($0) }}" })
        }
    }

    private func noMethod(_ name: String, of receiver: TemplateValue) -> LyceumError {
        let known = Self.methods(of: receiver)
        if receiver.isUndefined { return fault("the value before '.\(name)' is not defined", nil) }
        if Self.changing.contains(name) {
            return fault(
                "'\(name)' would change a \(receiver.typeName), and values of templates do not change",
                "make a new one: {% set l = l + [x] %}, or keep it in a namespace()")
        }
        let near = Nearest.names(to: name, among: known)
        let remedy =
            near.isEmpty
            ? (known.isEmpty ? nil : "there are " + known.prefix(60).joined(separator: ", "))
            : "did you mean " + near.map { "'\($0)'" }.joined(separator: " or ") + "?"
        return fault("a \(receiver.typeName) has no method '\(name)'", remedy)
    }

    // MARK: functions

    /// What templates call by name: Jinja's, and those that transformers gives to templates of chats.
    static var globals: [String: TemplateValue] { allGlobals }

    private static nonisolated(unsafe) let allGlobals: [String: TemplateValue] = [
        "range": .function(TemplateFunction("range") { try $0.range($1) }),
        "namespace": .function(
            TemplateFunction("namespace") { evaluator, arguments in
                let namespace = try evaluator.namespace()
                for (name, value) in try evaluator.fields(arguments, "namespace") {
                    namespace.set(name, value)
                }
                return .namespace(namespace)
            }),
        "dict": .function(
            TemplateFunction("dict") { evaluator, arguments in
                try evaluator.table(
                    try evaluator.fields(arguments, "dict").map { (.string($0.name), $0.value) })
            }),
        "cycler": .function(TemplateFunction("cycler") { try $0.cycler($1) }),
        "joiner": .function(TemplateFunction("joiner") { try $0.joiner($1) }),
        "lipsum": .function(
            TemplateFunction("lipsum") { evaluator, _ in
                throw evaluator.fault(
                    "lipsum() makes filler at random, which no prompt needs", "write the text out")
            }),
        "raise_exception": .function(
            TemplateFunction("raise_exception") { evaluator, arguments in
                let message = try evaluator.text(
                    arguments.positional.first ?? arguments.named.first?.value ?? "")
                throw evaluator.fault(String(message.prefix(1000)), nil)
            }),
        "strftime_now": .function(
            TemplateFunction("strftime_now") { evaluator, arguments in
                guard let format = (arguments.positional.first ?? arguments.named.first?.value)?.string else {
                    throw evaluator.fault(
                        "strftime_now: it needs a format", "as in strftime_now(\"%Y-%m-%d\")")
                }
                return .string(try evaluator.bounded(PythonText.time(format, at: evaluator.moment)))
            }),
    ]

    /// The fields of `dict(a = 1)` and `namespace(a = 1)`, which also take a table, or a list of pairs.
    private func fields(
        _ arguments: TemplateFunction.Arguments, _ function: String
    ) throws -> [(name: String, value: TemplateValue)] {
        var fields: [(name: String, value: TemplateValue)] = []
        guard arguments.positional.count <= 1 else {
            throw fault("\(function): give names: \(function)(a = 1)", nil)
        }
        if let first = arguments.positional.first {
            let pairs: [(key: TemplateValue, value: TemplateValue)]
            switch first {
            case .table(let table): pairs = table.pairs
            case .list(let list):
                pairs = try list.elements.map { element in
                    guard let pair = element.list?.elements, pair.count == 2 else {
                        throw fault("\(function): give names: \(function)(a = 1)", nil)
                    }
                    return (pair[0], pair[1])
                }
            default: throw fault("\(function): give names: \(function)(a = 1)", nil)
            }
            for (key, value) in pairs { fields.append((try text(key), value)) }
        }
        return fields + arguments.named
    }

    private func range(_ arguments: TemplateFunction.Arguments) throws -> TemplateValue {
        let numbers = arguments.positional.compactMap { value -> Int? in
            if case .number = value { return nil }
            return value.integer
        }
        guard arguments.named.isEmpty, numbers.count == arguments.positional.count,
            (1...3).contains(numbers.count)
        else { throw fault("range: expected one to three whole numbers", "as in range(3) or range(1, 4)") }
        let (start, end) = numbers.count == 1 ? (0, numbers[0]) : (numbers[0], numbers[1])
        let step = numbers.count == 3 ? numbers[2] : 1
        guard step != 0 else { throw fault("range: the step cannot be 0", nil) }
        var result: [TemplateValue] = []
        var next = start
        while step > 0 ? next < end : next > end {
            guard result.count < Self.longestList else { throw tooManyElements() }
            result.append(.integer(next))
            let (sum, overflows) = next.addingReportingOverflow(step)
            if overflows { break }
            next = sum
        }
        try count(result.count)
        return try list(result)
    }

    private func cycler(_ arguments: TemplateFunction.Arguments) throws -> TemplateValue {
        let items = arguments.positional
        guard !items.isEmpty, arguments.named.isEmpty else {
            throw fault("cycler: it needs values", "as in cycler('odd', 'even')")
        }
        var place = 0
        let cycler = TemplateFunction("cycler") { evaluator, _ in
            throw evaluator.fault("a cycler is not a function", "write .next()")
        }
        cycler.fields["current"] = { items[place % items.count] }
        cycler.fields["next"] = {
            .function(
                TemplateFunction("next") { _, _ in
                    defer { place = (place + 1) % items.count }
                    return items[place % items.count]
                })
        }
        cycler.fields["reset"] = {
            .function(
                TemplateFunction("reset") { _, _ in
                    place = 0
                    return .null
                })
        }
        return .function(cycler)
    }

    private func joiner(_ arguments: TemplateFunction.Arguments) throws -> TemplateValue {
        let separator = arguments.positional.first ?? arguments.named.first?.value ?? .string(", ")
        let text = try text(separator)
        var wasUsed = false
        return .function(
            TemplateFunction("joiner") { _, _ in
                defer { wasUsed = true }
                return .string(wasUsed ? text : "")
            })
    }

    // MARK: methods

    private static let changing: Set<String> = [
        "append", "extend", "insert", "pop", "remove", "clear", "update", "setdefault", "popitem", "sort",
        "reverse",
        "add", "discard",
    ]
    private static let tableMethods = ["items", "keys", "values", "get", "copy"]
    private static let listMethods = ["index", "count", "copy"]
    private static let loopMethods = ["cycle", "changed"]

    static func methods(of receiver: TemplateValue) -> [String] {
        switch receiver {
        case .string, .markup: return PythonText.methods
        case .table: return tableMethods
        case .list: return listMethods
        case .loop: return loopMethods
        case .integer: return ["bit_length", "is_integer"]
        case .number: return ["is_integer"]
        default: return []
        }
    }

    /// A method as a value; nil if the receiver has none of that name.
    func method(_ name: String, of receiver: TemplateValue) -> TemplateValue? {
        guard Self.methods(of: receiver).contains(name) else { return nil }
        return .function(
            TemplateFunction(name) { evaluator, arguments in
                try evaluator.invoke(name, on: receiver, arguments)
            })
    }

    private func invoke(
        _ name: String, on receiver: TemplateValue, _ arguments: TemplateFunction.Arguments
    ) throws -> TemplateValue {
        try count(1)
        switch receiver {
        case .string(let text), .markup(let text): return try invoke(name, on: text, arguments)
        case .table(let table): return try invoke(name, on: table, arguments)
        case .list(let list): return try invoke(name, on: list, arguments)
        case .loop(let loop): return try invoke(name, on: loop, arguments)
        case .integer(let number) where name == "bit_length":
            return .integer(Int.bitWidth - number.magnitude.leadingZeroBitCount)
        case .integer: return true
        case .number(let number): return .bool(number.rounded() == number)
        default: throw noMethod(name, of: receiver)
        }
    }

    private func invoke(
        _ name: String, on table: TemplateTable, _ arguments: TemplateFunction.Arguments
    ) throws -> TemplateValue {
        let given = arguments.positional
        try count(table.keys.count)
        switch (name, given.count) {
        case ("items", 0):
            return try list(try table.pairs.map { try list([$0.key, $0.value], isTuple: true) })
        case ("keys", 0): return try list(table.keys)
        case ("values", 0): return try list(table.values)
        case ("copy", 0): return .table(table)
        case ("get", 1), ("get", 2):
            if let text = given[0].string { try count(bytes: text.utf8.count) }
            return table[given[0]] ?? (given.count == 2 ? given[1] : .null)
        default: throw fault("\(name): these values do not fit", nil)
        }
    }

    private func invoke(
        _ name: String, on list: TemplateList, _ arguments: TemplateFunction.Arguments
    ) throws -> TemplateValue {
        switch (name, arguments.positional.count) {
        case ("copy", 0): return .list(list)
        case ("count", 1):
            return .integer(try list.elements.count { try equals($0, arguments.positional[0]) })
        case ("index", 1):
            for (i, element) in list.elements.enumerated() where try equals(element, arguments.positional[0])
            {
                return .integer(i)
            }
            throw fault("index: the list does not have that value", "ask first: {% if x in list %}")
        default: throw fault("\(name): these values do not fit", nil)
        }
    }

    private func invoke(
        _ name: String, on loop: TemplateLoopState, _ arguments: TemplateFunction.Arguments
    ) throws -> TemplateValue {
        let given = arguments.positional
        if name == "cycle" {
            guard !given.isEmpty else { throw fault("cycle: it needs values", nil) }
            return given[loop.index % given.count]
        }
        let same = try loop.lastChanged.map { last in
            try last.count == given.count && zip(last, given).allSatisfy { try equals($0, $1) }
        }
        loop.lastChanged = given
        return .bool(!(same ?? false))
    }

    /// The text with every `old`, or the first so many, replaced.
    func replaced(_ text: String, _ old: String, _ new: String, most: Int?) throws -> String {
        try count(bytes: text.utf8.count)
        let result = try PythonText.replaced(text, old, new, most: most, limit: Self.longestText)
        return try bounded(result)
    }
}
