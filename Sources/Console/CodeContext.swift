/// Where the end of a piece of unfinished code stands: inside a string, inside the table of a call.
struct CodeContext {
    /// The table constructor that the end is in, as the argument of a call.
    struct Table: Equatable {
        /// What is called: "data.load", "gold:split".
        var function: String
        /// The fields that stand in it already.
        var given: Set<String>
    }

    /// Whether the end is inside a string.
    private(set) var isInString = false
    /// What stands directly before the end: the string so far, or a path of names.
    private(set) var word = ""
    /// The call whose table of options the end is in, if any.
    private(set) var enclosingTable: Table?

    /// One bracket that is open.
    private struct Level {
        let bracket: Character
        /// What stands before it, if that is a name.
        let name: String
        var given: Set<String> = []
    }

    /// Reads a text up to its end. Long brackets and comments are not told apart from code.
    init(_ text: String) {
        var levels: [Level] = []
        var quote: Character?
        var string = ""
        var isEscaped = false
        // The path that ends where we are, and the one before a separator.
        var name = ""
        var isNameOver = false
        for character in text {
            if let open = quote {
                string.append(character)
                if isEscaped {
                    isEscaped = false
                } else if character == "\\" {
                    isEscaped = true
                } else if character == open {
                    quote = nil
                }
                continue
            }
            switch character {
            case "\"", "'":
                quote = character
                string = ""
                name = ""
            case "(", "{", "[":
                levels.append(Level(bracket: character, name: name))
                name = ""
                isNameOver = false
            case ")", "}", "]":
                _ = levels.popLast()
                name = ""
            case "=":
                if !levels.isEmpty, !name.isEmpty { levels[levels.count - 1].given.insert(name) }
                name = ""
            case " ":
                isNameOver = true
            case _ where character.isLetter || character.isNumber || "_.:".contains(character):
                if isNameOver { name = "" }
                isNameOver = false
                name.append(character)
            default:
                name = ""
            }
        }
        isInString = quote != nil
        word = isInString ? string : isNameOver ? "" : name
        enclosingTable = Self.table(levels)
    }

    /// The innermost bracket is a table: of `f { … }`, or of `f(…, { … })`.
    private static func table(_ levels: [Level]) -> Table? {
        guard let last = levels.last, last.bracket == "{" else { return nil }
        if !last.name.isEmpty { return Table(function: last.name, given: last.given) }
        guard let outer = levels.dropLast().last, outer.bracket == "(", !outer.name.isEmpty else {
            return nil
        }
        return Table(function: outer.name, given: last.given)
    }
}
