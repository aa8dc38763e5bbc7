/// Finds the variables that a template takes from the record: those that it does not set itself.
struct TemplateVariables {
    /// Each use, in order.
    private(set) var found: [Template.Variable] = []
    /// Uses of which the template copes with being absent: `is defined`, `default(…)`.
    private(set) var optional: Set<String> = []
    private var bound: [Set<String>] = [[]]

    init(_ nodes: [TemplateNode]) { visit(nodes) }

    private func isBound(_ name: String) -> Bool {
        name == TemplateNode.body || bound.contains { $0.contains(name) }
    }

    private mutating func within(_ names: [String], _ body: (inout TemplateVariables) -> Void) {
        bound.append(Set(names))
        body(&self)
        bound.removeLast()
    }

    private mutating func visit(_ nodes: [TemplateNode]) {
        for node in nodes { visit(node) }
    }

    private mutating func visit(_ node: TemplateNode) {
        switch node {
        case .text: break
        case .output(let expression, _): visit(expression)
        case .branches(let branches, let otherwise, _):
            for (condition, body) in branches {
                visit(condition)
                visit(body)
            }
            visit(otherwise)
        case .loop(let loop, _):
            visit(loop.source)
            within(loop.targets + ["loop"]) { inner in
                if let condition = loop.condition { inner.visit(condition) }
                inner.visit(loop.body)
            }
            visit(loop.otherwise)
        case .set(let targets, let expression, _):
            visit(expression)
            for target in targets { bind(target) }
        case .capture(let target, let body, let filtered, _):
            within([]) { $0.visit(body) }
            visit(filtered)
            bind(target)
        case .scope(let values, let body, _):
            for (_, expression) in values { visit(expression) }
            within(values.map(\.name)) { $0.visit(body) }
        case .filtered(let body, let filtered, _):
            within([]) { $0.visit(body) }
            visit(filtered)
        }
    }

    private mutating func bind(_ target: SetTarget) {
        if target.field == nil { bound[bound.count - 1].insert(target.name) }
    }

    private mutating func visit(_ expression: Expression) {
        if let path = expression.path, let name = path.names.first {
            if !isBound(name) { found.append(Template.Variable(path: path.names, line: path.line)) }
            return
        }
        switch expression {
        case .test(let base, "defined", _, _), .test(let base, "undefined", _, _): cope(base)
        case .filter(let base, "default", _, _), .filter(let base, "d", _, _): cope(base)
        case .call(let function, let arguments, _):
            // The last name of `a.items()` is a method, `range` is a function.
            if case .field(let base, _, _) = function { visit(base) }
            for argument in arguments.all { visit(argument) }
            return
        default: break
        }
        for child in expression.children { visit(child) }
    }

    private mutating func cope(_ base: Expression) {
        if let path = base.path, let name = path.names.first, !isBound(name) {
            optional.insert(path.names.joined(separator: "."))
        }
    }
}
