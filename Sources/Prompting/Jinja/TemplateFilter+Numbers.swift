import Glibc
import LyceumKit

extension TemplateFilter {
    /// Filters that make numbers.
    static let numbers: [String: TemplateFilter] = [
        "int": TemplateFilter(["default", "base"]) { evaluator, value, arguments in
            let otherwise = arguments.byName["default"] ?? 0
            let base = try arguments.integer("base", 10, evaluator)
            return try evaluator.whole(value, base: base).map(TemplateValue.integer) ?? otherwise
        },
        "float": TemplateFilter(["default"]) { evaluator, value, arguments in
            try evaluator.real(value).map(TemplateValue.number) ?? arguments.byName["default"] ?? .number(0)
        },
        "abs": TemplateFilter { evaluator, value in
            switch value.number {
            case .integer(let number)? where number != .min: return .integer(abs(number))
            case .real(let number)?: return .number(abs(number))
            case .integer?: throw evaluator.fault("abs: the result is too large a number", nil)
            default: throw evaluator.fault("abs: expected a number, got a \(value.typeName)", nil)
            }
        },
        "round": TemplateFilter(["precision", "method"], round),
        "filesizeformat": TemplateFilter(["binary"]) { evaluator, value, arguments in
            guard let bytes = try evaluator.real(value) else {
                throw evaluator.fault("filesizeformat: expected a number, got a \(value.typeName)", nil)
            }
            let isBinary = arguments.flag("binary")
            let base = isBinary ? 1024.0 : 1000.0
            if bytes == 1 { return "1 Byte" }
            if bytes < base {
                guard let whole = Int(exactly: bytes.rounded(.towardZero)) else {
                    throw evaluator.fault("filesizeformat: the number is too large", nil)
                }
                return .string("\(whole) Bytes")
            }
            guard bytes.isFinite else {
                throw evaluator.fault("filesizeformat: the number is not finite", nil)
            }
            let letters = Array(isBinary ? "KMGTPEZY" : "kMGTPEZY")
            var unit = base * base
            for (place, letter) in letters.enumerated() {
                if bytes < unit || place == letters.count - 1 {
                    return .string("\((base * bytes / unit).fixed(1)) \(letter)\(isBinary ? "iB" : "B")")
                }
                unit *= base
            }
            return nil
        },
    ]

    @Sendable private static func round(
        _ evaluator: TemplateEvaluator, _ value: TemplateValue, _ arguments: FilterArguments
    ) throws -> TemplateValue? {
        let precision = try arguments.integer("precision", 0, evaluator)
        let method = try arguments.string("method", evaluator) ?? "common"
        guard ["common", "ceil", "floor"].contains(method) else {
            throw evaluator.fault("round: 'method': expected common, ceil or floor, got '\(method)'", nil)
        }
        guard let number = value.number?.real else {
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
        if case .integer(let whole)? = value.number {
            if precision >= 0 { return .integer(whole) }
            let rounded = (number * scale).rounded(.toNearestOrEven) / scale
            return Int(exactly: rounded).map(TemplateValue.integer) ?? .number(rounded)
        }
        guard precision >= 0 else { return .number((number * scale).rounded(.toNearestOrEven) / scale) }
        // As Python does: round the decimal expansion of the number as it is stored.
        return .number(precision > 60 ? number : Double(number.fixed(precision)) ?? number)
    }
}

extension TemplateEvaluator {
    /// Python's `int(value)`, and for texts such as "42.7" what stands before the point; nil for what is none.
    fileprivate func whole(_ value: TemplateValue, base: Int) throws -> Int? {
        switch value {
        case .integer(let number): return number
        case .bool(let flag): return flag ? 1 : 0
        case .number(let number):
            if number.isNaN { return nil }
            return try whole(number)
        case .undefined:
            throw fault("int: the value is not defined", "give it one before: | default(0) | int")
        case .string(let text), .markup(let text):
            if let number = try Self.digits(text, base: base, self) { return number }
            guard let number = try real(value), number.isFinite else { return nil }
            return try whole(number)
        default: return nil
        }
    }

    private func whole(_ number: Double) throws -> Int {
        guard let whole = Int(exactly: number.rounded(.towardZero)) else {
            throw fault("int: \(number) is too large a number", nil)
        }
        return whole
    }

    /// Python's `int(text, base)`.
    private static func digits(_ text: String, base: Int, _ evaluator: TemplateEvaluator) throws -> Int? {
        guard base == 0 || (2...36).contains(base) else { return nil }
        var digits = PythonText.trimmed(text)[...]
        let isNegative = digits.first == "-"
        if isNegative || digits.first == "+" { digits.removeFirst() }
        var radix = base == 0 ? 10 : base
        for (prefix, itsBase) in [("0x", 16), ("0o", 8), ("0b", 2)] where base == itsBase || base == 0 {
            if digits.lowercased().hasPrefix(prefix) {
                digits = digits.dropFirst(2)
                radix = itsBase
                if digits.first == "_" { digits.removeFirst() }
                break
            }
        }
        // Underscores stand between digits only.
        guard let first = digits.first, first != "_", digits.last != "_", !digits.contains("__"),
            digits.first != "-", digits.first != "+"
        else { return nil }
        var number = 0
        for character in digits where character != "_" {
            guard let scalar = character.unicodeScalars.first, character.unicodeScalars.count == 1 else {
                return nil
            }
            let digit: Int?
            if scalar.isASCII {
                digit = Int(String(character), radix: 36)
            } else {
                let properties = scalar.properties
                digit =
                    properties.numericType == .decimal
                    ? properties.numericValue.flatMap { Int(exactly: $0) } : nil
            }
            guard let digit, digit < radix else { return nil }
            let (product, tooLarge) = number.multipliedReportingOverflow(by: radix)
            let (sum, overflows) =
                isNegative
                ? product.subtractingReportingOverflow(digit) : product.addingReportingOverflow(digit)
            guard !tooLarge, !overflows else { throw evaluator.fault("int: the number is too large", nil) }
            number = sum
        }
        return number
    }

    /// Python's `float(value)`; nil for what is none.
    func real(_ value: TemplateValue) throws -> Double? {
        if value.isUndefined {
            throw fault("float: the value is not defined", "give it one before: | default(0) | float")
        }
        guard let text = value.string else { return value.number?.real }
        try count(bytes: text.utf8.count)
        let plain = PythonText.trimmed(text)
        if plain.contains("_") {
            guard plain.wholeMatch(of: /[+-]?[0-9.eE+-]+(_[0-9][0-9.eE+-]*)*/) != nil else { return nil }
        }
        let digits = plain.filter { $0 != "_" }
        if ["inf", "infinity", "nan"].contains(digits.lowercased().drop { "+-".contains($0) }) {
            return Double(digits.lowercased())
        }
        guard digits.utf8.allSatisfy({ (0x30...0x39).contains($0) || ".eE+-".utf8.contains($0) }) else {
            return nil
        }
        // Python takes "1." and ".5", Swift does not take the first.
        return Double(digits) ?? (digits.hasSuffix(".") ? Double(digits.dropLast()) : nil)
    }
}
