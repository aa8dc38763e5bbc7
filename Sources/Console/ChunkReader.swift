import LuaBridge

/// Turns what was typed into code.
struct ChunkReader {
    /// What a text turned out to be.
    enum Reading {
        /// Code that can run; its results are shown unless it is silent.
        case code(LuaClosure, isSilent: Bool)
        /// The beginning of something longer.
        case incomplete
    }

    let state: LuaState

    /// Compiles a text: as an expression if it is one, as statements whose last one is an expression, or as
    /// statements.
    ///
    /// - Throws: `LuaError` with the syntax error.
    func read(_ typed: String) throws -> Reading {
        let text = typed.hasPrefix("=") ? "return " + typed.dropFirst() : typed
        let isSilent = text.last { !$0.isWhitespace } == ";"
        do {
            return .code(try load("return " + text), isSilent: isSilent)
        } catch let expression as LuaError {
            if let code = endingInExpression(text) { return .code(code, isSilent: isSilent) }
            do {
                return .code(try load(text), isSilent: isSilent)
            } catch let statement as LuaError {
                if expression.isIncomplete || statement.isIncomplete { return .incomplete }
                throw statement
            }
        }
    }

    private func load(_ text: String) throws -> LuaClosure {
        try state.load(text, name: ErrorPrinter.promptName)
    }

    // MARK: The last expression

    /// Code that returns the value of the last statement, where that is an expression: `x = 1; x`.
    private func endingInExpression(_ text: String) -> LuaClosure? {
        // Lua has no such statement, so the place where it begins is searched: what stands before must be whole, and
        // so must what follows.
        for start in StatementStarts(text).places.reversed() {
            let before = String(decoding: Array(text.utf8)[..<start], as: UTF8.self)
            let rest = String(decoding: Array(text.utf8)[start...], as: UTF8.self)
            guard (try? load("return " + rest)) != nil, (try? load(before)) != nil,
                let code = try? load(before + " return " + rest)
            else { continue }
            return code
        }
        return nil
    }
}

/// The places of a text, outside all brackets and blocks, where a statement that is an expression may begin.
struct StatementStarts {
    /// Offsets in UTF-8 bytes, at most `most` from the end.
    let places: [Int]

    /// The last statement is rarely longer than so many tokens.
    private static let most = 60

    /// Reads a text.
    init(_ text: String) {
        let scanner = CodeScanner(text + "\n")
        var depth = 0
        var found: [Int] = []
        var previous: CodeScanner.Token?
        for (token, offset) in zip(scanner.tokens, scanner.offsets) {
            if depth == 0, previous != nil, Self.canBegin(token, after: previous) { found.append(offset) }
            depth = max(depth + Self.change(token), 0)
            previous = token
        }
        places = found.suffix(Self.most)
    }

    /// Whether a token may begin an expression that does not go on with what stands before.
    private static func canBegin(_ token: CodeScanner.Token, after previous: CodeScanner.Token?) -> Bool {
        if previous == .symbol(";") { return token != .symbol(";") }
        switch token {
        case .name(let name):
            return !LuaSyntax.keywords.contains(name)
                || ["nil", "true", "false", "not", "function"].contains(name)
        case .number: return true
        case .symbol(let symbol): return symbol == "#"
        // A string or a bracket behind a value would be the argument of a call.
        case .string: return false
        }
    }

    /// How many blocks and brackets a token opens.
    private static func change(_ token: CodeScanner.Token) -> Int {
        switch token {
        case .name("function"), .name("do"), .name("if"), .name("repeat"): return 1
        case .name("end"), .name("until"): return -1
        case .symbol("("), .symbol("["), .symbol("{"): return 1
        case .symbol(")"), .symbol("]"), .symbol("}"): return -1
        default: return 0
        }
    }

    /// The local variables that a text declares outside all blocks and does not use afterwards: they end with it.
    static func unusedLocals(_ text: String) -> [String] {
        let tokens = CodeScanner(text + "\n").tokens
        var depth = 0
        var names: [String] = []
        for (position, token) in tokens.enumerated() {
            if depth == 0, token == .name("local") {
                var next = position + 1
                if next < tokens.count, tokens[next] == .name("function") { next += 1 }
                while next < tokens.count, case .name(let name) = tokens[next] {
                    let later = tokens[(next + 1)...].contains(.name(name))
                    if !later { names.append(name) }
                    guard next + 1 < tokens.count, tokens[next + 1] == .symbol(",") else { break }
                    next += 2
                }
            }
            depth = max(depth + change(token), 0)
        }
        return names
    }
}
