import LyceumKit

/// Renders the nodes of one template with one set of values.
///
/// What a template may do is bounded, since one that loops for ever would take the whole prompt with it: so many
/// steps, so much text, and Ctrl-C is seen.
struct TemplateEvaluator {
    /// What the template is called in errors.
    let name: String
    /// The record: variables that the template does not set itself.
    let values: [String: Value]
    /// The line that is being rendered.
    var line = 1
    /// What the template set, the innermost scope last.
    private var scopes: [[String: Value]] = [[:]]
    private var output = ""
    private var steps = 0

    /// Loop passes, filters and operators in one rendering.
    static let mostSteps = 1_000_000
    /// The longest text, in bytes of UTF-8.
    static let longestText = 32 << 20
    /// The longest list that a template makes.
    static let longestList = 100_000

    init(name: String, values: [String: Value]) {
        self.name = name
        self.values = values
    }

    mutating func render(_ nodes: [TemplateNode]) throws -> String {
        try append(nodes)
        return output
    }

    private mutating func append(_ nodes: [TemplateNode]) throws {
        for node in nodes { try append(node) }
    }

    private mutating func append(_ node: TemplateNode) throws {
        try count(1)
        switch node {
        case .text(let text): try append(text)
        case .output(let expression, let line):
            self.line = line
            try append(try shown(expression))
        case .branches(let branches, let otherwise, let line):
            self.line = line
            for (condition, body) in branches where try value(condition).isTrue { return try append(body) }
            try append(otherwise)
        case .loop(let loop, let line):
            self.line = line
            try append(loop)
        case .set(let targets, let expression, let line):
            self.line = line
            try set(targets, try value(expression))
        case .capture(let target, let body, let filtered, let line):
            let text = try captured(body, filtered, line)
            try assign(target, text)
        case .scope(let variables, let body, let line):
            self.line = line
            var scope: [String: Value] = [:]
            // Each is computed outside, as in Jinja since 2.9.
            for (name, expression) in variables { scope[name] = try value(expression) }
            try within(scope) { try $0.append(body) }
        case .filtered(let body, let filtered, let line):
            try append(try captured(body, filtered, line).text)
        }
    }

    private mutating func append(_ text: String) throws {
        output += text
        guard output.utf8.count <= Self.longestText else { throw tooLong() }
    }

    private mutating func captured(
        _ body: [TemplateNode], _ filtered: Expression, _ line: Int
    ) throws -> Value {
        let before = output
        output = ""
        try within([:]) { try $0.append(body) }
        let text = output
        output = before
        self.line = line
        var result = Value.string(text)
        try within([TemplateNode.body: result]) { result = try $0.value(filtered) }
        return result
    }

    private mutating func within(
        _ scope: [String: Value], _ body: (inout TemplateEvaluator) throws -> Void
    ) rethrows {
        scopes.append(scope)
        defer { scopes.removeLast() }
        try body(&self)
    }

    // MARK: loops

    private mutating func append(_ loop: TemplateLoop) throws {
        let start = line
        var elements = try elements(of: try value(loop.source), "{% for %}")
        if let condition = loop.condition {
            elements = try elements.filter { element in
                let scope = try self.scope(of: loop, element)
                var isKept = false
                try within(scope) { isKept = try $0.value(condition).isTrue }
                return isKept
            }
        }
        if elements.isEmpty { return try append(loop.otherwise) }
        for (i, element) in elements.enumerated() {
            try count(1)
            line = start
            var scope = try scope(of: loop, element)
            scope["loop"] = Self.position(i, elements)
            try within(scope) { try $0.append(loop.body) }
        }
    }

    private func scope(of loop: TemplateLoop, _ element: Value) throws -> [String: Value] {
        if loop.targets.count == 1, let target = loop.targets.first { return [target: element] }
        guard let parts = element.list, parts.count == loop.targets.count else {
            throw fault(
                "'{% for \(loop.targets.joined(separator: ", ")) %}' needs lists of \(loop.targets.count), got "
                    + (element.list.map { "one of \($0.count)" } ?? "a \(element.typeName)"),
                element.object == nil
                    ? nil : "for the pairs of a table write {% for key, value in t.items() %}")
        }
        return Dictionary(zip(loop.targets, parts), uniquingKeysWith: { _, last in last })
    }

    /// Jinja's `loop`.
    private static func position(_ i: Int, _ elements: [Value]) -> Value {
        var fields: [String: Value] = [
            "index": .integer(i + 1), "index0": .integer(i), "length": .integer(elements.count),
            "revindex": .integer(elements.count - i), "revindex0": .integer(elements.count - i - 1),
            "first": .bool(i == 0), "last": .bool(i == elements.count - 1),
        ]
        if i > 0 { fields["previtem"] = elements[i - 1] }
        if i + 1 < elements.count { fields["nextitem"] = elements[i + 1] }
        return .object(fields)
    }

    // MARK: variables

    private mutating func set(_ targets: [SetTarget], _ value: Value) throws {
        if targets.count == 1, let target = targets.first { return try assign(target, value) }
        guard let parts = value.list, parts.count == targets.count else {
            throw fault("'{% set %}' needs \(targets.count) values for its names", nil)
        }
        for (target, part) in zip(targets, parts) { try assign(target, part) }
    }

    private mutating func assign(_ target: SetTarget, _ value: Value) throws {
        guard let field = target.field else {
            scopes[scopes.count - 1][target.name] = value
            return
        }
        guard let place = scopes.lastIndex(where: { $0[target.name]?.object != nil }),
            var fields = scopes[place][target.name]?.object
        else {
            throw fault(
                "'\(target.name)' is no namespace", "make one: {% set \(target.name) = namespace() %}")
        }
        fields[field] = value
        scopes[place][target.name] = .object(fields)
    }

    /// A variable of the template or a value of the record; nil if there is neither.
    func variable(_ name: String) -> Value? {
        for scope in scopes.reversed() {
            if let value = scope[name] { return value }
        }
        return values[name]
    }

    /// The names that can be written here.
    var names: [String] {
        Set(values.keys).union(scopes.flatMap(\.keys)).filter { !$0.hasPrefix("%") }.sorted()
    }

    // MARK: bounds and errors

    /// Counts work.
    ///
    /// - Throws: `LyceumError.file` if it was too much, `LyceumError.cancelled` after Ctrl-C.
    mutating func count(_ work: Int) throws {
        let before = steps >> 10
        steps += work
        guard steps <= Self.mostSteps else {
            throw fault(
                "the template does too much: more than \(Self.mostSteps) steps", "shorten its loops")
        }
        if steps >> 10 != before, Interrupt.isRaised { throw LyceumError.cancelled("") }
    }

    /// A text, if it is not too long.
    func bounded(_ text: String) throws -> Value {
        guard text.utf8.count <= Self.longestText else { throw tooLong() }
        return .string(text)
    }

    /// - Throws: `LyceumError.file` if a text of so many parts of that length would be too long.
    func checkLength(_ length: Int, times count: Int) throws {
        let (total, overflows) = length.multipliedReportingOverflow(by: max(0, count))
        guard !overflows, total <= Self.longestText else { throw tooLong() }
    }

    private func tooLong() -> LyceumError {
        fault("the text grows beyond \(Self.longestText >> 20) MB", "shorten the loops of the template")
    }

    /// An error at the line that is being rendered.
    func fault(_ problem: String, _ remedy: String?) -> LyceumError {
        .file(path: name, line: line, problem: problem, remedy: remedy)
    }
}
