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
            within(loop.target.names + ["loop"]) { inner in
                if let condition = loop.condition { inner.visit(condition) }
                inner.visit(loop.body)
            }
            visit(loop.otherwise)
        case .set(let target, let expression, _):
            visit(expression)
            bind(target)
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
        case .macro(let macro, _):
            bound[bound.count - 1].insert(macro.name)
            visit(macro)
        case .call(let macro, let call, _):
            visit(call)
            visit(macro)
        case .escaping(let condition, let body, _):
            visit(condition)
            within([]) { $0.visit(body) }
        case .block(let body): within([]) { $0.visit(body) }
        case .leaveLoop, .nextPass: break
        }
    }

    private mutating func visit(_ macro: TemplateMacro) {
        for case let otherwise? in macro.parameters.map(\.otherwise) { visit(otherwise) }
        within(macro.parameters.map(\.name) + ["caller", "varargs", "kwargs"]) { $0.visit(macro.body) }
    }

    private mutating func bind(_ target: AssignmentTarget) {
        bound[bound.count - 1].formUnion(target.names)
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
            // The last name of `a.items()` is a method, `range` is a function; what else is called may be a value.
            switch function {
            case .field(let base, _, _): visit(base)
            case .name: break
            default: visit(function)
            }
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
