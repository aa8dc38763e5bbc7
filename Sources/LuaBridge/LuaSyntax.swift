/// What Lua takes for a name.
public enum LuaSyntax {
    /// The words that cannot be names.
    public static let keywords: Set<String> = [
        "and", "break", "do", "else", "elseif", "end", "false", "for", "function", "goto", "if", "in",
        "local", "nil", "not", "or", "repeat", "return", "then", "true", "until", "while",
    ]

    /// The globals that Lua itself brings.
    public static let globals: Set<String> = [
        "_G", "_VERSION", "arg", "assert", "collectgarbage", "coroutine", "debug", "dofile", "error",
        "getmetatable", "io", "ipairs", "load", "loadfile", "math", "next", "os", "package", "pairs", "pcall",
        "print", "rawequal", "rawget", "rawlen", "rawset", "require", "select", "setmetatable", "string",
        "table",
        "tonumber", "tostring", "type", "utf8", "warn", "xpcall",
    ]

    /// Whether a text can stand as a name.
    public static func isName(_ text: String) -> Bool {
        guard let first = text.utf8.first, !keywords.contains(text), !isDigit(first) else { return false }
        return text.utf8.allSatisfy { isDigit($0) || isLetter($0) }
    }

    /// Whether a byte is a digit.
    public static func isDigit(_ byte: UInt8) -> Bool { (0x30...0x39).contains(byte) }

    /// Whether a byte is a letter of names.
    public static func isLetter(_ byte: UInt8) -> Bool {
        (0x41...0x5A).contains(byte) || (0x61...0x7A).contains(byte) || byte == 0x5F
    }
}
