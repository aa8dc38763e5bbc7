import LyceumKit

/// Makes a template's nodes out of its tokens.
struct TemplateParser {
    /// What the template is called in errors.
    let name: String

    init(name: String) { self.name = name }

    mutating func parse(_ source: String) throws -> [Template.Node] {
        var lexer = TemplateLexer(source, name: name)
        return try lexer.tokenize().map { token in
            switch token.kind {
            case .text(let text): return .text(text)
            case .output(let expression): return .variable(try variable(expression, line: token.line))
            case .statement(let statement):
                let keyword = statement.prefix { !$0.isWhitespace }
                throw fault(
                    token.line, "not yet: statements such as '{% \(keyword) %}'", "use variables: {{ name }}")
            }
        }
    }

    /// A dotted path of names.
    private func variable(_ expression: String, line: Int) throws -> Template.Variable {
        if expression.isEmpty { throw fault(line, "'{{ }}' names no variable", "write {{ name }}") }
        if expression.contains("|") {
            throw fault(
                line, "not yet: filters, as in '{{ \(shown(expression)) }}'",
                "prepare the value with :map and write {{ name }}")
        }
        let path = expression.split(separator: ".", omittingEmptySubsequences: false).map(String.init)
        guard path.allSatisfy(Self.isName) else {
            throw fault(
                line, "not yet: expressions such as '{{ \(shown(expression)) }}'",
                "write {{ name }} or {{ name.field }}; a name is letters, digits and _")
        }
        return Template.Variable(path: path, line: line)
    }

    private static func isName(_ text: String) -> Bool {
        guard let first = text.first, first.isLetter || first == "_" else { return false }
        return text.allSatisfy { $0.isLetter || $0.isNumber || $0 == "_" }
    }

    private func shown(_ expression: String) -> String {
        DisplayWidth.cut(DisplayWidth.oneLine(expression), to: 40)
    }

    private func fault(_ line: Int, _ problem: String, _ remedy: String) -> LyceumError {
        .file(path: name, line: line, problem: problem, remedy: remedy)
    }
}
