import LyceumKit

extension ExpressionParser {
    mutating func primary() throws -> Expression {
        guard let token = next else { throw unexpected("a value") }
        let line = currentLine
        switch token {
        case .integer(let number):
            skip()
            return .literal(.integer(number))
        case .float(let number):
            skip()
            return .literal(.number(number))
        case .string(let first):
            skip()
            var text = first
            // Neighbours are one string, as in Python.
            while case .string(let more)? = next {
                text += more
                skip()
            }
            return .literal(.string(text))
        case .name(let name):
            skip()
            switch name {
            case "true", "True": return .literal(true)
            case "false", "False": return .literal(false)
            case "none", "None": return .literal(.null)
            case "and", "or", "not", "in", "is", "if", "else":
                throw fault("'\(name)' stands where a value is expected", nil)
            default: return .name(name, line: line)
            }
        case .sign("("):
            skip()
            if take(")") { return .tuple([]) }
            let inside = try tuple()
            try expect(")")
            return inside
        case .sign("["): return try list()
        case .sign("{"): return try table()
        case .sign: throw unexpected("a value")
        }
    }

    private mutating func list() throws -> Expression {
        skip()
        var elements: [Expression] = []
        while next != .sign("]") {
            elements.append(try expression())
            if !take(",") { break }
        }
        try expect("]")
        return .list(elements)
    }

    private mutating func table() throws -> Expression {
        skip()
        var pairs: [(key: Expression, value: Expression)] = []
        while next != .sign("}") {
            let key = try expression()
            try expect(":")
            pairs.append((key, try expression()))
            if !take(",") { break }
        }
        try expect("}")
        return .table(pairs)
    }

    /// Fields, indices and calls.
    mutating func postfix(_ base: Expression) throws -> Expression {
        var result = base
        while true {
            let line = currentLine
            if take(".") {
                switch next {
                case .name(let field): result = .field(result, field, line: line)
                case .integer(let index): result = .item(result, .literal(.integer(index)), line: line)
                default: throw unexpected("a name after '.'")
                }
                skip()
            } else if take("[") {
                result = try index(result, line)
            } else if take("(") {
                result = .call(result, try arguments(), line: line)
            } else {
                return result
            }
            try step()
        }
    }

    private mutating func index(_ base: Expression, _ line: Int) throws -> Expression {
        var parts: [Expression?] = [nil]
        while !take("]") {
            if take(":") {
                parts.append(nil)
            } else {
                parts[parts.count - 1] = try expression()
                guard next == .sign(":") || next == .sign("]") else { throw unexpected("']'") }
            }
        }
        switch parts.count {
        case 1:
            guard let index = parts[0] else { throw unexpected("an index before ']'") }
            return .item(base, index, line: line)
        case 2, 3:
            return .slice(
                base, from: parts[0], to: parts[1], step: parts.count == 3 ? parts[2] : nil, line: line)
        default: throw unexpected("']'")
        }
    }

    /// The inside of brackets, after the opening one.
    mutating func arguments() throws -> Expression.Arguments {
        var result = Expression.Arguments()
        while next != .sign(")") {
            if take("**") {
                guard result.table == nil else { throw fault("'**' stands twice in one call", nil) }
                result.table = try expression()
            } else if take("*") {
                guard result.list == nil, result.table == nil else {
                    throw fault("'*' stands twice in one call, or behind '**'", nil)
                }
                result.list = try expression()
            } else if case .name(let name)? = next, position + 1 < tokens.count,
                tokens[position + 1].kind == .sign("=")
            {
                skip()
                skip()
                result.named.append((name, try expression()))
            } else {
                guard result.named.isEmpty, result.list == nil, result.table == nil else {
                    throw fault("a value without a name stands after one with a name", nil)
                }
                result.positional.append(try expression())
            }
            if !take(",") { break }
        }
        try expect(")")
        return result
    }

    /// `|filter`, `is test` and calls behind an operand.
    mutating func filters(_ base: Expression) throws -> Expression {
        var result = base
        while true {
            let line = currentLine
            if take("|") {
                result = try filter(result, line)
            } else if take(name: "is") {
                result = try test(result, line)
            } else if take("(") {
                result = .call(result, try arguments(), line: line)
            } else {
                return result
            }
            try step()
        }
    }

    /// One filter, after its sign.
    mutating func filter(_ base: Expression, _ line: Int) throws -> Expression {
        let filter = try identifier("the name of a filter")
        guard let declared = TemplateFilter.all[filter] else {
            throw unknown("filter", filter, among: TemplateFilter.all.keys.sorted())
        }
        let given = take("(") ? try arguments() : Expression.Arguments()
        if let problem = declared.mismatch(given) { throw fault("\(filter): \(problem)", nil) }
        return .filter(base, filter, given, line: line)
    }

    private mutating func test(_ base: Expression, _ line: Int) throws -> Expression {
        let isNegated = take(name: "not")
        let test = try testName()
        guard let counts = TemplateTest.arguments[test] else {
            throw unknown("test", test, among: TemplateTest.arguments.keys.sorted())
        }
        var given = Expression.Arguments()
        if take("(") {
            given = try arguments()
        } else if counts.upperBound > 0 || beginsArgument() {
            // `x is divisibleby 3`
            guard beginsArgument() || counts.lowerBound > 0 else { throw unexpected("a value") }
            given.positional = [try postfix(try primary())]
        }
        guard given.named.isEmpty,
            given.list != nil || given.table != nil || counts.contains(given.positional.count)
        else {
            throw fault("the test '\(test)' takes \(counts.upperBound == 0 ? "no value" : "one value")", nil)
        }
        let result = Expression.test(base, test, given, line: line)
        return isNegated ? .not(result) : result
    }

    /// Whether an argument of a test without brackets begins here.
    private func beginsArgument() -> Bool {
        switch next {
        case .name(let name)?: return !["else", "or", "and", "is"].contains(name)
        case .string?, .integer?, .float?: return true
        case .sign(let sign)?: return ["[", "{"].contains(sign)
        default: return false
        }
    }

    private mutating func testName() throws -> String {
        if case .sign(let sign)? = next, TemplateTest.arguments[sign] != nil {
            skip()
            return sign
        }
        return try identifier("the name of a test")
    }

    func unknown(_ kind: String, _ name: String, among known: [String]) -> LyceumError {
        let near = Nearest.names(to: name, among: known)
        let remedy =
            near.isEmpty
            ? "the \(kind)s are " + known.filter { $0.first?.isLetter == true }.joined(separator: ", ")
            : "did you mean " + near.map { "'\($0)'" }.joined(separator: " or ") + "?"
        return fault("unknown \(kind) '\(name)'", remedy)
    }
}
