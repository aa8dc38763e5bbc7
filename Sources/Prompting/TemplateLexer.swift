import LyceumKit

/// A piece of a template, as Jinja's lexer sees it.
struct TemplateToken: Equatable {
    enum Kind: Equatable {
        /// Text that is copied as it is.
        case text(String)
        /// The inside of `{{ … }}`, white space around it removed.
        case output(String)
        /// The inside of `{% … %}`, white space around it removed.
        case statement(String)
    }

    let kind: Kind
    /// The line of the template on which it begins, counted from 1.
    let line: Int
}

/// Cuts a template into tokens. Comments `{# … #}` are dropped; a `-` inside a mark (`{{-`, `-}}`) removes the
/// white space on its side; one line break at the very end is dropped. All of it as Jinja does.
struct TemplateLexer {
    /// What the template is called in errors.
    let name: String
    private var rest: Substring
    private var line = 1
    private var text = ""
    private var textLine = 1
    private var tokens: [TemplateToken] = []

    init(_ source: String, name: String) {
        self.name = name
        // "\r\n" is one character in Swift; this finds it too.
        rest = source.last?.isNewline == true ? source.dropLast() : source[...]
    }

    /// - Throws: `LyceumError.file` if a mark is never closed.
    mutating func tokenize() throws -> [TemplateToken] {
        while let character = rest.first {
            if let mark = Mark.all.first(where: { rest.hasPrefix($0.open) }) {
                try scan(mark)
            } else {
                if text.isEmpty { textLine = line }
                text.append(character)
                advance(1)
            }
        }
        endText()
        return tokens
    }

    private struct Mark {
        let open: String
        let close: String
        let make: @Sendable (String) -> TemplateToken.Kind?

        static let all = [
            Mark(open: "{{", close: "}}") { .output($0) },
            Mark(open: "{%", close: "%}") { .statement($0) },
            Mark(open: "{#", close: "#}") { _ in nil },
        ]
    }

    private mutating func scan(_ mark: Mark) throws {
        let start = line
        advance(2)
        if rest.first == "-" {
            advance(1)
            while text.last?.isWhitespace == true { text.removeLast() }
        }
        endText()
        var inside = ""
        while !rest.hasPrefix(mark.close) {
            guard let character = rest.first else {
                throw LyceumError.file(
                    path: name, line: start, problem: "'\(mark.open)' is never closed",
                    remedy: "close it with '\(mark.close)'")
            }
            inside.append(character)
            advance(1)
        }
        advance(2)
        if inside.last == "-" {
            inside.removeLast()
            while rest.first?.isWhitespace == true { advance(1) }
        }
        let trimmed = inside.drop(while: \.isWhitespace)
        let end = trimmed.lastIndex { !$0.isWhitespace }.map(trimmed.index(after:)) ?? trimmed.startIndex
        if let kind = mark.make(String(trimmed[..<end])) {
            tokens.append(TemplateToken(kind: kind, line: start))
        }
    }

    private mutating func advance(_ count: Int) {
        for _ in 0..<count {
            if rest.popFirst()?.isNewline == true { line += 1 }
        }
    }

    private mutating func endText() {
        if !text.isEmpty { tokens.append(TemplateToken(kind: .text(text), line: textLine)) }
        text = ""
    }
}
