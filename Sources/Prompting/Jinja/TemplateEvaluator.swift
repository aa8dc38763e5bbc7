import LyceumKit

/// Renders the nodes of one template with one set of values.
///
/// What a template may do is bounded, since one that loops for ever would take the whole prompt with it: so many
/// steps, so much text, so much memory, so deep, and Ctrl-C is seen. Steps and bytes are counted while they are spent.
final class TemplateEvaluator {
    /// What the template is called in errors.
    let name: String
    let style: TemplateStyle
    /// The record: variables that the template does not set itself.
    let values: [String: Value]
    /// The moment that `strftime_now` tells, in seconds since 1970; nil is now.
    let moment: Int?
    /// The line that is being rendered.
    var line = 1
    /// Whether what is printed is escaped for HTML, as inside `{% autoescape true %}`.
    var escapes = false
    var scope = TemplateScope(in: nil)
    /// The lowest address that the stack may reach.
    let lowestAddress = StackGuard.lowest

    private var output = ""
    private var steps = 0
    /// Bytes of values that were made since this statement began.
    private var made = 0
    /// Bytes of values that were made since what is held was last added up.
    private var madeSinceLook = 0
    /// Values of the record that were asked for.
    private var converted: [String: TemplateValue] = [:]
    /// What may hold itself and is emptied in the end.
    private var namespaces: [TemplateNamespace] = []
    private var captured: [TemplateScope] = []

    /// Loop passes, filters, operators and kilobytes of text in one rendering.
    static let mostSteps = 1_000_000
    /// The longest text, in bytes of UTF-8.
    static let longestText = 32 << 20
    /// The longest list that a template makes.
    static let longestList = 100_000
    /// What the values of a template may hold at one time, in bytes.
    static let mostHeld = 256 << 20

    init(name: String, style: TemplateStyle, values: [String: Value], moment: Int? = nil) {
        self.name = name
        self.style = style
        self.values = values
        self.moment = moment
    }

    func render(_ nodes: [TemplateNode]) throws -> String {
        defer {
            // Macros hold the scopes that hold them, and a namespace may hold itself.
            for scope in captured { scope.variables = [:] }
            for namespace in namespaces { namespace.clear() }
        }
        _ = try append(nodes)
        return output
    }

    /// What comes after a node.
    enum Flow {
        case next
        case leaveLoop
        case nextPass
    }

    func append(_ nodes: [TemplateNode]) throws -> Flow {
        for node in nodes {
            let flow = try append(node)
            if flow != .next { return flow }
        }
        return .next
    }

    private func append(_ node: TemplateNode) throws -> Flow {
        try count(1)
        try lookAtMemory()
        switch node {
        case .text(let text): try append(text)
        case .output(let expression, let line):
            self.line = line
            try append(try shown(expression))
        case .branches(let branches, let otherwise, let line):
            self.line = line
            for (condition, body) in branches where try isTrue(condition) { return try append(body) }
            return try append(otherwise)
        case .loop(let loop, let line):
            self.line = line
            try append(loop)
        case .set(let target, let expression, let line):
            self.line = line
            try assign(target, try value(expression))
        case .capture(let target, let body, let filtered, let line):
            try assign(target, try captured(body, filtered, line))
        case .scope(let variables, let body, let line):
            self.line = line
            var inner: [String: TemplateValue] = [:]
            // Each is computed outside, as in Jinja since 2.9.
            for (name, expression) in variables { inner[name] = try value(expression) }
            return try within(inner) { try append(body) }
        case .filtered(let body, let filtered, let line):
            try append(try text(try captured(body, filtered, line)))
        case .macro(let macro, _): scope.variables[macro.name] = .function(self.macro(macro))
        case .call(let macro, let call, let line):
            self.line = line
            let result = try value(call) { arguments in
                arguments.named.append(("caller", .function(self.macro(macro))))
            }
            self.line = line
            try append(try text(result))
        case .escaping(let condition, let body, let line):
            self.line = line
            let before = escapes
            escapes = try isTrue(condition)
            defer { escapes = before }
            return try within([:]) { try append(body) }
        case .block(let body): return try within([:]) { try append(body) }
        case .leaveLoop: return .leaveLoop
        case .nextPass: return .nextPass
        }
        return .next
    }

    private func append(_ text: String) throws {
        output += text
        guard output.utf8.count <= Self.longestText else { throw tooLong() }
    }

    /// What a body renders, as a text of its own.
    func rendered(_ body: () throws -> Void) throws -> String {
        let before = output
        output = ""
        defer { output = before }
        try body()
        return output
    }

    private func captured(
        _ body: [TemplateNode], _ filtered: Expression, _ line: Int
    ) throws -> TemplateValue {
        let text = try rendered { _ = try within([:]) { try append(body) } }
        self.line = line
        let inside: TemplateValue = escapes ? .markup(text) : .string(text)
        return try within([TemplateNode.body: inside]) { try value(filtered) }
    }

    func within<T>(_ variables: [String: TemplateValue], _ body: () throws -> T) rethrows -> T {
        let outer = scope
        scope = TemplateScope(variables, in: outer)
        defer { scope = outer }
        return try body()
    }

    // MARK: loops

    private func append(_ loop: TemplateLoop) throws {
        try append(loop, try value(loop.source), level: 0)
    }

    private func append(_ loop: TemplateLoop, _ source: TemplateValue, level: Int) throws {
        let start = line
        var elements = try elements(of: source, "{% for %}")
        if let condition = loop.condition {
            elements = try elements.filter { element in
                try within([:]) {
                    try assign(loop.target, element, isLoop: true)
                    return try isTrue(condition)
                }
            }
        }
        if elements.isEmpty {
            _ = try within([:]) { try append(loop.otherwise) }
            return
        }
        try checkStack()
        let state = TemplateLoopState(elements, level: level)
        if loop.isRecursive {
            let outer = scope
            state.again = { evaluator, source in
                let before = evaluator.scope
                evaluator.scope = outer
                defer { evaluator.scope = before }
                return .string(
                    try evaluator.rendered { try evaluator.append(loop, source, level: level + 1) })
            }
        }
        defer { state.again = nil }
        for (i, element) in elements.enumerated() {
            try count(1)
            line = start
            state.index = i
            let flow = try within(["loop": .loop(state)]) {
                try assign(loop.target, element, isLoop: true)
                return try append(loop.body)
            }
            if flow == .leaveLoop { return }
        }
    }

    // MARK: variables

    func assign(_ target: AssignmentTarget, _ value: TemplateValue, isLoop: Bool = false) throws {
        switch target {
        case .name(let name): scope.variables[name] = value
        case .field(let name, let field):
            guard case .namespace(let namespace)? = variable(name) else {
                throw fault("'\(name)' is not a namespace", "make one: {% set \(name) = namespace() %}")
            }
            try make(bytes: 64)
            namespace.set(field, value)
        case .several(let targets):
            let parts: [TemplateValue]
            switch value {
            case .list(let list): parts = list.elements
            case .string(let text) where !isLoop && style == .chat:
                parts = try elements(of: .string(text), "set")
            default: parts = []
            }
            guard value.list != nil || !parts.isEmpty, parts.count == targets.count else {
                throw mismatch(targets, value, isLoop)
            }
            for (target, part) in zip(targets, parts) { try assign(target, part, isLoop: isLoop) }
        }
    }

    private func mismatch(
        _ targets: [AssignmentTarget], _ value: TemplateValue, _ isLoop: Bool
    ) -> LyceumError {
        guard isLoop else { return fault("'{% set %}' needs \(targets.count) values for its names", nil) }
        let names = targets.map(\.text).joined(separator: ", ")
        return fault(
            "'{% for \(names) %}' needs lists of \(targets.count), got "
                + (value.list.map { "one of \($0.elements.count)" } ?? "a \(value.typeName)"),
            value.table == nil ? nil : "for the pairs of a table write {% for key, value in t.items() %}")
    }

    /// A variable of the template or a value of the record; nil if there is neither.
    func variable(_ name: String) -> TemplateValue? {
        if let value = scope.find(name) { return value }
        if let value = converted[name] { return value }
        guard let value = values[name] else { return nil }
        let made = TemplateValue(value)
        converted[name] = made
        return made
    }

    /// The names that can be written here.
    var names: [String] { scope.names.union(values.keys).filter { !$0.hasPrefix("%") }.sorted() }

    // MARK: macros and namespaces

    func namespace() throws -> TemplateNamespace {
        let namespace = TemplateNamespace()
        try make(bytes: 128)
        namespaces.append(namespace)
        return namespace
    }

    /// A macro as a value; it sees the variables that are around its definition.
    private func macro(_ macro: TemplateMacro) -> TemplateFunction {
        let around = scope
        captured.append(around)
        let function = TemplateFunction(macro.name) { evaluator, arguments in
            try evaluator.call(macro, in: around, arguments)
        }
        function.fields["name"] = { .string(macro.name) }
        function.fields["arguments"] = {
            .list(TemplateList(macro.parameters.map { .string($0.name) }, isTuple: true, depth: 0))
        }
        function.fields["caller"] = { .bool(macro.uses.contains("caller")) }
        function.fields["catch_kwargs"] = { .bool(macro.uses.contains("kwargs")) }
        function.fields["catch_varargs"] = { .bool(macro.uses.contains("varargs")) }
        return function
    }

    private func call(
        _ macro: TemplateMacro, in around: TemplateScope, _ arguments: TemplateFunction.Arguments
    ) throws -> TemplateValue {
        try checkStack()
        let count = macro.parameters.count
        guard arguments.positional.count <= count || macro.uses.contains("varargs") else {
            throw fault(
                "the macro '\(macro.name)' takes \(count) values, got \(arguments.positional.count)", nil)
        }
        var given: [String: TemplateValue] = [:]
        for (parameter, value) in zip(macro.parameters, arguments.positional) {
            given[parameter.name] = value
        }
        var further: [(key: TemplateValue, value: TemplateValue)] = []
        for (name, value) in arguments.named {
            if macro.parameters.contains(where: { $0.name == name }) {
                guard given[name] == nil else {
                    throw fault("the macro '\(macro.name)' gets '\(name)' twice", nil)
                }
                given[name] = value
            } else if name == "caller" {
                given[name] = value
            } else if macro.uses.contains("kwargs") {
                further.append((.string(name), value))
            } else {
                throw fault(
                    "the macro '\(macro.name)' has no '\(name)'",
                    "it takes \(macro.parameters.map(\.name).joined(separator: ", "))")
            }
        }
        if given["caller"] != nil, !macro.uses.contains("caller") {
            throw fault(
                "the macro '\(macro.name)' does not use caller()", "call it with {{ \(macro.name)() }}")
        }
        if macro.uses.contains("varargs") {
            given["varargs"] = try list(Array(arguments.positional.dropFirst(count)), isTuple: true)
        }
        if macro.uses.contains("kwargs") { given["kwargs"] = try table(further) }
        let (before, beforeLine, beforeMade) = (scope, line, made)
        scope = TemplateScope(given, in: around)
        defer { (scope, line) = (before, beforeLine) }
        for parameter in macro.parameters where given[parameter.name] == nil {
            if let otherwise = parameter.otherwise {
                scope.variables[parameter.name] = try value(otherwise)
            } else if style == .chat {
                scope.variables[parameter.name] = .undefined
            }
        }
        let text = try rendered { _ = try append(macro.body) }
        made = beforeMade
        return try escapes ? .markup(bounded(text)) : .string(bounded(text))
    }

    // MARK: bounds and errors

    /// Counts work.
    ///
    /// - Throws: `LyceumError.file` if it was too much, `LyceumError.cancelled` after Ctrl-C.
    func count(_ work: Int) throws {
        let before = steps >> 10
        let (sum, overflows) = steps.addingReportingOverflow(max(0, work))
        steps = overflows ? .max : sum
        guard steps <= Self.mostSteps else {
            throw fault(
                "the template does too much: more than \(Self.mostSteps) steps", "shorten its loops")
        }
        if steps >> 10 != before, Interrupt.isRaised { throw LyceumError.cancelled("") }
    }

    /// Counts text that is read: a kilobyte is a step.
    func count(bytes: Int) throws { try count(bytes >> 10) }

    /// Counts memory that a new value takes.
    func make(bytes: Int) throws {
        let (sum, overflows) = made.addingReportingOverflow(max(0, bytes))
        guard !overflows, sum <= Self.mostHeld else { throw tooMuchHeld() }
        made = sum
        madeSinceLook += bytes
        try count(bytes: bytes)
    }

    /// Adds up what the variables hold, whenever enough was made since the last time.
    private func lookAtMemory() throws {
        made = 0
        guard madeSinceLook > Self.mostHeld / 4 else { return }
        madeSinceLook = 0
        var census = TemplateCensus(limit: Self.mostHeld)
        var around: TemplateScope? = scope
        while let current = around {
            for value in current.variables.values { census.add(value) }
            around = current.parent
        }
        for scope in captured { for value in scope.variables.values { census.add(value) } }
        for namespace in namespaces { for value in namespace.fields.values { census.add(value) } }
        if census.isOver { throw tooMuchHeld() }
    }

    private func tooMuchHeld() -> LyceumError {
        fault(
            "the values of the template take more than \(Self.mostHeld >> 20) MB",
            "shorten its loops and lists")
    }

    /// - Throws: `LyceumError.file` if calls are in calls too deeply.
    func checkStack() throws {
        if StackGuard.isUsedUp(lowestAddress) {
            throw fault("macros, loops or values are nested too deeply", "shorten the recursion")
        }
    }

    /// A list, if it is not too long or too deep.
    func list(_ elements: [TemplateValue], isTuple: Bool = false) throws -> TemplateValue {
        guard elements.count <= Self.longestList else { throw tooManyElements() }
        try make(bytes: elements.count * 40 + 64)
        return .list(TemplateList(elements, isTuple: isTuple, depth: try depth(of: elements)))
    }

    /// A table, if it is not too large or too deep.
    func table(_ pairs: [(key: TemplateValue, value: TemplateValue)]) throws -> TemplateValue {
        guard pairs.count <= Self.longestList else { throw tooManyElements() }
        try make(bytes: pairs.count * 120 + 128)
        for (key, _) in pairs { if let text = key.string { try count(bytes: text.utf8.count) } }
        return .table(TemplateTable(pairs, depth: try depth(of: pairs.map(\.value))))
    }

    private func depth(of values: [TemplateValue]) throws -> Int {
        let depth = values.reduce(0) { max($0, $1.depth) }
        guard depth < TemplateValue.deepest else {
            throw fault("values are nested more than \(TemplateValue.deepest) deep", nil)
        }
        return depth
    }

    func tooManyElements() -> LyceumError {
        fault("a list grows beyond \(Self.longestList) elements", nil)
    }

    /// A text, if it is not too long; counts the memory that it takes.
    func bounded(_ text: String) throws -> String {
        guard text.utf8.count <= Self.longestText else { throw tooLong() }
        try make(bytes: text.utf8.count + 16)
        return text
    }

    /// - Throws: `LyceumError.file` if a text of so many parts of that length would be too long.
    func checkLength(_ length: Int, times count: Int) throws {
        let (total, overflows) = length.multipliedReportingOverflow(by: max(0, count))
        guard !overflows, total <= Self.longestText else { throw tooLong() }
    }

    func tooLong() -> LyceumError {
        fault("the text grows beyond \(Self.longestText >> 20) MB", "shorten the loops of the template")
    }

    /// An error at the line that is being rendered.
    func fault(_ problem: String, _ remedy: String?) -> LyceumError {
        .file(path: name, line: line, problem: problem, remedy: remedy)
    }
}

/// Adds up the memory that values hold, each list and long text once.
struct TemplateCensus {
    private let limit: Int
    private var bytes = 0
    private var seen: Set<UInt> = []
    private(set) var isOver = false

    init(limit: Int) { self.limit = limit }

    mutating func add(_ value: TemplateValue) {
        // Depth first with a stack of its own: values may be deep.
        var left = [value]
        while let next = left.popLast(), !isOver {
            switch next {
            case .string(let text), .markup(let text):
                // Copies of one long text share its bytes.
                guard text.utf8.count > 15 else { break }
                var copy = text
                let place = copy.withUTF8 { UInt(bitPattern: $0.baseAddress) }
                if seen.insert(place).inserted { count(text.utf8.count) }
            case .list(let list) where isNew(list):
                count(list.elements.count * 40)
                left += list.elements
            case .table(let table) where isNew(table):
                count(table.keys.count * 120)
                left += table.keys
                left += table.values
            default: break
            }
        }
    }

    private mutating func isNew(_ object: AnyObject) -> Bool {
        seen.insert(UInt(bitPattern: Unmanaged.passUnretained(object).toOpaque())).inserted
    }

    private mutating func count(_ amount: Int) {
        bytes += amount
        if bytes > limit { isOver = true }
    }
}

extension TemplateValue {
    /// A value of a record.
    init(_ value: Value) {
        switch value {
        case .null: self = .null
        case .bool(let flag): self = .bool(flag)
        case .integer(let number): self = .integer(number)
        case .number(let number): self = .number(number)
        case .string(let text): self = .string(text)
        case .list(let elements):
            let inside = elements.map(TemplateValue.init)
            self = .list(TemplateList(inside, depth: inside.reduce(0) { max($0, $1.depth) }))
        case .object(let fields):
            let pairs = fields.map {
                (key: TemplateValue.string($0.key), value: TemplateValue($0.value))
            }
            self = .table(TemplateTable(pairs, depth: pairs.reduce(0) { max($0, $1.value.depth) }))
        }
    }
}
