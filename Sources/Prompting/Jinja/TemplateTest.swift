import LyceumKit

/// The tests of the template language: `{% if value is name %}`, all of Jinja 3.1.6.
enum TemplateTest {
    /// Every test, with how many values it takes besides the one that is tested.
    static let arguments: [String: ClosedRange<Int>] = {
        var counts: [String: ClosedRange<Int>] = [:]
        let alone = [
            "defined", "undefined", "none", "string", "number", "integer", "float", "boolean", "true",
            "false",
            "mapping", "sequence", "iterable", "odd", "even", "lower", "upper", "callable", "escaped",
            "filter", "test",
        ]
        for name in alone { counts[name] = 0...0 }
        let withOne = [
            "divisibleby", "sameas", "in", "eq", "equalto", "==", "ne", "!=", "lt", "lessthan", "<", "le",
            "<=", "gt",
            "greaterthan", ">", "ge", ">=",
        ]
        for name in withOne { counts[name] = 1...1 }
        return counts
    }()
}

extension TemplateEvaluator {
    /// `base is test(arguments)`
    func holds(
        _ base: Expression, _ test: String, _ given: Expression.Arguments, _ line: Int
    ) throws -> Bool {
        if test == "defined" || test == "undefined" {
            let value = try found(base)
            // nil is how Lua and JSON lines say that something is missing; in chats it is a value like Python's None.
            let isDefined = value.map { !$0.isUndefined && (style == .chat || !$0.isNull) } ?? false
            return isDefined == (test == "defined")
        }
        let value = try value(base)
        let arguments = try self.arguments(given).positional
        self.line = line
        return try holds(value, test, arguments)
    }

    /// A test that may be known by name only.
    func holds(_ value: TemplateValue, _ test: String, _ arguments: [TemplateValue]) throws -> Bool {
        guard let counts = TemplateTest.arguments[test], counts.contains(arguments.count) else {
            throw fault(
                TemplateTest.arguments[test] == nil
                    ? "unknown test '\(test)'" : "the test '\(test)' got \(arguments.count) values", nil)
        }
        switch test {
        case "defined": return !value.isUndefined && (style == .chat || !value.isNull)
        case "undefined": return value.isUndefined || (style == .prompt && value.isNull)
        case "none": return value.isNull
        case "string": return value.string != nil
        case "number": return value.number != nil
        case "integer":
            if case .integer = value { return true }
            return false
        case "float":
            if case .number = value { return true }
            return false
        case "boolean", "true", "false":
            guard case .bool(let flag) = value else { return false }
            return test == "boolean" || flag == (test == "true")
        case "mapping": return value.table != nil
        case "sequence", "iterable":
            switch value {
            case .list, .table, .string, .markup: return true
            case .loop: return true
            case .undefined: return style == .chat
            default: return false
            }
        case "callable":
            if case .function = value { return true }
            if case .loop = value { return true }
            return false
        case "escaped":
            if case .markup = value { return true }
            return false
        case "filter": return value.string.map { TemplateFilter.all[$0] != nil } ?? false
        case "test": return value.string.map { TemplateTest.arguments[$0] != nil } ?? false
        case "lower", "upper":
            let text = try text(value)
            try count(bytes: text.utf8.count)
            return try invoke("is" + test, on: text, TemplateFunction.Arguments()).isTrue
        case "odd", "even":
            let rest = try arithmetic(.remainder, try numeric(value, test), 2)
            return try equals(rest, test == "odd" ? 1 : 0)
        default: break
        }
        guard let argument = arguments.first else { return false }
        switch test {
        case "divisibleby":
            return try equals(try arithmetic(.remainder, try numeric(value, test), argument), 0)
        case "sameas": return isSame(value, argument)
        case "eq", "equalto", "==": return try equals(value, argument)
        case "ne", "!=": return !(try equals(value, argument))
        case "lt", "lessthan", "<": return try holds(value, .less, argument)
        case "le", "<=": return try holds(value, .lessOrEqual, argument)
        case "gt", "greaterthan", ">": return try holds(value, .greater, argument)
        case "ge", ">=": return try holds(value, .greaterOrEqual, argument)
        default: return try holds(value, .isIn, argument)
        }
    }

    /// A number, lest `%` took a text for a format.
    private func numeric(_ value: TemplateValue, _ test: String) throws -> TemplateValue {
        guard value.number != nil else {
            throw fault("the test '\(test)' needs a number, got a \(value.typeName)", nil)
        }
        return value
    }

    /// Python's `is`: the same object, or the same small value.
    private func isSame(_ left: TemplateValue, _ right: TemplateValue) -> Bool {
        switch (left, right) {
        case (.null, .null): return true
        case (.bool(let a), .bool(let b)): return a == b
        case (.integer(let a), .integer(let b)): return a == b
        case (.number(let a), .number(let b)): return a == b
        case (.string(let a), .string(let b)): return a.hasSameScalars(as: b)
        case (.list(let a), .list(let b)):
            return a === b || (a.isTuple && b.isTuple && a.elements.isEmpty && b.elements.isEmpty)
        case (.table(let a), .table(let b)): return a === b
        case (.namespace(let a), .namespace(let b)): return a === b
        case (.function(let a), .function(let b)): return a === b
        case (.loop(let a), .loop(let b)): return a === b
        default: return false
        }
    }
}
