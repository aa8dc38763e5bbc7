import LyceumKit

/// An expression of a template.
indirect enum Expression: Sendable {
    case literal(Value)
    case name(String, line: Int)
    /// `base.field`
    case field(Expression, String, line: Int)
    /// `base[index]`
    case item(Expression, Expression, line: Int)
    /// `base[from:to:step]`
    case slice(Expression, from: Expression?, to: Expression?, step: Expression?, line: Int)
    case list([Expression])
    case table([(key: Expression, value: Expression)])
    /// `base|name(arguments)`
    case filter(Expression, String, Arguments, line: Int)
    /// `base is name(arguments)`
    case test(Expression, String, Arguments, line: Int)
    /// `function(arguments)` or `base.method(arguments)`
    case call(Expression, Arguments, line: Int)
    case negative(Expression, line: Int)
    case positive(Expression, line: Int)
    case arithmetic(Arithmetic, Expression, Expression, line: Int)
    /// `a < b <= c`
    case comparison(Expression, [(relation: Relation, operand: Expression)], line: Int)
    case not(Expression)
    case and(Expression, Expression)
    case or(Expression, Expression)
    /// `a ~ b ~ c`
    case joined([Expression])
    /// `then if condition else otherwise`
    case conditional(Expression, then: Expression, otherwise: Expression?)

    /// An operator between two numbers; `+` and `*` know texts and lists too.
    enum Arithmetic: String, Sendable {
        case add = "+"
        case subtract = "-"
        case multiply = "*"
        case divide = "/"
        case divideWhole = "//"
        case remainder = "%"
        case power = "**"
    }

    /// A relation between two values.
    enum Relation: String, Sendable {
        case equal = "=="
        case notEqual = "!="
        case less = "<"
        case lessOrEqual = "<="
        case greater = ">"
        case greaterOrEqual = ">="
        case isIn = "in"
        case isNotIn = "not in"
    }

    /// What stands in the brackets of a filter, a test or a call.
    struct Arguments: Sendable {
        var positional: [Expression] = []
        var named: [(name: String, value: Expression)] = []

        /// All values.
        var all: [Expression] { positional + named.map(\.value) }
    }
}

extension Expression {
    /// The expressions directly inside.
    var children: [Expression] {
        switch self {
        case .literal, .name: return []
        case .field(let base, _, _), .negative(let base, _), .positive(let base, _), .not(let base):
            return [base]
        case .item(let base, let index, _): return [base, index]
        case .slice(let base, let from, let to, let step, _):
            return [base] + [from, to, step].compactMap { $0 }
        case .list(let elements), .joined(let elements): return elements
        case .table(let pairs): return pairs.flatMap { [$0.key, $0.value] }
        case .filter(let base, _, let arguments, _), .test(let base, _, let arguments, _),
            .call(let base, let arguments, _):
            return [base] + arguments.all
        case .arithmetic(_, let left, let right, _), .and(let left, let right), .or(let left, let right):
            return [left, right]
        case .comparison(let first, let rest, _): return [first] + rest.map(\.operand)
        case .conditional(let condition, let then, let otherwise):
            return [condition, then] + [otherwise].compactMap { $0 }
        }
    }

    /// The names of a dotted path, `["a", "b"]` for `a.b`; nil for any other expression.
    var path: (names: [String], line: Int)? {
        switch self {
        case .name(let name, let line): return ([name], line)
        case .field(let base, let field, _):
            return base.path.map { ($0.names + [field], $0.line) }
        default: return nil
        }
    }
}

/// A part of a template.
enum TemplateNode: Sendable {
    case text(String)
    case output(Expression, line: Int)
    case branches([(condition: Expression, body: [TemplateNode])], otherwise: [TemplateNode], line: Int)
    case loop(TemplateLoop, line: Int)
    /// `{% set a, b = value %}`
    case set([SetTarget], Expression, line: Int)
    /// `{% set name %}…{% endset %}`
    case capture(SetTarget, [TemplateNode], filtered: Expression, line: Int)
    /// `{% with name = value %}…{% endwith %}`
    case scope([(name: String, value: Expression)], [TemplateNode], line: Int)
    /// `{% filter upper %}…{% endfilter %}`
    case filtered([TemplateNode], Expression, line: Int)

    /// The variable that a rendered body is while its filters work on it; no template can write this name.
    static let body = "%body"
}

/// What `{% set %}` gives a value to: a variable, or a field of a namespace.
struct SetTarget: Sendable {
    let name: String
    let field: String?
}

/// `{% for … %}`
struct TemplateLoop: Sendable {
    /// One variable, or several among which each element is divided.
    let targets: [String]
    let source: Expression
    /// Elements for which it does not hold are left out.
    let condition: Expression?
    let body: [TemplateNode]
    /// What is rendered if there are no elements.
    let otherwise: [TemplateNode]
}
