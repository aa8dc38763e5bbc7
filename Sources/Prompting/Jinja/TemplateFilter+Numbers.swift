import Glibc
import LyceumKit

extension TemplateFilter {
    /// Filters that make numbers.
    static let numbers: [String: TemplateFilter] = [
        "int": TemplateFilter(["default", "base"]) { evaluator, value, arguments in
            let otherwise = arguments["default"] ?? 0
            let base = try arguments.integer("base", 10, evaluator)
            guard (2...36).contains(base) else {
                throw evaluator.fault("int: 'base': expected 2 to 36, got \(base)", nil)
            }
            return whole(value, base: base).map(Value.integer) ?? otherwise
        },
        "float": TemplateFilter(["default"]) { _, value, arguments in
            real(value).map(Value.number) ?? arguments["default"] ?? 0.0
        },
        "abs": TemplateFilter { evaluator, value, _ in
            switch value.templateNumber {
            case .integer(let number)? where number != .min: return .integer(abs(number))
            case .number(let number)?: return .number(abs(number))
            default: throw evaluator.fault("abs: expected a number, got a \(value.typeName)", nil)
            }
        },
        "round": TemplateFilter(["precision", "method"], round),
    ]

    /// Python's `int(value)`, and for texts such as "42.7" what stands before the point.
    private static func whole(_ value: Value, base: Int) -> Int? {
        switch value {
        case .integer(let number): return number
        case .bool(let flag): return flag ? 1 : 0
        case .number(let number): return Int(exactly: number.rounded(.towardZero))
        case .string(let text):
            let plain = PythonText.trimmed(text).replacing("_", with: "")
            var digits = plain[...]
            let isNegative = digits.first == "-"
            if isNegative || digits.first == "+" { digits.removeFirst() }
            for (prefix, itsBase) in [("0x", 16), ("0o", 8), ("0b", 2)] where base == itsBase {
                if digits.lowercased().hasPrefix(prefix) { digits = digits.dropFirst(2) }
            }
            if digits.first != "-", digits.first != "+", let number = Int(digits, radix: base) {
                return isNegative ? -number : number
            }
            return real(value).flatMap { Int(exactly: $0.rounded(.towardZero)) }
        default: return nil
        }
    }

    /// Python's `float(value)`.
    private static func real(_ value: Value) -> Double? {
        if let text = value.string {
            return Double(PythonText.trimmed(text).replacing("_", with: ""))
        }
        return value.templateNumber?.number
    }

    @Sendable private static func round(
        _ evaluator: inout TemplateEvaluator, _ value: Value, _ arguments: FilterArguments
    ) throws -> Value? {
        let precision = try arguments.integer("precision", 0, evaluator)
        let method = try arguments.string("method", evaluator) ?? "common"
        guard ["common", "ceil", "floor"].contains(method) else {
            throw evaluator.fault("round: 'method': expected common, ceil or floor, got '\(method)'", nil)
        }
        guard let number = value.templateNumber?.number else {
            throw evaluator.fault(
                "round: expected a number, got a \(value.typeName)", "turn it into one first: | float | round"
            )
        }
        guard (-300...300).contains(precision) else {
            throw evaluator.fault("round: 'precision': expected -300 to 300, got \(precision)", nil)
        }
        let scale = pow(10, Double(precision))
        if method != "common" {
            let scaled = number * scale
            return .number((method == "ceil" ? scaled.rounded(.up) : scaled.rounded(.down)) / scale)
        }
        if case .integer(let whole)? = value.templateNumber {
            if precision >= 0 { return .integer(whole) }
            return .number((number * scale).rounded(.toNearestOrEven) / scale).wholeIfPossible
        }
        guard precision >= 0 else { return .number((number * scale).rounded(.toNearestOrEven) / scale) }
        // As Python does: round the decimal expansion of the number as it is stored.
        return .number(precision > 60 ? number : Double(number.fixed(precision)) ?? number)
    }
}

extension Value {
    /// The integer of a floating-point number that is whole.
    fileprivate var wholeIfPossible: Value { integer.map(Value.integer) ?? self }
}
