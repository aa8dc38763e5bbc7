/// A piece of a template, as Jinja's lexer sees it.
struct TemplateToken {
    enum Kind {
        /// Text that is copied as it is.
        case text(String)
        /// The inside of `{{ … }}`.
        case output([ExpressionToken])
        /// The inside of `{% … %}`.
        case statement([ExpressionToken])
    }

    let kind: Kind
    /// The line of the template on which it begins, counted from 1.
    let line: Int
}

/// A word of an expression.
struct ExpressionToken: Equatable {
    enum Kind: Equatable {
        case name(String)
        case integer(Int)
        case float(Double)
        case string(String)
        /// A sign: "+", "==", "[", …
        case sign(String)
    }

    let kind: Kind
    /// The line of the template on which it stands, counted from 1.
    let line: Int

    /// The token as a person would write it, for errors.
    var text: String {
        switch kind {
        case .name(let name): return name
        case .integer(let number): return String(number)
        case .float(let number): return String(number)
        case .string(let text): return "\"\(text)\""
        case .sign(let sign): return sign
        }
    }
}
