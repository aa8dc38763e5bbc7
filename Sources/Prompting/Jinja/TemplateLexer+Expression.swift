import LyceumKit

extension TemplateLexer {
    private static let signs = [
        "**", "//", "==", "!=", ">=", "<=", "+", "-", "*", "/", "%", "~", "[", "]", "(", ")", "{", "}", ">",
        "<", "=", ".", ":", "|", ",",
    ].map { Array($0.unicodeScalars) }

    /// The words up to the closing mark, which is passed over with the white space that it removes.
    mutating func expression(until closing: String, openedOn start: Int) throws -> [ExpressionToken] {
        let mark = Array(closing.unicodeScalars)
        var words: [ExpressionToken] = []
        // Inside brackets "}}" closes two tables.
        var depth = 0
        while true {
            skipSpace()
            guard let scalar = peek() else {
                throw neverClosed(closing == "}}" ? "{{" : "{%", with: closing, start)
            }
            if depth == 0 {
                if begins(with: mark) {
                    advance(2)
                    return words
                }
                if scalar == "-" || (scalar == "+" && closing == "%}"), begins(with: mark, after: 1) {
                    advance(3)
                    if scalar == "-" { skipSpace() }
                    return words
                }
            }
            let line = self.line
            let kind = try word(scalar, after: words.last)
            switch kind {
            case .sign("("), .sign("["), .sign("{"): depth += 1
            case .sign(")"), .sign("]"), .sign("}"): depth = max(0, depth - 1)
            default: break
            }
            words.append(ExpressionToken(kind: kind, line: line))
        }
    }

    private func begins(with mark: [Unicode.Scalar], after offset: Int = 0) -> Bool {
        mark.indices.allSatisfy { peek(offset + $0) == mark[$0] }
    }

    private mutating func word(
        _ scalar: Unicode.Scalar, after previous: ExpressionToken?
    ) throws -> ExpressionToken.Kind {
        if scalar == "\"" || scalar == "'" { return .string(try string(scalar)) }
        if scalar.isNameStart {
            var name = String.UnicodeScalarView()
            while let next = peek(), next.isNameStart || next.properties.numericType == .decimal {
                name.append(next)
                advance(1)
            }
            return .name(String(name))
        }
        if ("0"..."9").contains(scalar) { return try number(isIndex: previous?.kind == .sign(".")) }
        for sign in Self.signs where begins(with: sign) {
            advance(sign.count)
            return .sign(String(String.UnicodeScalarView(sign)))
        }
        throw fault(
            "'\(scalar)' means nothing in an expression",
            scalar == "$" || scalar == "#" ? "write {{ name }}" : nil)
    }

    private mutating func string(_ quote: Unicode.Scalar) throws -> String {
        let start = line
        advance(1)
        var text = String.UnicodeScalarView()
        while let scalar = peek() {
            advance(1)
            if scalar == quote { return String(text) }
            guard scalar == "\\", let escaped = peek() else {
                text.append(scalar)
                continue
            }
            advance(1)
            switch escaped {
            case "n": text.append("\n")
            case "t": text.append("\t")
            case "r": text.append("\r")
            case "\\", "'", "\"": text.append(escaped)
            case "\n": break
            case "a": text.append("\u{7}")
            case "b": text.append("\u{8}")
            case "f": text.append("\u{C}")
            case "v": text.append("\u{B}")
            case "0"..."7":
                var code = escaped.value - 48
                for _ in 0..<2 {
                    guard let digit = peek(), ("0"..."7").contains(digit) else { break }
                    code = code * 8 + digit.value - 48
                    advance(1)
                }
                text.append(Unicode.Scalar(code) ?? "\u{FFFD}")
            case "x": text.append(try escape(digits: 2))
            case "u": text.append(try escape(digits: 4))
            case "U": text.append(try escape(digits: 8))
            default:
                // Python keeps what it does not know.
                text.append("\\")
                text.append(escaped)
            }
        }
        line = start
        throw fault("a string is never closed", "close it with \(quote)")
    }

    private mutating func escape(digits count: Int) throws -> Unicode.Scalar {
        var digits = ""
        for _ in 0..<count {
            if let digit = peek(), digit.properties.isASCIIHexDigit { digits.unicodeScalars.append(digit) }
            advance(1)
        }
        guard digits.count == count, let scalar = UInt32(digits, radix: 16).flatMap(Unicode.Scalar.init)
        else {
            throw fault("a string holds an escape that is not a character", "write \\u and four digits")
        }
        return scalar
    }

    /// - Parameter isIndex: after a point, as in `list.0`, where "0.5" would be two indices.
    private mutating func number(isIndex: Bool) throws -> ExpressionToken.Kind {
        var text = ""
        func isDigit(_ scalar: Unicode.Scalar?) -> Bool { scalar.map { ("0"..."9").contains($0) } == true }
        func take(_ lexer: inout TemplateLexer) {
            while let next = lexer.peek(), isDigit(next) || (next == "_" && isDigit(lexer.peek(1))) {
                if next != "_" { text.unicodeScalars.append(next) }
                lexer.advance(1)
            }
        }
        if !isIndex, peek() == "0", let letter = peek(1), let base = Self.bases[letter] {
            return try number(base: base)
        }
        take(&self)
        var isFloat = false
        if !isIndex, peek() == ".", isDigit(peek(1)) {
            isFloat = true
            text += "."
            advance(1)
            take(&self)
        }
        if !isIndex, peek() == "e" || peek() == "E" {
            let sign = peek(1) == "+" || peek(1) == "-"
            if isDigit(peek(sign ? 2 : 1)) {
                isFloat = true
                text += "e" + (sign ? String(peek(1) ?? "+") : "")
                advance(sign ? 2 : 1)
                take(&self)
            }
        }
        if isFloat, let number = Double(text), number.isFinite { return .float(number) }
        if !isFloat, let number = Int(text) { return .integer(number) }
        throw fault("the number \(text) is too large", nil)
    }

    private static let bases: [Unicode.Scalar: Int] = ["x": 16, "X": 16, "o": 8, "O": 8, "b": 2, "B": 2]

    /// `0x1f`, `0o17`, `0b11`
    private mutating func number(base: Int) throws -> ExpressionToken.Kind {
        var digits = ""
        let start = position
        advance(2)
        while let next = peek(), next.properties.isASCIIHexDigit || next == "_" {
            if next != "_" { digits.unicodeScalars.append(next) }
            advance(1)
        }
        guard let number = Int(digits, radix: base) else {
            let text = String(String.UnicodeScalarView(source[start..<position]))
            throw fault("the number \(text) is too large, or none", nil)
        }
        return .integer(number)
    }

    private func fault(_ problem: String, _ remedy: String?) -> LyceumError {
        .file(path: name, line: line, problem: problem, remedy: remedy)
    }
}

extension Unicode.Scalar {
    /// White space as Python's `str.isspace` knows it.
    var isTemplateSpace: Bool { properties.isWhitespace || (0x1C...0x1F).contains(value) }

    fileprivate var isNameStart: Bool { self == "_" || properties.isAlphabetic }
}
