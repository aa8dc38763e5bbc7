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
    /// `(a, b)` or `a, b`
    case tuple([Expression])
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
        /// `*list`
        var list: Expression?
        /// `**table`
        var table: Expression?

        /// All values.
        var all: [Expression] { positional + named.map(\.value) + [list, table].compactMap(\.self) }
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
        case .list(let elements), .tuple(let elements), .joined(let elements): return elements
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
    case set(AssignmentTarget, Expression, line: Int)
    /// `{% set name %}…{% endset %}`
    case capture(AssignmentTarget, [TemplateNode], filtered: Expression, line: Int)
    /// `{% with name = value %}…{% endwith %}`
    case scope([(name: String, value: Expression)], [TemplateNode], line: Int)
    /// `{% filter upper %}…{% endfilter %}`
    case filtered([TemplateNode], Expression, line: Int)
    /// `{% macro name(a, b = 1) %}…{% endmacro %}`
    case macro(TemplateMacro, line: Int)
    /// `{% call(a) name(…) %}…{% endcall %}`
    case call(TemplateMacro, Expression, line: Int)
    /// `{% autoescape true %}…{% endautoescape %}`
    case escaping(Expression, [TemplateNode], line: Int)
    /// `{% block name %}…{% endblock %}`, and what transformers marks with `{% generation %}`
    case block([TemplateNode])
    /// `{% break %}`
    case leaveLoop
    /// `{% continue %}`
    case nextPass

    /// The variable that a rendered body is while its filters work on it; no template can write this name.
    static let body = "%body"
}

/// What `{% set %}` and `{% for %}` give a value to.
indirect enum AssignmentTarget: Sendable {
    case name(String)
    /// A field of a namespace.
    case field(String, String)
    /// Several, among which a list is divided.
    case several([AssignmentTarget])

    /// The variables.
    var names: [String] {
        switch self {
        case .name(let name): return [name]
        case .field: return []
        case .several(let targets): return targets.flatMap(\.names)
        }
    }

    /// As it is written.
    var text: String {
        switch self {
        case .name(let name): return name
        case .field(let name, let field): return "\(name).\(field)"
        case .several(let targets): return "(" + targets.map(\.text).joined(separator: ", ") + ")"
        }
    }
}

/// `{% for … %}`
struct TemplateLoop: Sendable {
    let target: AssignmentTarget
    let source: Expression
    /// Elements for which it does not hold are left out.
    let condition: Expression?
    let body: [TemplateNode]
    /// What is rendered if there are no elements.
    let otherwise: [TemplateNode]
    /// Whether `loop(…)` renders the loop once more inside.
    let isRecursive: Bool
}

/// `{% macro … %}`, and the body of `{% call %}`.
struct TemplateMacro: Sendable {
    let name: String
    let parameters: [(name: String, otherwise: Expression?)]
    let body: [TemplateNode]
    /// Which of `caller`, `varargs` and `kwargs` the body speaks of.
    let uses: Set<String>
}
