/// What Lua takes for a name.
enum LuaSyntax {
    /// The words that cannot be names.
    static let keywords: Set<String> = [
        "and", "break", "do", "else", "elseif", "end", "false", "for", "function", "goto", "if", "in",
        "local", "nil", "not", "or", "repeat", "return", "then", "true", "until", "while",
    ]

    /// Whether a text can stand as a name.
    static func isName(_ text: String) -> Bool {
        guard let first = text.utf8.first, !keywords.contains(text), !isDigit(first) else { return false }
        return text.utf8.allSatisfy { isDigit($0) || isLetter($0) }
    }

    /// Whether a byte is a digit.
    static func isDigit(_ byte: UInt8) -> Bool { (0x30...0x39).contains(byte) }

    /// Whether a byte is a letter of names.
    static func isLetter(_ byte: UInt8) -> Bool {
        (0x41...0x5A).contains(byte) || (0x61...0x7A).contains(byte) || byte == 0x5F
    }
}
