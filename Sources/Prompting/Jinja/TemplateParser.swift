import LyceumKit

/// Makes a template's nodes out of its tokens: the statements.
struct TemplateParser {
    /// What the template is called in errors.
    let name: String
    private let tokens: [TemplateToken]
    private var position = 0
    private var depth = 0

    private static let deepest = 40
    private static let statements = ["if", "for", "set", "with", "filter", "raw"]
    private static let inner = [
        "elif", "else", "endif", "endfor", "endset", "endwith", "endfilter", "endraw",
    ]

    init(_ source: String, name: String) throws {
        self.name = name
        var lexer = TemplateLexer(source, name: name)
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
        case _ where Self.inner.contains(word):
            let open = opener.map { "'{% \($0.word) %}' of line \($0.line) is open" } ?? "nothing is open"
            throw fault(line, "'{% \(word) %}' closes nothing here", open)
        case "include", "import", "from", "extends", "block", "macro", "call":
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
        var targets: [String] = []
        let inBrackets = parser.take("(")
        repeat { targets.append(try variable(&parser)) } while parser.take(",")
        if inBrackets { try parser.expect(")") }
        guard parser.take(name: "in") else { throw parser.unexpected("'in'") }
        let source = try parser.tuple(conditional: false)
        let condition = parser.take(name: "if") ? try parser.expression() : nil
        if parser.next == .name("recursive") {
            throw fault(line, "recursive loops are not for prompts", nil)
        }
        try parser.end("'{% for … %}'")
        var (body, end, rest) = try nodes(until: ["else", "endfor"], of: ("for", line))
        var otherwise: [TemplateNode] = []
        if end == "else" {
            try rest.end("'{% else %}'")
            (otherwise, end, rest) = try nodes(until: ["endfor"], of: ("for", line))
        }
        try rest.end("'{% endfor %}'")
        return .loop(
            TemplateLoop(
                targets: targets, source: source, condition: condition, body: body, otherwise: otherwise),
            line: line)
    }

    private mutating func set(_ parser: inout ExpressionParser, _ line: Int) throws -> TemplateNode {
        var targets: [SetTarget] = []
        repeat {
            let name = try variable(&parser)
            let field = parser.take(".") ? try parser.identifier("a field of the namespace") : nil
            targets.append(SetTarget(name: name, field: field))
        } while parser.take(",")
        if parser.take("=") {
            let value = try parser.tuple()
            try parser.end("'{% set … %}'")
            return .set(targets, value, line: line)
        }
        guard targets.count == 1, let target = targets.first else { throw parser.unexpected("'='") }
        var value = Expression.name(TemplateNode.body, line: line)
        while parser.take("|") { value = try parser.filter(value, line) }
        guard parser.isAtEnd else { throw parser.unexpected("'='") }
        let (body, _, rest) = try nodes(until: ["endset"], of: ("set", line))
        try rest.end("'{% endset %}'")
        return .capture(target, body, filtered: value, line: line)
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
