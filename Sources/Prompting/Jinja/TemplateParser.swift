import LyceumKit

/// Makes a template's nodes out of its tokens: the statements.
struct TemplateParser {
    /// What the template is called in errors.
    let name: String
    private let tokens: [TemplateToken]
    private var position = 0
    private var depth = 0

    private static let deepest = 40
    /// How many loops are open: only there `break` and `continue` have a meaning.
    private var loops = 0
    private static let statements = [
        "if", "for", "set", "with", "filter", "raw", "macro", "call", "break", "continue", "block",
        "autoescape",
        "generation",
    ]
    private static let inner = [
        "elif", "else", "endif", "endfor", "endset", "endwith", "endfilter", "endraw", "endmacro", "endcall",
        "endblock", "endautoescape", "endgeneration",
    ]

    init(_ source: String, name: String, style: TemplateStyle = .prompt) throws {
        self.name = name
        var lexer = TemplateLexer(source, name: name, style: style)
        tokens = try lexer.tokenize()
    }

    mutating func parse() throws -> [TemplateNode] { try nodes(until: [], of: nil).nodes }

    /// The nodes up to one of the closing words, and the statement that closed them.
    private mutating func nodes(
        until ends: Set<String>, of opener: (word: String, line: Int)?
    ) throws -> (nodes: [TemplateNode], end: String, rest: ExpressionParser) {
        depth += 1
        defer { depth -= 1 }
        if depth > Self.deepest, let opener {
            throw fault(opener.line, "statements are nested too deeply", nil)
        }
        var result: [TemplateNode] = []
        while position < tokens.count {
            let token = tokens[position]
            position += 1
            switch token.kind {
            case .text(let text): result.append(.text(text))
            case .output(let words):
                if words.isEmpty { throw fault(token.line, "'{{ }}' names no variable", "write {{ name }}") }
                var parser = ExpressionParser(words, name: name, line: token.line)
                let expression = try parser.tuple()
                try parser.end("'{{ … }}'")
                result.append(.output(expression, line: token.line))
            case .statement(let words):
                var parser = ExpressionParser(words, name: name, line: token.line)
                let word = try parser.identifier("a statement such as 'if'")
                if ends.contains(word) { return (result, word, parser) }
                result.append(try statement(word, &parser, token.line, within: opener))
            }
        }
        if let opener {
            throw fault(
                opener.line, "'{% \(opener.word) %}' is never closed",
                "close it with '{% end\(opener.word) %}'")
        }
        return (result, "", ExpressionParser([], name: name, line: 1))
    }

    private mutating func statement(
        _ word: String, _ parser: inout ExpressionParser, _ line: Int,
        within opener: (word: String, line: Int)?
    ) throws -> TemplateNode {
        switch word {
        case "if": return try branches(parser, line)
        case "for": return try loop(&parser, line)
        case "set": return try set(&parser, line)
        case "with": return try scope(&parser, line)
        case "filter": return try filtered(&parser, line)
        case "macro": return try macro(&parser, line)
        case "call": return try call(&parser, line)
        case "break", "continue":
            guard loops > 0 else { throw fault(line, "'{% \(word) %}' stands outside a loop", nil) }
            try parser.end("'{% \(word) %}'")
            return word == "break" ? .leaveLoop : .nextPass
        case "block", "generation": return try block(word, &parser, line)
        case "autoescape":
            let condition = try parser.expression()
            try parser.end("'{% autoescape … %}'")
            return .escaping(condition, try body(of: "autoescape", line), line: line)
        case _ where Self.inner.contains(word):
            let open = opener.map { "'{% \($0.word) %}' of line \($0.line) is open" } ?? "nothing is open"
            throw fault(line, "'{% \(word) %}' closes nothing here", open)
        case "include", "import", "from", "extends":
            throw fault(
                line, "'{% \(word) %}' is not for prompts: a template is one text",
                "put the text in with a variable")
        default:
            throw parser.unknown("statement", word, among: Self.statements)
        }
    }

    private mutating func branches(_ first: ExpressionParser, _ line: Int) throws -> TemplateNode {
        var branches: [(condition: Expression, body: [TemplateNode])] = []
        var parser = first
        while true {
            let condition = try parser.tuple(conditional: true)
            try parser.end("'{% if … %}'")
            let (body, end, rest) = try nodes(until: ["elif", "else", "endif"], of: ("if", line))
            branches.append((condition, body))
            parser = rest
            if end == "elif" { continue }
            try parser.end("'{% \(end) %}'")
            guard end == "else" else { return .branches(branches, otherwise: [], line: line) }
            let (otherwise, _, last) = try nodes(until: ["endif"], of: ("if", line))
            try last.end("'{% endif %}'")
            return .branches(branches, otherwise: otherwise, line: line)
        }
    }

    private mutating func loop(_ parser: inout ExpressionParser, _ line: Int) throws -> TemplateNode {
        let target = try targets(&parser)
        guard parser.take(name: "in") else { throw parser.unexpected("'in'") }
        let source = try parser.tuple(conditional: false)
        let condition = parser.take(name: "if") ? try parser.expression() : nil
        let isRecursive = parser.take(name: "recursive")
        try parser.end("'{% for … %}'")
        loops += 1
        var (body, end, rest) = try nodes(until: ["else", "endfor"], of: ("for", line))
        loops -= 1
        var otherwise: [TemplateNode] = []
        if end == "else" {
            try rest.end("'{% else %}'")
            (otherwise, end, rest) = try nodes(until: ["endfor"], of: ("for", line))
        }
        try rest.end("'{% endfor %}'")
        return .loop(
            TemplateLoop(
                target: target, source: source, condition: condition, body: body, otherwise: otherwise,
                isRecursive: isRecursive), line: line)
    }

    /// `a`, `a.b`, `a, b`, `(a, b), c`
    private func targets(_ parser: inout ExpressionParser, depth: Int = 0) throws -> AssignmentTarget {
        guard depth < 10 else { throw parser.fault("names are nested too deeply", nil) }
        var found: [AssignmentTarget] = []
        var isSeveral = false
        repeat {
            if parser.next == .name("in"), !found.isEmpty { break }
            if parser.take("(") {
                found.append(try targets(&parser, depth: depth + 1))
                try parser.expect(")")
            } else {
                let name = try variable(&parser)
                found.append(
                    parser.take(".")
                        ? .field(name, try parser.identifier("a field of the namespace")) : .name(name))
            }
            isSeveral = isSeveral || parser.next == .sign(",")
        } while parser.take(",")
        if !isSeveral, found.count == 1, let only = found.first { return only }
        return .several(found)
    }

    private mutating func set(_ parser: inout ExpressionParser, _ line: Int) throws -> TemplateNode {
        let target = try targets(&parser)
        if parser.take("=") {
            let value = try parser.tuple()
            try parser.end("'{% set … %}'")
            return .set(target, value, line: line)
        }
        if case .several = target { throw parser.unexpected("'='") }
        var value = Expression.name(TemplateNode.body, line: line)
        while parser.take("|") { value = try parser.filter(value, line) }
        guard parser.isAtEnd else { throw parser.unexpected("'='") }
        return .capture(target, try body(of: "set", line), filtered: value, line: line)
    }

    /// The nodes up to the end of a statement.
    private mutating func body(of word: String, _ line: Int) throws -> [TemplateNode] {
        let (body, _, rest) = try nodes(until: ["end" + word], of: (word, line))
        try rest.end("'{% end\(word) %}'")
        return body
    }

    private mutating func macro(_ parser: inout ExpressionParser, _ line: Int) throws -> TemplateNode {
        let name = try variable(&parser)
        try parser.expect("(")
        let parameters = try parameters(&parser)
        try parser.end("'{% macro … %}'")
        return .macro(try macro(named: name, parameters, until: "macro", line), line: line)
    }

    private mutating func call(_ parser: inout ExpressionParser, _ line: Int) throws -> TemplateNode {
        let parameters = parser.take("(") ? try parameters(&parser) : []
        let call = try parser.expression()
        guard case .call = call else {
            throw fault(line, "'{% call %}' needs a call, as in {% call name() %}", nil)
        }
        try parser.end("'{% call … %}'")
        return .call(try macro(named: "caller", parameters, until: "call", line), call, line: line)
    }

    /// What stands between the brackets of a macro, after the opening one.
    private func parameters(
        _ parser: inout ExpressionParser
    ) throws -> [(name: String, otherwise: Expression?)] {
        var parameters: [(name: String, otherwise: Expression?)] = []
        while parser.next != .sign(")") {
            if !parameters.isEmpty { try parser.expect(",") }
            let name = try variable(&parser)
            guard !parameters.contains(where: { $0.name == name }) else {
                throw parser.fault("'\(name)' stands twice", nil)
            }
            let otherwise = parser.take("=") ? try parser.expression() : nil
            if otherwise == nil, parameters.last?.otherwise != nil {
                throw parser.fault("'\(name)' has no default and stands behind one that has", nil)
            }
            parameters.append((name, otherwise))
        }
        try parser.expect(")")
        return parameters
    }

    private mutating func macro(
        named name: String, _ parameters: [(name: String, otherwise: Expression?)], until word: String,
        _ line: Int
    ) throws -> TemplateMacro {
        let outer = loops
        loops = 0
        let start = position
        let body = try body(of: word, line)
        loops = outer
        var uses: Set<String> = []
        for token in tokens[start..<position] {
            switch token.kind {
            case .output(let words), .statement(let words):
                for case .name(let name) in words.map(\.kind)
                where ["caller", "varargs", "kwargs"].contains(name) {
                    uses.insert(name)
                }
            case .text: break
            }
        }
        return TemplateMacro(name: name, parameters: parameters, body: body, uses: uses)
    }

    private mutating func block(
        _ word: String, _ parser: inout ExpressionParser, _ line: Int
    ) throws -> TemplateNode {
        guard word == "block" else {
            try parser.end("'{% \(word) %}'")
            return .block(try body(of: word, line))
        }
        let name = try parser.identifier("the name of the block")
        _ = parser.take(name: "scoped")
        try parser.end("'{% block … %}'")
        let (body, _, rest) = try nodes(until: ["endblock"], of: ("block", line))
        var end = rest
        if !end.isAtEnd, !end.take(name: name) { throw end.unexpected("the end of '{% endblock %}'") }
        try end.end("'{% endblock %}'")
        return .block(body)
    }

    private mutating func scope(_ parser: inout ExpressionParser, _ line: Int) throws -> TemplateNode {
        var values: [(name: String, value: Expression)] = []
        while !parser.isAtEnd {
            if !values.isEmpty { try parser.expect(",") }
            let name = try variable(&parser)
            try parser.expect("=")
            values.append((name, try parser.expression()))
        }
        let (body, _, rest) = try nodes(until: ["endwith"], of: ("with", line))
        try rest.end("'{% endwith %}'")
        return .scope(values, body, line: line)
    }

    private mutating func filtered(_ parser: inout ExpressionParser, _ line: Int) throws -> TemplateNode {
        var value = try parser.filter(.name(TemplateNode.body, line: line), line)
        while parser.take("|") { value = try parser.filter(value, line) }
        try parser.end("'{% filter … %}'")
        let (body, _, rest) = try nodes(until: ["endfilter"], of: ("filter", line))
        try rest.end("'{% endfilter %}'")
        return .filtered(body, value, line: line)
    }

    private func variable(_ parser: inout ExpressionParser) throws -> String {
        let name = try parser.identifier("the name of a variable")
        guard !["true", "false", "none", "True", "False", "None", "loop", "in", "if", "not"].contains(name)
        else {
            throw parser.fault("'\(name)' cannot be given a value", nil)
        }
        return name
    }

    private func fault(_ line: Int, _ problem: String, _ remedy: String?) -> LyceumError {
        .file(path: name, line: line, problem: problem, remedy: remedy)
    }
}
