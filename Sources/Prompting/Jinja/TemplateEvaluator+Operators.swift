import Glibc
import LyceumKit

extension TemplateEvaluator {
    /// `left sign right`, as Python computes it.
    func arithmetic(
        _ sign: Expression.Arithmetic, _ left: TemplateValue, _ right: TemplateValue
    ) throws -> TemplateValue {
        // To Python a Boolean is a number.
        switch (sign, left.number?.value ?? left, right.number?.value ?? right) {
        case (.add, .string(let a), .string(let b)): return .string(try sum(a, b))
        case (.add, .markup(let a), .markup(let b)): return .markup(try sum(a, b))
        case (.add, .markup(let a), .string(let b)): return .markup(try sum(a, try escaped(b)))
        case (.add, .string(let a), .markup(let b)): return .markup(try sum(try escaped(a), b))
        case (.add, .list(let a), .list(let b)) where a.isTuple == b.isTuple:
            guard a.elements.count + b.elements.count <= Self.longestList else { throw tooManyElements() }
            try count(a.elements.count + b.elements.count)
            return try list(a.elements + b.elements, isTuple: a.isTuple)
        case (.multiply, .string(let text), .integer(let times)),
            (.multiply, .integer(let times), .string(let text)):
            return .string(try repeated(text, times))
        case (.multiply, .markup(let text), .integer(let times)),
            (.multiply, .integer(let times), .markup(let text)):
            return .markup(try repeated(text, times))
        case (.multiply, .list(let whole), .integer(let times)),
            (.multiply, .integer(let times), .list(let whole)):
            let times = whole.elements.isEmpty ? 0 : max(0, times)
            let (total, overflows) = whole.elements.count.multipliedReportingOverflow(by: times)
            guard !overflows, total <= Self.longestList else { throw tooManyElements() }
            try count(total)
            return try list(
                Array(repeatElement(whole.elements, count: times).joined()), isTuple: whole.isTuple)
        case (.remainder, .string(let format), _), (.remainder, .markup(let format), _):
            let arguments: [TemplateValue]
            if case .list(let tuple) = right, tuple.isTuple {
                arguments = tuple.elements
            } else {
                arguments = [right]
            }
            return .string(try formatted(format, arguments, by: right.table))
        default: break
        }
        guard let a = left.number, let b = right.number else {
            throw fault(
                "'\(sign.rawValue)' does not fit a \(left.typeName) and a \(right.typeName)",
                left.string == nil && right.string == nil
                    ? nil : "texts are joined with ~; a text becomes a number with | int or | float")
        }
        if case .integer(let a) = a, case .integer(let b) = b, sign != .divide {
            return try whole(sign, a, b)
        }
        return .number(try real(sign, a.real, b.real))
    }

    private func sum(_ a: String, _ b: String) throws -> String {
        try checkLength(a.utf8.count + b.utf8.count, times: 1)
        return try bounded(a + b)
    }

    private func repeated(_ text: String, _ times: Int) throws -> String {
        guard !text.isEmpty, times > 0 else { return "" }
        try checkLength(text.utf8.count, times: times)
        return try bounded(PythonText.repeated(text, times))
    }

    private func whole(_ sign: Expression.Arithmetic, _ a: Int, _ b: Int) throws -> TemplateValue {
        let result: (partialValue: Int, overflow: Bool)
        switch sign {
        case .add: result = a.addingReportingOverflow(b)
        case .subtract: result = a.subtractingReportingOverflow(b)
        case .multiply: result = a.multipliedReportingOverflow(by: b)
        case .divide, .divideWhole:
            if b == 0 { throw divisionByZero() }
            result = a.dividedReportingOverflow(by: b)
            // Towards minus infinity, as in Python.
            if !result.overflow, a % b != 0, (a < 0) != (b < 0) { return .integer(result.partialValue - 1) }
        case .remainder:
            if b == 0 { throw divisionByZero() }
            let remainder = a.remainderReportingOverflow(dividingBy: b).partialValue
            return .integer(remainder != 0 && (remainder < 0) != (b < 0) ? remainder + b : remainder)
        case .power: return try power(a, b)
        }
        if result.overflow { throw tooLarge() }
        return .integer(result.partialValue)
    }

    private func power(_ base: Int, _ exponent: Int) throws -> TemplateValue {
        if exponent < 0 {
            if base == 0 { throw divisionByZero() }
            return .number(try real(.power, Double(base), Double(exponent)))
        }
        if base == 0 || base == 1 { return .integer(exponent == 0 ? 1 : base) }
        if base == -1 { return .integer(exponent % 2 == 0 ? 1 : -1) }
        var result = 1
        // 2 ** 63 is too large already.
        for _ in 0..<min(exponent, 64) {
            let (product, overflows) = result.multipliedReportingOverflow(by: base)
            if overflows { throw tooLarge() }
            result = product
        }
        return .integer(result)
    }

    private func real(_ sign: Expression.Arithmetic, _ a: Double, _ b: Double) throws -> Double {
        let result: Double
        switch sign {
        case .add: result = a + b
        case .subtract: result = a - b
        case .multiply: result = a * b
        case .divide, .divideWhole, .remainder:
            if b == 0 { throw divisionByZero() }
            if sign == .divide {
                result = a / b
            } else {
                let remainder = fmod(a, b)
                let wrapped = remainder != 0 && (remainder < 0) != (b < 0) ? remainder + b : remainder
                result = sign == .remainder ? wrapped : ((a - wrapped) / b).rounded()
            }
        case .power:
            if a < 0, b.rounded() != b { throw fault("a negative number has no such power", nil) }
            result = pow(a, b)
        }
        guard result.isFinite || !a.isFinite || !b.isFinite else { throw tooLarge() }
        return result
    }

    private func divisionByZero() -> LyceumError { fault("division by zero", nil) }
    private func tooLarge() -> LyceumError { fault("the result is too large a number", nil) }

    /// Whether `left relation right` holds.
    func holds(_ left: TemplateValue, _ relation: Expression.Relation, _ right: TemplateValue) throws -> Bool
    {
        switch relation {
        case .equal: return try equals(left, right)
        case .notEqual: return !(try equals(left, right))
        case .isIn: return try contains(right, left)
        case .isNotIn: return !(try contains(right, left))
        case .less: return try order(left, right) == .less
        case .lessOrEqual: return try order(left, right) != .greater
        case .greater: return try order(left, right) == .greater
        case .greaterOrEqual: return try order(left, right) != .less
        }
    }

    /// Whether Python finds two values equal: 1 == 1.0, and texts are compared by code points.
    func equals(_ left: TemplateValue, _ right: TemplateValue) throws -> Bool {
        try count(1)
        switch (left, right) {
        case (.list(let a), .list(let b)):
            guard a !== b else { return true }
            guard a.isTuple == b.isTuple, a.elements.count == b.elements.count else { return false }
            try checkStack()
            for (x, y) in zip(a.elements, b.elements) where !(try equals(x, y)) { return false }
            return true
        case (.table(let a), .table(let b)):
            guard a !== b else { return true }
            guard a.keys.count == b.keys.count else { return false }
            try checkStack()
            for (key, value) in zip(a.keys, a.values) {
                guard let other = b[key], try equals(value, other) else { return false }
            }
            return true
        default:
            if let a = left.string, let b = right.string { try count(bytes: min(a.utf8.count, b.utf8.count)) }
            return TemplateKey(left) == TemplateKey(right)
        }
    }

    private func contains(_ whole: TemplateValue, _ part: TemplateValue) throws -> Bool {
        switch whole {
        case .string(let text), .markup(let text):
            guard let part = part.string else {
                throw fault("'in' a string needs a string, got a \(part.typeName)", nil)
            }
            try count(bytes: text.utf8.count + part.utf8.count)
            return PythonText.contains(part, in: text)
        case .list(let list):
            for element in list.elements where try equals(element, part) { return true }
            return false
        case .table(let table):
            if case .list(let list) = part, !list.isTuple { throw fault("a list cannot be a key", nil) }
            if case .table = part { throw fault("a table cannot be a key", nil) }
            return table[part] != nil
        case .undefined where style == .chat: return false
        default: throw fault("nothing can be 'in' a \(whole.typeName)", nil)
        }
    }

    /// How two values stand to each other.
    enum Order { case less, equal, greater }

    /// - Throws: `LyceumError.file` if they are of different kinds.
    func order(_ left: TemplateValue, _ right: TemplateValue) throws -> Order {
        try count(1)
        if let a = left.number, let b = right.number {
            if case .integer(let a) = a, case .integer(let b) = b { return Self.order(a, b) }
            return Self.order(a.real, b.real)
        }
        if let a = left.string, let b = right.string {
            try count(bytes: min(a.utf8.count, b.utf8.count))
            if a.hasSameScalars(as: b) { return .equal }
            // Bytes of UTF-8 are in the order of their code points.
            return a.precedes(b) ? .less : .greater
        }
        if let a = left.list, let b = right.list, a.isTuple == b.isTuple {
            try checkStack()
            for (x, y) in zip(a.elements, b.elements) where !(try equals(x, y)) { return try order(x, y) }
            return Self.order(a.elements.count, b.elements.count)
        }
        throw fault("a \(left.typeName) and a \(right.typeName) have no order", nil)
    }

    private static func order<Number: Comparable>(_ a: Number, _ b: Number) -> Order {
        a < b ? .less : a == b ? .equal : .greater
    }

    /// What a loop or a filter runs through: elements, characters of a text, names of a table in their order.
    func elements(of value: TemplateValue, _ user: String) throws -> [TemplateValue] {
        switch value {
        case .list(let list): return list.elements
        case .table(let table): return table.keys
        case .string(let text), .markup(let text):
            try count(text.utf8.count >> 3)
            try make(bytes: text.utf8.count * 16)
            return text.unicodeScalars.map { .string(String($0)) }
        case .undefined where style == .chat: return []
        default:
            throw fault(
                "\(user) needs a list, got \(value.isNull ? "nil" : "a \(value.typeName)")",
                value.isNull ? "give it one with default([])" : nil)
        }
    }
}
