import LyceumKit

/// Cuts a template into tokens, as Jinja's lexer does with its standard settings: comments `{# … #}` are
/// dropped, `{% raw %} … {% endraw %}` is text, a `-` inside a mark (`{{-`, `-%}`) removes the white space on
/// its side, every line break becomes "\n", and one line break at the very end is dropped.
///
/// Reference: Jinja 3.1.6, `lexer.py`.
struct TemplateLexer {
    /// What the template is called in errors.
    let name: String
    let source: [Unicode.Scalar]
    var position = 0
    var line = 1
    private var text = String.UnicodeScalarView()
    private var textLine = 1
    private var tokens: [TemplateToken] = []
    private let trimsBlocks: Bool
    /// Whether the text that is being gathered begins a line.
    private var startsLine = true

    init(_ source: String, name: String, style: TemplateStyle = .prompt) {
        self.name = name
        trimsBlocks = style == .chat
        var scalars: [Unicode.Scalar] = []
        scalars.reserveCapacity(source.utf8.count)
        var previous: Unicode.Scalar = " "
        for scalar in source.unicodeScalars {
            if scalar != "\n" || previous != "\r" { scalars.append(scalar == "\r" ? "\n" : scalar) }
            previous = scalar
        }
        if scalars.last == "\n" { scalars.removeLast() }
        self.source = scalars
    }

    /// - Throws: `LyceumError.file` if a mark is never closed or holds something that no expression has.
    mutating func tokenize() throws -> [TemplateToken] {
        while let scalar = peek() {
            switch (scalar, peek(1)) {
            case ("{", "{"): try mark(closing: "}}", isBlock: false) { .output($0) }
            case ("{", "#"): try comment()
            case ("{", "%"): try statement()
            default:
                if text.isEmpty { textLine = line }
                text.append(scalar)
                advance(1)
            }
        }
        endText()
        return tokens
    }

    private mutating func mark(
        closing: String, isBlock: Bool, _ make: ([ExpressionToken]) -> TemplateToken.Kind
    ) throws {
        let start = line
        open(isBlock: isBlock)
        let inside = try expression(until: closing, openedOn: start)
        if isBlock { trimBreak() }
        startsLine = position > 0 && source[position - 1] == "\n"
        tokens.append(TemplateToken(kind: make(inside), line: start))
    }

    private mutating func statement() throws {
        if try raw() { return }
        try mark(closing: "%}", isBlock: true) { .statement($0) }
    }

    /// The two characters of an opening mark and the sign that asks for white space to be removed or kept.
    private mutating func open(isBlock: Bool) {
        advance(2)
        if peek() == "-" {
            while let last = text.last, last.isTemplateSpace { text.removeLast() }
        } else if isBlock, peek() != "+" {
            trimIndentation()
        }
        if peek() == "-" || peek() == "+" { advance(1) }
        endText()
    }

    /// Takes away the white space before a mark that begins its line (`lstrip_blocks`).
    private mutating func trimIndentation() {
        guard trimsBlocks else { return }
        let line = text.reversed().prefix { $0 != "\n" }
        guard line.allSatisfy(\.isTemplateSpace), line.count < text.count || startsLine else { return }
        text.removeLast(line.count)
    }

    /// Takes away the line break behind a mark (`trim_blocks`); the mark was closed without a sign.
    private mutating func trimBreak() {
        guard trimsBlocks, position >= 3, source[position - 1] == "}", peek() == "\n" else { return }
        let sign = source[position - 3]
        if sign != "-", sign != "+" { advance(1) }
    }

    private mutating func comment() throws {
        let start = line
        open(isBlock: true)
        defer { startsLine = position > 0 && source[position - 1] == "\n" }
        while peek() != "#" || peek(1) != "}" {
            if peek() == nil { throw neverClosed("{#", with: "#}", start) }
            if peek(1) == "#", peek(2) == "}", peek() == "-" || peek() == "+" {
                let strips = peek() == "-"
                advance(3)
                if strips { skipSpace() }
                return
            }
            advance(1)
        }
        advance(2)
        trimBreak()
    }

    /// `{% raw %}` and what it protects; false if something else begins here.
    private mutating func raw() throws -> Bool {
        guard let begin = tag(at: position, "raw") else { return false }
        let start = line
        if begin.stripsBefore {
            while text.last?.isTemplateSpace == true { text.removeLast() }
        } else if !begin.keepsBefore {
            trimIndentation()
        }
        endText()
        advance(begin.length)
        if begin.stripsAfter { skipSpace() }
        textLine = line
        while peek() != nil {
            if let end = tag(at: position, "endraw") {
                if end.stripsBefore {
                    while text.last?.isTemplateSpace == true { text.removeLast() }
                } else if !end.keepsBefore {
                    startsLine = position > 0 && text.isEmpty && source[position - 1] == "\n"
                    trimIndentation()
                }
                endText()
                advance(end.length)
                if end.stripsAfter { skipSpace() } else { trimBreak() }
                startsLine = position > 0 && source[position - 1] == "\n"
                return true
            }
            if let scalar = peek() { text.append(scalar) }
            advance(1)
        }
        throw LyceumError.file(
            path: name, line: start, problem: "'{% raw %}' is never closed",
            remedy: "close it with '{% endraw %}'")
    }

    /// The tag `{% word %}`, if it stands there.
    private func tag(
        at place: Int, _ word: String
    ) -> (length: Int, stripsBefore: Bool, keepsBefore: Bool, stripsAfter: Bool)? {
        var end = place
        func scalar() -> Unicode.Scalar? { end < source.count ? source[end] : nil }
        guard scalar() == "{" else { return nil }
        end += 1
        guard scalar() == "%" else { return nil }
        end += 1
        let stripsBefore = scalar() == "-"
        let keepsBefore = scalar() == "+"
        if stripsBefore || keepsBefore { end += 1 }
        while scalar()?.isTemplateSpace == true { end += 1 }
        for letter in word.unicodeScalars {
            guard scalar() == letter else { return nil }
            end += 1
        }
        while scalar()?.isTemplateSpace == true { end += 1 }
        let stripsAfter = scalar() == "-"
        if stripsAfter || scalar() == "+" { end += 1 }
        guard scalar() == "%" else { return nil }
        end += 1
        guard scalar() == "}" else { return nil }
        return (end + 1 - place, stripsBefore, keepsBefore, stripsAfter)
    }

    func peek(_ offset: Int = 0) -> Unicode.Scalar? {
        position + offset < source.count ? source[position + offset] : nil
    }

    mutating func advance(_ count: Int) {
        for _ in 0..<count where position < source.count {
            if source[position] == "\n" { line += 1 }
            position += 1
        }
    }

    mutating func skipSpace() {
        while peek()?.isTemplateSpace == true { advance(1) }
    }

    func neverClosed(_ open: String, with close: String, _ line: Int) -> LyceumError {
        .file(
            path: name, line: line, problem: "'\(open)' is never closed", remedy: "close it with '\(close)'")
    }

    private mutating func endText() {
        if !text.isEmpty { tokens.append(TemplateToken(kind: .text(String(text)), line: textLine)) }
        text = String.UnicodeScalarView()
    }
}
