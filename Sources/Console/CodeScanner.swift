import LuaBridge

/// Splits unfinished Lua code into tokens, up to where the cursor stands.
struct CodeScanner {
    /// A part of the code.
    enum Token: Equatable {
        /// A name or a keyword.
        case name(String)
        /// A number, as typed.
        case number(String)
        /// The content of a finished string, escapes as typed.
        case string(String)
        /// An operator or a bracket.
        case symbol(String)
    }

    /// What the cursor is in.
    enum Tail: Equatable {
        /// Code: the beginning of a name, or nothing.
        case code(String)
        /// A string that has not ended: its content so far.
        case string(String)
        /// A comment.
        case comment
    }

    /// The finished tokens.
    private(set) var tokens: [Token] = []
    /// Where each of them begins, in bytes.
    private(set) var offsets: [Int] = []
    /// What comes behind them.
    private(set) var tail = Tail.code("")

    private let bytes: [UInt8]
    private var position = 0

    /// Reads a text.
    init(_ text: String) {
        bytes = Array(text.utf8)
        while position < bytes.count {
            let start = position
            let count = tokens.count
            scan()
            if tokens.count > count { offsets.append(start) }
        }
    }

    private mutating func scan() {
        let byte = bytes[position]
        if byte == UInt8(ascii: "-"), byteAt(position + 1) == UInt8(ascii: "-") {
            position += 2
            skipComment()
        } else if byte == UInt8(ascii: "\"") || byte == UInt8(ascii: "'") {
            position += 1
            scanString(to: byte)
        } else if let level = longBracket(at: position) {
            position += level + 2
            if let text = longText(level) { tokens.append(.string(text)) } else { tail = .string(rest()) }
        } else if LuaSyntax.isLetter(byte) {
            let name = take { LuaSyntax.isLetter($0) || LuaSyntax.isDigit($0) }
            if position < bytes.count { tokens.append(.name(name)) } else { tail = .code(name) }
        } else if LuaSyntax.isDigit(byte) {
            scanNumber()
        } else if byte <= 0x20 || byte >= 0x7F {
            position += 1
        } else {
            scanSymbol()
        }
    }

    private mutating func scanNumber() {
        let start = position
        while let byte = byteAt(position) {
            // 1..x joins two values: the dots are not part of the number.
            if byte == UInt8(ascii: "."), byteAt(position + 1) == byte { break }
            guard LuaSyntax.isLetter(byte) || LuaSyntax.isDigit(byte) || byte == UInt8(ascii: ".") else {
                break
            }
            position += 1
        }
        tokens.append(.number(text(start..<position)))
    }

    private mutating func scanString(to quote: UInt8) {
        let start = position
        while let byte = byteAt(position) {
            if byte == quote || byte == UInt8(ascii: "\n") {
                tokens.append(.string(text(start..<position)))
                position += 1
                return
            }
            position += byte == UInt8(ascii: "\\") ? 2 : 1
        }
        position = bytes.count
        tail = .string(text(start..<bytes.count))
    }

    private mutating func skipComment() {
        if let level = longBracket(at: position) {
            position += level + 2
            if longText(level) == nil {
                position = bytes.count
                tail = .comment
            }
            return
        }
        _ = take { $0 != UInt8(ascii: "\n") }
        if position == bytes.count { tail = .comment }
    }

    private static let pairs: Set<String> = ["..", "==", "~=", "<=", ">=", "//", "::", "<<", ">>"]

    private mutating func scanSymbol() {
        let pair = text(position..<min(position + 2, bytes.count))
        if Self.pairs.contains(pair) {
            position += byteAt(position + 2) == UInt8(ascii: ".") && pair == ".." ? 3 : 2
            tokens.append(.symbol(pair))
        } else {
            tokens.append(.symbol(text(position..<position + 1)))
            position += 1
        }
    }

    // MARK: Long brackets

    /// The number of equal signs of a long bracket that opens here; nil if none does.
    private func longBracket(at start: Int) -> Int? {
        guard byteAt(start) == UInt8(ascii: "[") else { return nil }
        var end = start + 1
        while byteAt(end) == UInt8(ascii: "=") { end += 1 }
        return byteAt(end) == UInt8(ascii: "[") ? end - start - 1 : nil
    }

    /// The text up to the closing long bracket, which is passed; nil if there is none.
    private mutating func longText(_ level: Int) -> String? {
        let close =
            [UInt8(ascii: "]")] + [UInt8](repeating: UInt8(ascii: "="), count: level) + [UInt8(ascii: "]")]
        var end = position
        while end + close.count <= bytes.count {
            if bytes[end..<end + close.count].elementsEqual(close) {
                defer { position = end + close.count }
                return text(position..<end)
            }
            end += 1
        }
        return nil
    }

    // MARK: Bytes

    private mutating func rest() -> String {
        defer { position = bytes.count }
        return text(min(position, bytes.count)..<bytes.count)
    }

    private mutating func take(while belongs: (UInt8) -> Bool) -> String {
        let start = position
        while let byte = byteAt(position), belongs(byte) { position += 1 }
        return text(start..<position)
    }

    private func text(_ range: Range<Int>) -> String { String(decoding: bytes[range], as: UTF8.self) }

    private func byteAt(_ index: Int) -> UInt8? { index < bytes.count ? bytes[index] : nil }
}
