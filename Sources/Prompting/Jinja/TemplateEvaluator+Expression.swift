import LyceumKit

extension TemplateEvaluator {
    /// The value of an expression.
    ///
    /// - Parameter calling: what is added to the arguments if it is a call.
    /// - Throws: `LyceumError.file` if a variable or a field is missing, or an operator does not fit.
    func value(
        _ expression: Expression, calling: ((inout TemplateFunction.Arguments) -> Void)? = nil
    ) throws -> TemplateValue {
        if let value = try found(expression, calling: calling) {
            if value.isUndefined, style == .prompt { throw missing(expression) }
            return value
        }
        guard style == .chat else { throw missing(expression) }
        return .undefined
    }

    func isTrue(_ expression: Expression) throws -> Bool { try value(expression).isTrue }

    /// The value as text, to be put into the template's.
    func shown(_ expression: Expression) throws -> String {
        let value = try value(expression)
        if value.isNull, style == .prompt {
            if let path = expression.path {
                throw LyceumError.file(
                    path: name, line: path.line,
                    problem: "variable '\(path.names.joined(separator: "."))' is nil in this record",
                    remedy:
                        "drop such records with :filter, or write {{ \(path.names.joined(separator: ".")) | "
                        + "default(\"…\") }}")
            }
            throw fault("the expression is nil", "give it a value with default(\"…\")")
        }
        let text = try text(value)
        if escapes, case .markup = value { return text }
        return escapes ? try escaped(text) : text
    }

    /// The value of an expression; nil if the variable, the field or the element does not exist.
    func found(
        _ expression: Expression, calling: ((inout TemplateFunction.Arguments) -> Void)? = nil
    ) throws -> TemplateValue? {
        try count(1)
        try checkStack()
        switch expression {
        case .literal(let value): return TemplateValue(value)
        case .name(let name, let line):
            self.line = line
            return variable(name) ?? Self.globals[name]
        case .field(let base, let field, let line):
            let parent = try value(base)
            self.line = line
            return try self.field(of: parent, field, base)
        case .item(let base, let index, let line):
            let parent = try value(base)
            let key = try value(index)
            self.line = line
            if parent.isUndefined { throw undefined(base) }
            return try element(of: parent, key)
        case .slice(let base, let from, let to, let step, let line):
            let parent = try value(base)
            let bounds = try [from, to, step].map { try $0.map { try integer($0) } ?? nil }
            self.line = line
            return try slice(parent, bounds[0], bounds[1], bounds[2])
        case .list(let elements): return try list(try elements.map { try value($0) })
        case .tuple(let elements): return try list(try elements.map { try value($0) }, isTuple: true)
        case .table(let pairs):
            return try table(
                try pairs.map { key, value in
                    let key = try self.value(key)
                    if case .table = key { throw fault("a table cannot be a key", nil) }
                    if let list = key.list, !list.isTuple { throw fault("a list cannot be a key", nil) }
                    return (key: key, value: try self.value(value))
                })
        case .filter(let base, let filter, let arguments, let line):
            return try filtered(base, filter, arguments, line)
        case .test(let base, let test, let arguments, let line):
            return .bool(try holds(base, test, arguments, line))
        case .call(let function, let arguments, let line):
            return try call(function, arguments, line, calling)
        case .negative(let operand, let line):
            let value = try value(operand)
            self.line = line
            if case .number(let number) = value { return .number(-number) }
            return try arithmetic(.subtract, 0, value)
        case .positive(let operand, let line):
            let value = try value(operand)
            self.line = line
            return try arithmetic(.add, 0, value)
        case .arithmetic(let sign, let left, let right, let line):
            let (left, right) = (try value(left), try value(right))
            self.line = line
            return try arithmetic(sign, left, right)
        case .comparison(let first, let rest, let line): return .bool(try compare(first, rest, line))
        case .not(let operand): return .bool(!(try value(operand).isTrue))
        case .and(let left, let right):
            let value = try value(left)
            return value.isTrue ? try self.value(right) : value
        case .or(let left, let right):
            let value = try value(left)
            return value.isTrue ? value : try self.value(right)
        case .joined(let parts):
            var text = ""
            for part in parts {
                text += try shown(part)
                try checkLength(text.utf8.count, times: 1)
            }
            let whole = try bounded(text)
            return escapes ? .markup(whole) : .string(whole)
        case .conditional(let condition, let then, let otherwise):
            if try value(condition).isTrue { return try found(then) }
            // Nothing, as in {{ ", " if not loop.last }}, is not a mistake.
            guard let otherwise else { return style == .chat ? .undefined : "" }
            return try found(otherwise)
        }
    }

    private func compare(
        _ first: Expression, _ rest: [(relation: Expression.Relation, operand: Expression)], _ line: Int
    ) throws -> Bool {
        var left = try value(first)
        for (relation, operand) in rest {
            let right = try value(operand)
            self.line = line
            guard try holds(left, relation, right) else { return false }
            left = right
        }
        return true
    }

    private func integer(_ expression: Expression) throws -> Int? {
        let value = try value(expression)
        if value.isNull { return nil }
        guard let number = value.integer else {
            throw fault("a slice needs whole numbers, got a \(value.typeName)", nil)
        }
        return number
    }

    /// `parent.name`
    func field(of parent: TemplateValue, _ name: String, _ base: Expression) throws -> TemplateValue? {
        switch parent {
        case .table(let table): return table[name] ?? method(name, of: parent)
        case .namespace(let namespace): return namespace.fields[name]
        case .loop(let loop):
            if let value = loop[name] { return value }
            return TemplateLoopState.fields.contains(name) ? nil : method(name, of: parent)
        case .function(let function): return function.fields[name].map { $0() }
        case .undefined: throw undefined(base)
        case .list(let list) where list.isTuple && list.elements.count == 2:
            // The groups of `groupby`.
            if name == "grouper" { return list.elements[0] }
            if name == "list" { return list.elements[1] }
            return method(name, of: parent)
        default: return method(name, of: parent)
        }
    }

    /// The error of a field or an element of what is not there.
    private func undefined(_ base: Expression) -> LyceumError {
        let what = base.path.map { "'\($0.names.joined(separator: "."))'" } ?? "the value"
        return fault("\(what) is not defined", "give it a value, or ask {% if … is defined %}")
    }

    private func element(of parent: TemplateValue, _ key: TemplateValue) throws -> TemplateValue? {
        switch parent {
        case .table(let table):
            if let text = key.string { try count(bytes: text.utf8.count) }
            return table[key]
        case .namespace(let namespace): return key.string.flatMap { namespace.fields[$0] }
        case .list(let list): return key.integer.flatMap { Self.pick(list.elements, $0) }
        case .string(let text), .markup(let text):
            guard let index = key.integer else { return nil }
            try count(bytes: text.utf8.count)
            let scalars = text.unicodeScalars
            // Walking is cheaper than copying, and nothing is far from one of the ends.
            if index >= 0 {
                guard index < text.utf8.count else { return nil }
                return scalars.dropFirst(index).first.map { .string(String($0)) }
            }
            guard index >= -text.utf8.count else { return nil }
            let tail = scalars.suffix(-index)
            return tail.count == -index ? tail.first.map { .string(String($0)) } : nil
        case .loop(let loop): return key.string.flatMap { loop[$0] }
        default: return nil
        }
    }

    /// The element at an index that counts from 0, or from the end if it is negative.
    private static func pick<Element>(_ elements: [Element], _ index: Int) -> Element? {
        let place = index < 0 ? index + elements.count : index
        return elements.indices.contains(place) ? elements[place] : nil
    }

    private func slice(_ parent: TemplateValue, _ from: Int?, _ to: Int?, _ step: Int?) throws
        -> TemplateValue
    {
        if step == 0 { throw fault("a slice cannot have the step 0", nil) }
        switch parent {
        case .list(let whole):
            let places = Self.indices(whole.elements.count, from, to, step ?? 1)
            return try list(places.map { whole.elements[$0] }, isTuple: whole.isTuple)
        case .string(let text), .markup(let text):
            try count(bytes: text.utf8.count)
            let scalars = Array(text.unicodeScalars)
            var part = String.UnicodeScalarView()
            for i in Self.indices(scalars.count, from, to, step ?? 1) { part.append(scalars[i]) }
            return .string(try bounded(String(part)))
        default: throw fault("a \(parent.typeName) has no slices", "slices are of strings and lists")
        }
    }

    /// What Python's `slice.indices` runs through.
    static func indices(_ count: Int, _ from: Int?, _ to: Int?, _ step: Int) -> StrideTo<Int> {
        let (low, high) = step > 0 ? (0, count) : (-1, count - 1)
        func place(_ index: Int) -> Int {
            min(max(index < 0 ? max(index, -count - 1) + count : index, low), high)
        }
        let start = from.map(place) ?? (step > 0 ? low : high)
        let end = to.map(place) ?? (step > 0 ? high : low)
        // No step needs to be longer than the whole, and a longer one might overflow.
        return stride(from: start, to: end, by: min(max(step, -count - 1), count + 1))
    }

    /// Names what is not there and what is near.
    private func missing(_ expression: Expression) -> LyceumError {
        switch expression {
        case .name(let name, let line):
            return missing(name, line, name, among: names, prefix: "", "value for variable")
        case .field(let base, let field, let line):
            let parent = base.path?.names.joined(separator: ".")
            let whole = parent.map { "\($0).\(field)" } ?? field
            guard let value = try? value(base) else { return fault("no field '\(field)'", nil) }
            let known: [String]
            switch value {
            case .table(let table): known = table.names
            case .namespace(let namespace): known = namespace.names
            case .loop: known = TemplateLoopState.fields
            default:
                let what = parent.map { "'\($0)'" } ?? "the value before '.\(field)'"
                let kind = value.isNull ? "nil" : "a \(value.typeName)"
                return .file(
                    path: name, line: base.path?.line ?? line,
                    problem: "'\(whole)': \(what) is \(kind) and has no fields", remedy: nil)
            }
            return missing(
                field, base.path?.line ?? line, whole, among: known.sorted(),
                prefix: parent.map { $0 + "." } ?? "", "value for variable")
        case .item(let base, _, _):
            return fault(
                "no such element" + (base.path.map { " in '\($0.names.joined(separator: "."))'" } ?? ""),
                "ask first: {% if … is defined %}, or give a value with default(\"…\")")
        case .filter(_, let filter, _, _):
            return fault("'\(filter)' finds nothing", "give it something to find")
        default: return fault("there is no value", nil)
        }
    }

    private func missing(
        _ key: String, _ line: Int, _ whole: String, among known: [String], prefix: String, _ what: String
    ) -> LyceumError {
        let near = Nearest.names(to: key, among: known)
        let remedy: String
        if !near.isEmpty {
            remedy = "did you mean " + near.map { "'\(prefix)\($0)'" }.joined(separator: " or ") + "?"
        } else if known.isEmpty {
            remedy = "there are no values at all"
        } else {
            remedy = "there are " + known.prefix(40).map { prefix + $0 }.joined(separator: ", ")
        }
        return .file(path: name, line: line, problem: "no \(what) '\(whole)'", remedy: remedy)
    }
}
