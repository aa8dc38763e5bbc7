import Glibc
import LyceumKit

extension TemplateEvaluator {
    /// `left sign right`, as Python computes it.
    mutating func arithmetic(
        _ sign: Expression.Arithmetic, _ left: Value, _ right: Value
    ) throws -> Value {
        // To Python a Boolean is a number.
        switch (sign, left.templateNumber ?? left, right.templateNumber ?? right) {
        case (.add, .string(let a), .string(let b)):
            try checkLength(a.utf8.count + b.utf8.count, times: 1)
            return .string(a + b)
        case (.add, .list(let a), .list(let b)):
            guard a.count + b.count <= Self.longestList else { throw tooManyElements() }
            try count(a.count + b.count)
            return .list(a + b)
        case (.multiply, .string(let text), .integer(let times)),
            (.multiply, .integer(let times), .string(let text)):
            try checkLength(text.utf8.count, times: times)
            return .string(String(repeating: text, count: max(0, times)))
        case (.multiply, .list(let list), .integer(let times)),
            (.multiply, .integer(let times), .list(let list)):
            let (total, overflows) = list.count.multipliedReportingOverflow(by: max(0, times))
            guard !overflows, total <= Self.longestList else { throw tooManyElements() }
            try count(total)
            return .list(Array(repeatElement(list, count: list.isEmpty ? 0 : max(0, times)).joined()))
        default: break
        }
        guard let a = left.templateNumber, let b = right.templateNumber else {
            throw fault(
                "'\(sign.rawValue)' does not fit a \(left.typeName) and a \(right.typeName)",
                left.string == nil && right.string == nil
                    ? nil : "texts are joined with ~; a text becomes a number with | int or | float")
        }
        if case .integer(let a) = a, case .integer(let b) = b, sign != .divide {
            return .integer(try whole(sign, a, b))
        }
        return try real(sign, a.number ?? 0, b.number ?? 0)
    }

    func tooManyElements() -> LyceumError {
        fault("a list grows beyond \(Self.longestList) elements", nil)
    }

    private func whole(_ sign: Expression.Arithmetic, _ a: Int, _ b: Int) throws -> Int {
        let result: (partialValue: Int, overflow: Bool)
        switch sign {
        case .add: result = a.addingReportingOverflow(b)
        case .subtract: result = a.subtractingReportingOverflow(b)
        case .multiply: result = a.multipliedReportingOverflow(by: b)
        case .divide, .divideWhole:
            if b == 0 { throw divisionByZero() }
            result = a.dividedReportingOverflow(by: b)
            // Towards minus infinity, as in Python.
            if !result.overflow, a % b != 0, (a < 0) != (b < 0) { return result.partialValue - 1 }
        case .remainder:
            if b == 0 { throw divisionByZero() }
            let remainder = a.remainderReportingOverflow(dividingBy: b).partialValue
            return remainder != 0 && (remainder < 0) != (b < 0) ? remainder + b : remainder
        case .power: return try power(a, b)
        }
        if result.overflow { throw tooLarge() }
        return result.partialValue
    }

    private func power(_ base: Int, _ exponent: Int) throws -> Int {
        guard exponent >= 0 else {
            throw fault("a whole number has no whole power of \(exponent)", "write \(base).0 ** \(exponent)")
        }
        if base == 0 || base == 1 { return exponent == 0 ? 1 : base }
        if base == -1 { return exponent % 2 == 0 ? 1 : -1 }
        var result = 1
        // 2 ** 63 is too large already.
        for _ in 0..<min(exponent, 64) {
            let (product, overflows) = result.multipliedReportingOverflow(by: base)
            if overflows { throw tooLarge() }
            result = product
        }
        return result
    }

    private func real(_ sign: Expression.Arithmetic, _ a: Double, _ b: Double) throws -> Value {
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
        case .power: result = pow(a, b)
        }
        guard result.isFinite else { throw tooLarge() }
        return .number(result)
    }

    private func divisionByZero() -> LyceumError { fault("division by zero", nil) }
    private func tooLarge() -> LyceumError { fault("the result is too large a number", nil) }

    /// Whether `left relation right` holds.
    mutating func holds(_ left: Value, _ relation: Expression.Relation, _ right: Value) throws -> Bool {
        switch relation {
        case .equal: return left.equalsInTemplate(right)
        case .notEqual: return !left.equalsInTemplate(right)
        case .isIn: return try contains(right, left)
        case .isNotIn: return !(try contains(right, left))
        case .less: return try order(left, right) == .less
        case .lessOrEqual: return try order(left, right) != .greater
        case .greater: return try order(left, right) == .greater
        case .greaterOrEqual: return try order(left, right) != .less
        }
    }

    private mutating func contains(_ whole: Value, _ part: Value) throws -> Bool {
        switch whole {
        case .string(let text):
            guard let part = part.string else {
                throw fault("'in' a string needs a string, got a \(part.typeName)", nil)
            }
            return PythonText.firstIndex(of: Array(part.utf8), in: Array(text.utf8), from: 0) != nil
        case .list(let elements):
            try count(elements.count)
            return elements.contains { $0.equalsInTemplate(part) }
        case .object(let fields): return part.string.map { fields[$0] != nil } ?? false
        default: throw fault("nothing can be 'in' a \(whole.typeName)", nil)
        }
    }

    /// How two values stand to each other.
    enum Order { case less, equal, greater }

    /// - Throws: `LyceumError.file` if they are of different kinds.
    func order(_ left: Value, _ right: Value) throws -> Order {
        if let a = left.templateNumber, let b = right.templateNumber {
            if case .integer(let a) = a, case .integer(let b) = b { return Self.order(a, b) }
            return Self.order(a.number ?? 0, b.number ?? 0)
        }
        if let a = left.string, let b = right.string {
            if a.utf8.elementsEqual(b.utf8) { return .equal }
            // Bytes of UTF-8 are in the order of their code points.
            return a.utf8.lexicographicallyPrecedes(b.utf8) ? .less : .greater
        }
        if let a = left.list, let b = right.list {
            for (x, y) in zip(a, b) where !x.equalsInTemplate(y) { return try order(x, y) }
            return Self.order(a.count, b.count)
        }
        throw fault("a \(left.typeName) and a \(right.typeName) have no order", nil)
    }

    private static func order<Number: Comparable>(_ a: Number, _ b: Number) -> Order {
        a < b ? .less : a == b ? .equal : .greater
    }

    /// What a loop or a filter runs through: elements, characters of a text, names of a table in their order.
    func elements(of value: Value, _ user: String) throws -> [Value] {
        switch value {
        case .list(let elements): return elements
        case .object(let fields): return fields.keys.sorted().map(Value.string)
        case .string(let text): return text.unicodeScalars.map { .string(String($0)) }
        default:
            throw fault(
                "\(user) needs a list, got \(value.isNull ? "nil" : "a \(value.typeName)")",
                value.isNull ? "give it one with default([])" : nil)
        }
    }
}

extension Value {
    /// Whether Python takes it for true: not nil, false, 0 or empty.
    var isTrue: Bool {
        switch self {
        case .null: return false
        case .bool(let flag): return flag
        case .integer(let number): return number != 0
        case .number(let number): return number != 0
        case .string(let text): return !text.isEmpty
        case .list(let elements): return !elements.isEmpty
        case .object(let fields): return !fields.isEmpty
        }
    }

    /// The number that it is to Python, where true is 1; nil for what is none.
    var templateNumber: Value? {
        switch self {
        case .bool(let flag): return .integer(flag ? 1 : 0)
        case .integer, .number: return self
        default: return nil
        }
    }

    /// Whether Python finds them equal: 1 == 1.0, and texts are compared by code points.
    func equalsInTemplate(_ other: Value) -> Bool {
        switch (self, other) {
        case (.string(let a), .string(let b)): return a.utf8.elementsEqual(b.utf8)
        case (.list(let a), .list(let b)):
            return a.count == b.count && zip(a, b).allSatisfy { $0.equalsInTemplate($1) }
        case (.object(let a), .object(let b)):
            return a.count == b.count
                && a.allSatisfy { key, value in b[key].map(value.equalsInTemplate) ?? false }
        default:
            guard let a = templateNumber, let b = other.templateNumber else { return self == other }
            if case .integer(let a) = a, case .integer(let b) = b { return a == b }
            return a.number == b.number
        }
    }
}
