import LyceumKit

/// The tests of the template language: `{% if value is name %}`, as in Jinja 3.1.6.
enum TemplateTest {
    /// Every test, with how many values it takes besides the one that is tested.
    static let arguments: [String: Int] = [
        "defined": 0, "undefined": 0, "none": 0, "string": 0, "number": 0, "integer": 0, "float": 0,
        "boolean": 0, "true": 0, "false": 0, "mapping": 0, "sequence": 0, "iterable": 0, "odd": 0, "even": 0,
        "lower": 0, "upper": 0, "divisibleby": 1, "eq": 1, "equalto": 1, "==": 1, "ne": 1, "!=": 1, "lt": 1,
        "lessthan": 1, "<": 1, "le": 1, "<=": 1, "gt": 1, "greaterthan": 1, ">": 1, "ge": 1, ">=": 1, "in": 1,
    ]
}

extension TemplateEvaluator {
    /// `base is test(arguments)`
    mutating func holds(
        _ base: Expression, _ test: String, _ given: Expression.Arguments, _ line: Int
    ) throws -> Bool {
        if test == "defined" || test == "undefined" {
            // nil is how Lua and JSON lines say that something is missing.
            let isDefined = try found(base).map { !$0.isNull } ?? false
            return isDefined == (test == "defined")
        }
        let value = try value(base)
        let arguments = try given.positional.map { try self.value($0) }
        self.line = line
        return try holds(value, test, arguments)
    }

    /// A test that may be known by name only.
    mutating func holds(_ value: Value, _ test: String, _ arguments: [Value]) throws -> Bool {
        guard let count = TemplateTest.arguments[test], arguments.count == count else {
            throw fault(
                TemplateTest.arguments[test] == nil
                    ? "unknown test '\(test)'" : "the test '\(test)' got \(arguments.count) values", nil)
        }
        switch test {
        case "defined": return !value.isNull
        case "undefined", "none": return value.isNull
        case "string": return value.string != nil
        case "number": return value.templateNumber != nil
        case "integer":
            if case .integer = value { return true }
            return false
        case "float":
            if case .number = value { return true }
            return false
        case "boolean": return value.bool != nil
        case "true": return value == .bool(true)
        case "false": return value == .bool(false)
        case "mapping": return value.object != nil
        case "sequence", "iterable": return value.list != nil || value.object != nil || value.string != nil
        case "lower": return isCased(value.text) && value.text == value.text.lowercased()
        case "upper": return isCased(value.text) && value.text == value.text.uppercased()
        case "odd", "even":
            let rest = try arithmetic(.remainder, value, 2)
            return rest.equalsInTemplate(test == "odd" ? 1 : 0)
        default: break
        }
        guard let argument = arguments.first else { return false }
        switch test {
        case "divisibleby": return try arithmetic(.remainder, value, argument).equalsInTemplate(0)
        case "eq", "equalto", "==": return value.equalsInTemplate(argument)
        case "ne", "!=": return !value.equalsInTemplate(argument)
        case "lt", "lessthan", "<": return try holds(value, .less, argument)
        case "le", "<=": return try holds(value, .lessOrEqual, argument)
        case "gt", "greaterthan", ">": return try holds(value, .greater, argument)
        case "ge", ">=": return try holds(value, .greaterOrEqual, argument)
        default: return try holds(value, .isIn, argument)
        }
    }

    private func isCased(_ text: String) -> Bool { text.unicodeScalars.contains { $0.properties.isCased } }
}
