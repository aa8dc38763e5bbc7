import LyceumKit

/// Reads an expression; precedence as in Jinja 3.1.6, `parser.py`.
struct ExpressionParser {
    /// What the template is called in errors.
    let name: String
    let tokens: [ExpressionToken]
    /// The line of the mark that the expression stands in.
    let line: Int
    var position = 0
    private var depth = 0
    private var count = 0

    /// Brackets in brackets.
    static let deepest = 40
    /// Operators, filters and operands of one expression.
    static let longest = 1000

    init(_ tokens: [ExpressionToken], name: String, line: Int) {
        self.tokens = tokens
        self.name = name
        self.line = line
    }

    var isAtEnd: Bool { position >= tokens.count }
    var next: ExpressionToken.Kind? { isAtEnd ? nil : tokens[position].kind }
    var currentLine: Int { isAtEnd ? tokens.last?.line ?? line : tokens[position].line }

    /// An expression, with `a if b else c` unless told otherwise.
    mutating func expression(conditional: Bool = true) throws -> Expression {
        guard depth < Self.deepest else {
            throw fault("the expression is nested too deeply", "take it apart with {% set name = … %}")
        }
        depth += 1
        defer { depth -= 1 }
        var result = try or()
        while conditional, take(name: "if") {
            let condition = try or()
            let otherwise = take(name: "else") ? try expression() : nil
            result = .conditional(condition, then: result, otherwise: otherwise)
            try step()
        }
        return result
    }

    /// `a`, or `a, b, c` as a tuple.
    mutating func tuple(conditional: Bool = true) throws -> Expression {
        let first = try expression(conditional: conditional)
        guard next == .sign(",") else { return first }
        var elements = [first]
        while take(","), canBegin() { elements.append(try expression(conditional: conditional)) }
        return .tuple(elements)
    }

    private mutating func or() throws -> Expression {
        var left = try and()
        while take(name: "or") {
            left = .or(left, try and())
            try step()
        }
        return left
    }

    private mutating func and() throws -> Expression {
        var left = try not()
        while take(name: "and") {
            left = .and(left, try not())
            try step()
        }
        return left
    }

    private mutating func not() throws -> Expression {
        guard take(name: "not") else { return try comparison() }
        try step()
        return .not(try not())
    }

    private mutating func comparison() throws -> Expression {
        let first = try sum()
        var rest: [(relation: Expression.Relation, operand: Expression)] = []
        let line = currentLine
        while let relation = relation() {
            rest.append((relation, try sum()))
            try step()
        }
        return rest.isEmpty ? first : .comparison(first, rest, line: line)
    }

    private mutating func relation() -> Expression.Relation? {
        switch next {
        case .sign(let sign):
            guard let relation = Expression.Relation(rawValue: sign) else { return nil }
            position += 1
            return relation
        case .name("in"):
            position += 1
            return .isIn
        case .name("not") where position + 1 < tokens.count && tokens[position + 1].kind == .name("in"):
            position += 2
            return .isNotIn
        default: return nil
        }
    }

    private mutating func sum() throws -> Expression {
        try chain(of: [.add, .subtract]) { try $0.joined() }
    }

    private mutating func joined() throws -> Expression {
        var parts = [try product()]
        while take("~") {
            parts.append(try product())
            try step()
        }
        return parts.count == 1 ? parts[0] : .joined(parts)
    }

    private mutating func product() throws -> Expression {
        try chain(of: [.multiply, .divide, .divideWhole, .remainder]) { try $0.power() }
    }

    private mutating func power() throws -> Expression {
        // From left to right, unlike Python's.
        try chain(of: [.power]) { try $0.unary() }
    }

    private mutating func chain(
        of operators: [Expression.Arithmetic], _ operand: (inout ExpressionParser) throws -> Expression
    ) throws -> Expression {
        var left = try operand(&self)
        while case .sign(let sign)? = next, let found = Expression.Arithmetic(rawValue: sign),
            operators.contains(found)
        {
            let line = currentLine
            position += 1
            left = .arithmetic(found, left, try operand(&self), line: line)
            try step()
        }
        return left
    }

    private mutating func unary(withFilters: Bool = true) throws -> Expression {
        try step()
        let line = currentLine
        var result: Expression
        if take("-") {
            result = .negative(try unary(withFilters: false), line: line)
        } else if take("+") {
            result = .positive(try unary(withFilters: false), line: line)
        } else {
            result = try postfix(try primary())
        }
        return withFilters ? try filters(result) : result
    }

    mutating func take(_ sign: String) -> Bool {
        guard next == .sign(sign) else { return false }
        position += 1
        return true
    }

    mutating func take(name: String) -> Bool {
        guard next == .name(name) else { return false }
        position += 1
        return true
    }

    /// - Throws: `LyceumError.file` if something else stands there.
    mutating func expect(_ sign: String) throws {
        guard take(sign) else { throw unexpected("'\(sign)'") }
    }

    /// - Throws: `LyceumError.file` if no name stands there.
    mutating func identifier(_ what: String) throws -> String {
        guard case .name(let name)? = next else { throw unexpected(what) }
        position += 1
        return name
    }

    /// Counts one part, so that no expression is deeper than the evaluator's stack.
    mutating func step() throws {
        count += 1
        guard count <= Self.longest else {
            throw fault("the expression is too long", "take it apart with {% set name = … %}")
        }
    }

    /// - Throws: `LyceumError.file` if anything is left.
    func end(_ what: String) throws {
        guard isAtEnd else { throw unexpected("the end of \(what)") }
    }

    func canBegin() -> Bool {
        switch next {
        case nil: return false
        case .sign(let sign): return ["(", "[", "{", "-", "+"].contains(sign)
        case .name(let name): return !["if", "in", "else", "is", "and", "or", "recursive"].contains(name)
        default: return true
        }
    }

    func unexpected(_ expected: String) -> LyceumError {
        fault("expected \(expected), got \(isAtEnd ? "the end" : "'\(tokens[position].text)'")", nil)
    }

    func fault(_ problem: String, _ remedy: String?) -> LyceumError {
        .file(path: name, line: currentLine, problem: problem, remedy: remedy)
    }

    mutating func skip() { position += 1 }
}
