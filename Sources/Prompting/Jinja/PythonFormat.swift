import Glibc
import LyceumKit

/// A format of Python: `>10,.2f`. Source: Python's "Format specification mini-language".
struct PythonFormat {
    var fill = " "
    var align: Character?
    var sign: Character = "-"
    var isAlternate = false
    var width = 0
    var grouping: Character?
    var precision: Int?
    var type: Character?

    /// Reads a format; nil if it is none.
    init?(_ text: String) {
        var rest = Array(text)[...]
        func isAlign(_ character: Character?) -> Bool { character.map { "<>=^".contains($0) } == true }
        if rest.count > 1, isAlign(rest[rest.startIndex + 1]) {
            fill = String(rest.removeFirst())
            align = rest.removeFirst()
        } else if isAlign(rest.first) {
            align = rest.removeFirst()
        }
        if let first = rest.first, "+- ".contains(first) { sign = rest.removeFirst() }
        if rest.first == "z" { rest.removeFirst() }
        if rest.first == "#" {
            isAlternate = true
            rest.removeFirst()
        }
        if rest.first == "0" {
            rest.removeFirst()
            if align == nil {
                fill = "0"
                align = "="
            }
        }
        guard let width = Self.number(&rest, otherwise: 0) else { return nil }
        self.width = width
        if let first = rest.first, ",_".contains(first) { grouping = rest.removeFirst() }
        if rest.first == "." {
            rest.removeFirst()
            guard rest.first?.isASCIIDigit == true, let digits = Self.number(&rest, otherwise: 0) else {
                return nil
            }
            precision = digits
        }
        if let last = rest.popFirst() { type = last }
        if !rest.isEmpty { return nil }
    }

    init() {}

    private static func number(_ rest: inout ArraySlice<Character>, otherwise: Int) -> Int? {
        let digits = rest.prefix(while: \.isASCIIDigit)
        rest = rest.dropFirst(digits.count)
        if digits.isEmpty { return otherwise }
        return Int(String(digits)).flatMap { $0 <= TemplateEvaluator.longestText ? $0 : nil }
    }

    /// A text in this format; nil if it does not fit.
    func string(_ text: String) -> String? {
        guard type == nil || type == "s", align != "=", sign == "-", grouping == nil else { return nil }
        let cut = precision.map { String(String.UnicodeScalarView(text.unicodeScalars.prefix($0))) } ?? text
        return padded(cut, prefix: "", standard: "<")
    }

    /// A whole number in this format; nil if it does not fit.
    func string(_ number: Int) -> String? {
        switch type {
        case nil, "d", "n":
            guard precision == nil else { return nil }
            return signed(number < 0, grouped(String(number.magnitude), every: 3))
        case "x", "X", "o", "b":
            guard precision == nil, grouping != "," else { return nil }
            let base = type == "o" ? 8 : type == "b" ? 2 : 16
            let digits = String(number.magnitude, radix: base, uppercase: type == "X")
            let mark = isAlternate ? "0\(type.map(String.init) ?? "")" : ""
            return signed(number < 0, grouped(digits, every: 4), mark: mark)
        case "c":
            guard let scalar = UInt32(exactly: number).flatMap(Unicode.Scalar.init) else { return nil }
            return padded(String(scalar), prefix: "", standard: "<")
        default: return string(Double(number))
        }
    }

    /// A number in this format; nil if it does not fit.
    func string(_ number: Double) -> String? {
        let isNegative = number.sign == .minus && !number.isNaN
        let amount = isNegative ? -number : number
        let isUpper = type == "F" || type == "E" || type == "G"
        var text: String
        if !amount.isFinite {
            text = amount.isNaN ? "nan" : "inf"
        } else {
            switch type {
            case nil:
                // As `str` writes it, or with so many digits that count.
                text = precision.map { Self.print("%.*g", max($0, 1), amount) } ?? amount.description
                if precision != nil, !text.contains("."), !text.contains("e") { text += ".0" }
            case "f", "F": text = Self.print("%.*f", precision ?? 6, amount)
            case "e", "E": text = Self.print("%.*e", precision ?? 6, amount)
            case "g", "G", "n":
                text = Self.print(isAlternate ? "%#.*g" : "%.*g", max(precision ?? 6, 1), amount)
            case "%": text = Self.print("%.*f", precision ?? 6, amount * 100) + "%"
            default: return nil
            }
        }
        if isUpper { text = text.uppercased() }
        let whole = text.prefix { $0.isASCIIDigit }
        return signed(isNegative, grouped(String(whole), every: 3) + text.dropFirst(whole.count))
    }

    private static func print(_ format: String, _ precision: Int, _ number: Double) -> String {
        // The longest double has 309 digits before the point.
        let precision = min(precision, 2000)
        return withVaList([Int32(precision), number]) { arguments in
            var buffer = [CChar](repeating: 0, count: precision + 400)
            let count = vsnprintf(&buffer, buffer.count, format, arguments)
            return String(
                decoding: buffer.prefix(max(0, Int(count))).map(UInt8.init(bitPattern:)), as: UTF8.self)
        }
    }

    private func grouped(_ digits: String, every count: Int) -> String {
        guard let grouping, digits.allSatisfy({ $0.isHexDigit }) else { return digits }
        var result = ""
        for (i, digit) in digits.enumerated() {
            if i > 0, (digits.count - i) % count == 0 { result.append(grouping) }
            result.append(digit)
        }
        return result
    }

    private func signed(_ isNegative: Bool, _ digits: String, mark: String = "") -> String {
        let sign = isNegative ? "-" : self.sign == "-" ? "" : String(self.sign)
        return padded(digits, prefix: sign + mark, standard: ">")
    }

    private func padded(_ text: String, prefix: String, standard: Character) -> String {
        let count = prefix.unicodeScalars.count + text.unicodeScalars.count
        let missing = max(0, width - count)
        func filling(_ count: Int) -> String { String(repeating: fill, count: count) }
        switch align ?? standard {
        case "<": return prefix + text + filling(missing)
        case "^": return filling(missing / 2) + prefix + text + filling(missing - missing / 2)
        case "=": return prefix + filling(missing) + text
        default: return filling(missing) + prefix + text
        }
    }
}

extension Character {
    fileprivate var isASCIIDigit: Bool { ("0"..."9").contains(self) }
}

extension TemplateEvaluator {
    /// `format % arguments`: Python's older way to format.
    ///
    /// - Parameter table: where `%(name)s` takes its values from.
    func formatted(_ format: String, _ arguments: [TemplateValue], by table: TemplateTable?) throws -> String
    {
        try count(bytes: format.utf8.count)
        var result = ""
        var rest = format.unicodeScalars[...]
        var left = arguments[...]
        var usesNames = false
        while let scalar = rest.popFirst() {
            guard scalar == "%" else {
                result.unicodeScalars.append(scalar)
                continue
            }
            var named: TemplateValue?
            if rest.first == "(" {
                guard let table, let end = rest.firstIndex(of: ")") else {
                    throw fault("'%' formats need a table", nil)
                }
                let name = String(rest[rest.index(after: rest.startIndex)..<end])
                rest = rest[rest.index(after: end)...]
                guard let value = table[name] else { throw fault("'%' finds no '\(name)'", nil) }
                named = value
                usesNames = true
            }
            var format = PythonFormat()
            while let flag = rest.first, "#0- +".unicodeScalars.contains(flag) {
                switch flag {
                case "#": format.isAlternate = true
                case "0": if format.align == nil { (format.fill, format.align) = ("0", "=") }
                case "-": (format.fill, format.align) = (" ", "<")
                case "+": format.sign = "+"
                default: if format.sign != "+" { format.sign = " " }
                }
                rest.removeFirst()
            }
            func number() throws -> Int? {
                if rest.first == "*" {
                    rest.removeFirst()
                    guard let value = left.popFirst()?.integer, value.magnitude <= UInt(Self.longestText)
                    else {
                        throw fault("'*' in a '%' format needs a whole number", nil)
                    }
                    return value
                }
                let digits = rest.prefix { ("0"..."9").contains($0) }
                rest = rest.dropFirst(digits.count)
                if digits.isEmpty { return nil }
                guard let number = Int(String(digits)), number <= Self.longestText else { throw tooLong() }
                return number
            }
            if let width = try number() {
                format.width = abs(width)
                if width < 0 { (format.fill, format.align) = (" ", "<") }
            }
            if rest.first == "." {
                rest.removeFirst()
                format.precision = max(0, try number() ?? 0)
            }
            while let mark = rest.first, "hlL".unicodeScalars.contains(mark) { rest.removeFirst() }
            guard let type = rest.popFirst() else { throw fault("a '%' format ends too soon", nil) }
            if type == "%" {
                result += "%"
                continue
            }
            guard let value = named ?? left.popFirst() else {
                throw fault("too few values for the '%' format", nil)
            }
            result += try formatted(value, type, format)
            try checkLength(result.utf8.count, times: 1)
        }
        if !left.isEmpty, !usesNames, table == nil || left.count > 1 {
            throw fault("too many values for the '%' format", nil)
        }
        return try bounded(result)
    }

    private func formatted(
        _ value: TemplateValue, _ type: Unicode.Scalar, _ given: PythonFormat
    ) throws -> String {
        var format = given
        func misfit() -> LyceumError { fault("'%\(type)' does not fit a \(value.typeName)", nil) }
        try checkLength(format.width, times: 1)
        switch type {
        case "s", "r", "a":
            format.sign = "-"
            if format.align == "=" { format.align = ">" }
            if format.fill == "0" { format.fill = " " }
            if format.align == nil { format.align = ">" }
            format.type = nil
            let text = type == "s" ? try text(value) : try written(value, .python)
            guard let result = format.string(text) else { throw misfit() }
            return result
        case "c":
            if let text = value.string, text.unicodeScalars.count == 1 { return text }
            guard let code = value.integer, let scalar = UInt32(exactly: code).flatMap(Unicode.Scalar.init)
            else {
                throw misfit()
            }
            return String(scalar)
        case "d", "i", "u", "x", "X", "o":
            let whole: Int?
            switch value.number {
            case .integer(let number)?: whole = number
            case .real(let number)? where "diu".unicodeScalars.contains(type):
                whole = Int(exactly: number.rounded(.towardZero))
            default: whole = nil
            }
            guard let whole else { throw misfit() }
            format.type = "diu".unicodeScalars.contains(type) ? "d" : Character(type)
            if let digits = format.precision {
                // So many digits at least.
                format.precision = nil
                let plain = PythonFormat("0\(digits + (whole < 0 ? 1 : 0))d")
                guard format.type == "d", let text = plain?.string(whole) else { throw misfit() }
                var outer = format
                outer.type = nil
                if outer.align == "=" || outer.align == nil { outer.align = ">" }
                return outer.string(text) ?? text
            }
            guard let result = format.string(whole) else { throw misfit() }
            return result
        case "e", "E", "f", "F", "g", "G":
            guard let number = value.number else { throw misfit() }
            format.type = Character(type)
            guard let result = format.string(number.real) else { throw misfit() }
            return result
        default: throw fault("'%\(type)' is not a format", "there are s, r, d, x, o, e, f, g, c and %%")
        }
    }

    /// `text.format(…)`: `{}`, `{0}`, `{name}`, `{0[key]}`, `{x!r:>10}`.
    func formatted(_ text: String, with arguments: TemplateFunction.Arguments, level: Int = 0) throws
        -> String
    {
        guard level < 2 else { throw fault("format: too many levels of {}", nil) }
        try count(bytes: text.utf8.count)
        var result = ""
        var next = 0
        let scalars = Array(text.unicodeScalars)
        var place = 0
        while place < scalars.count {
            let scalar = scalars[place]
            place += 1
            if scalar == "{" || scalar == "}" {
                if place < scalars.count, scalars[place] == scalar {
                    place += 1
                    result.unicodeScalars.append(scalar)
                    continue
                }
                guard scalar == "{" else { throw fault("format: a '}' stands alone", "write }}") }
                var depth = 1
                let start = place
                while place < scalars.count, depth > 0 {
                    if scalars[place] == "{" { depth += 1 }
                    if scalars[place] == "}" { depth -= 1 }
                    place += 1
                }
                guard depth == 0 else { throw fault("format: a '{' is never closed", "write {{") }
                let field = String(String.UnicodeScalarView(scalars[start..<(place - 1)]))
                result += try replacement(field, arguments, &next, level)
                try checkLength(result.utf8.count, times: 1)
            } else {
                result.unicodeScalars.append(scalar)
            }
        }
        return try bounded(result)
    }

    private func replacement(
        _ field: String, _ arguments: TemplateFunction.Arguments, _ next: inout Int, _ level: Int
    ) throws -> String {
        var name = field[...]
        var format = ""
        var conversion: Character?
        if let colon = name.firstIndex(of: ":") {
            format = String(name[name.index(after: colon)...])
            name = name[..<colon]
        }
        if let mark = name.firstIndex(of: "!") {
            conversion = name[name.index(after: mark)...].first
            name = name[..<mark]
        }
        let head = name.prefix { $0 != "." && $0 != "[" }
        var value: TemplateValue?
        if head.isEmpty || head.allSatisfy(\.isNumber) {
            let place = head.isEmpty ? next : Int(head) ?? .max
            if head.isEmpty { next += 1 }
            value = arguments.positional.indices.contains(place) ? arguments.positional[place] : nil
        } else {
            value = arguments.named.first { $0.name == head }?.value
        }
        var rest = name.dropFirst(head.count)
        while let found = value, let mark = rest.popFirst() {
            if mark == "." {
                let key = rest.prefix { $0 != "." && $0 != "[" }
                rest = rest.dropFirst(key.count)
                value = found.table?[String(key)]
            } else {
                let key = rest.prefix { $0 != "]" }
                rest = rest.dropFirst(key.count + 1)
                if let list = found.list, let index = Int(key) {
                    value = list.elements.indices.contains(index) ? list.elements[index] : nil
                } else {
                    value = found.table?[String(key)]
                }
            }
        }
        guard let value else { throw fault("format: there is no '\(name)'", nil) }
        if format.contains("{") {
            // Formats may hold fields, too: "{:{}}".
            var given = arguments
            given.positional = Array(arguments.positional.dropFirst(next))
            format = try formatted(format, with: given, level: level + 1)
            next += 1
        }
        guard let parsed = PythonFormat(format) else {
            throw fault("format: '\(format)' is not a format", nil)
        }
        try checkLength(parsed.width, times: 1)
        let result: String?
        switch (conversion, value) {
        case ("r"?, _), ("a"?, _): result = parsed.string(try written(value, .python))
        case ("s"?, _), (nil, .string), (nil, .markup): result = parsed.string(try text(value))
        case (nil, .integer(let number)): result = parsed.string(number)
        case (nil, .number(let number)): result = parsed.string(number)
        case (nil, .bool(let flag)): result = format.isEmpty ? try text(value) : parsed.string(flag ? 1 : 0)
        case (nil, _): result = format.isEmpty ? try text(value) : nil
        default: result = nil
        }
        guard let result else { throw fault("format: '\(format)' does not fit a \(value.typeName)", nil) }
        return result
    }
}
