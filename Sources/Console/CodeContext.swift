import LuaBridge

/// Where the end of a piece of unfinished code stands: behind which names, in which call, in which table.
struct CodeContext {
    /// A step from a value to one of its parts.
    enum Step: Equatable {
        /// A variable.
        case name(String)
        /// `.name` or `["name"]`.
        case field(String)
        /// `[1]`.
        case index(Int)
        /// `:name`.
        case method(String)
        /// `( … )`.
        case call
    }

    /// What stands in the place of an argument.
    enum Operand: Equatable {
        case none
        case path([Step])
        case string(String)
        case other
    }

    /// The call whose arguments are being typed.
    struct Call: Equatable {
        var callee: [Step]
        /// The arguments before the one that is being typed.
        var arguments: [Operand] = []
    }

    /// The table, given as an argument of a call, that is being typed.
    struct Table: Equatable {
        /// The fields that stand in it already.
        var given: Set<String> = []
        /// The field whose value is being typed; nil between fields.
        var key: String?
        /// The unnamed elements before the one that is being typed.
        var elements: [Operand] = []
        /// Whether the cursor is in a table that is itself the value of `key`.
        var isNested = false
        /// In such a table the field whose value is being typed, or in whose table the cursor is.
        var innerKey: String?
    }

    /// What the cursor is in.
    let tail: CodeScanner.Tail
    /// What the beginning of a name belongs to: the value before a dot or colon; nil without one.
    private(set) var owner: [Step]?
    /// Whether that is a colon.
    private(set) var isMethod = false
    /// The innermost call.
    private(set) var call: Call?
    /// The table in that call, if the cursor is in one.
    private(set) var table: Table?
    /// The value whose index is being typed: `gold[1]["…`.
    private(set) var indexed: [Step]?
    /// Parameters of the functions being typed, each with the call that the function is given to.
    private(set) var parameters: [String: [Step]?] = [:]
    /// Variables of the loops `for _, r in ipairs(path)`, each with the path of an element.
    private(set) var loopVariables: [String: [Step]] = [:]
    /// Whether a value may begin here: nothing stands before the cursor that it would have to belong to.
    private(set) var isFresh = true

    private enum Bracket { case parenthesis, brace, index, parameters }

    private struct Level {
        let bracket: Bracket
        var callee: [Step]?
        var arguments: [Operand] = []
        var table = Table()
    }

    private var levels: [Level] = []
    private var operand = Operand.none
    private var isCompound = false
    private var isFunction = false

    /// Reads a text up to its end.
    init(_ text: String) {
        let scanner = CodeScanner(text)
        tail = scanner.tail
        var previous: CodeScanner.Token?
        for token in scanner.tokens {
            read(token, after: previous)
            previous = token
        }
        finish(previous)
        loopVariables = Self.loops(scanner.tokens)
    }

    /// The variables of the loops over `ipairs` of a path.
    private static func loops(_ tokens: [CodeScanner.Token]) -> [String: [Step]] {
        var variables: [String: [Step]] = [:]
        for (position, token) in tokens.enumerated() where token == .name("ipairs") {
            guard position >= 2, tokens[position - 1] == .name("in"),
                case .name(let variable) = tokens[position - 2], position + 2 < tokens.count,
                tokens[position + 1] == .symbol("("), case .name(let name) = tokens[position + 2]
            else { continue }
            var path = [Step.name(name)]
            var next = position + 3
            while next + 1 < tokens.count, tokens[next] == .symbol("."),
                case .name(let field) = tokens[next + 1]
            {
                path.append(.field(field))
                next += 2
            }
            if next < tokens.count, tokens[next] == .symbol(")") { variables[variable] = path + [.index(1)] }
        }
        return variables
    }

    private mutating func read(_ token: CodeScanner.Token, after previous: CodeScanner.Token?) {
        switch token {
        case .name(let name) where LuaSyntax.keywords.contains(name):
            isFunction = name == "function"
            operand = ["nil", "true", "false"].contains(name) ? .other : .none
            isCompound = ["and", "or", "not"].contains(name)
        case .name(let name):
            if case .path(let path) = operand, previous == .symbol(".") {
                operand = .path(path + [.field(name)])
            } else if case .path(let path) = operand, previous == .symbol(":") {
                operand = .path(path + [.method(name)])
            } else if previous == .symbol(".") || previous == .symbol(":") {
                operand = .other
            } else {
                operand = .path([.name(name)])
            }
        case .number: operand = .other
        case .string(let text):
            if case .path(let path) = operand, Self.isValue(previous) {
                operand = .path(path + [.call])
            } else {
                operand = .string(text)
            }
        case .symbol(let symbol): read(symbol: symbol, after: previous)
        }
        if levels.last?.bracket == .index, case .number(let text) = token, let number = Int(text) {
            levels[levels.count - 1].table.elements = [.path([.index(number)])]
        }
    }

    private mutating func read(symbol: String, after previous: CodeScanner.Token?) {
        let callee: [Step]? =
            if case .path(let path) = operand, Self.isValue(previous) { path } else { nil }
        switch symbol {
        case "(": open(isFunction ? .parameters : .parenthesis, isFunction ? nil : callee)
        case "{": open(.brace, callee)
        case "[": open(.index, callee)
        case ")", "}", "]": close()
        case ",", ";": separate()
        case "=":
            if levels.last?.bracket == .brace, case .path(let path) = operand,
                case .name(let name)? = path.first,
                path.count == 1
            {
                levels[levels.count - 1].table.key = name
                levels[levels.count - 1].table.given.insert(name)
            }
            operand = .none
            isCompound = false
        case ".", ":": break
        default:
            isCompound = true
            operand = .none
        }
    }

    private mutating func open(_ bracket: Bracket, _ callee: [Step]?) {
        levels.append(Level(bracket: bracket, callee: callee))
        operand = .none
        isCompound = false
        isFunction = false
    }

    private mutating func separate() {
        defer {
            operand = .none
            isCompound = false
        }
        guard let last = levels.indices.last else { return }
        let finished = isCompound ? .other : operand
        if levels[last].table.key != nil {
            levels[last].table.key = nil
        } else if levels[last].bracket == .brace {
            levels[last].table.elements.append(finished)
        } else {
            levels[last].arguments.append(finished)
        }
    }

    private mutating func close() {
        guard let level = levels.popLast() else { return }
        let last = isCompound ? .other : operand
        isCompound = false
        switch level.bracket {
        case .parameters:
            let user = levels.last { $0.bracket == .parenthesis }?.callee
            for case .path(let path) in level.arguments + [last] {
                if case .name(let name)? = path.first { parameters[name] = .some(user) }
            }
            operand = .none
        case .index:
            if let callee = level.callee, case .string(let name) = last {
                operand = .path(callee + [.field(name)])
            } else if let callee = level.callee, case .path(let index)? = level.table.elements.first {
                operand = .path(callee + index)
            } else {
                operand = .other
            }
        case .parenthesis, .brace:
            operand = level.callee.map { .path($0 + [.call]) } ?? .other
        }
    }

    /// Draws the conclusions at the end of the code.
    private mutating func finish(_ previous: CodeScanner.Token?) {
        if previous == .symbol(".") || previous == .symbol(":") {
            isMethod = previous == .symbol(":")
            if case .path(let path) = operand { owner = path } else { owner = [] }
        }
        isFresh = owner == nil && !Self.isValue(previous)
        if case .string = tail, case .path(let path) = operand, Self.isValue(previous) {
            call = Call(callee: path)
            return
        }
        guard let last = levels.last else { return }
        switch last.bracket {
        case .parenthesis: call = last.callee.map { Call(callee: $0, arguments: last.arguments) }
        case .index: indexed = last.callee
        case .parameters: break
        case .brace:
            if let callee = last.callee {
                call = Call(callee: callee)
                table = last.table
                return
            }
            finishTable(last)
        }
    }

    /// Finds the call that a table without a callee of its own is an argument of, through the tables that it is in:
    /// `f { equals = { label = { "`.
    private mutating func finishTable(_ innermost: Level) {
        var table = innermost.table
        // From the inside out, as far as a call.
        for outer in levels.dropLast().reversed() {
            if outer.bracket == .parenthesis {
                guard let callee = outer.callee else { return }
                call = Call(callee: callee, arguments: outer.arguments)
                self.table = table
                return
            }
            guard outer.bracket == .brace, let key = outer.table.key else { return }
            table = Table(
                given: innermost.table.given, key: key, elements: innermost.table.elements, isNested: true,
                innerKey: table.key)
            if let callee = outer.callee {
                call = Call(callee: callee)
                self.table = table
                return
            }
        }
    }

    /// Whether a token ends a value, so that a bracket behind it calls or indexes.
    private static func isValue(_ token: CodeScanner.Token?) -> Bool {
        switch token {
        case .name(let name): return !LuaSyntax.keywords.contains(name)
        case .string: return true
        case .symbol(let symbol): return [")", "]", "}"].contains(symbol)
        case .number, nil: return false
        }
    }
}
