/// How many columns of a terminal a text takes: CJK and emoji take two, combining marks none.
///
/// Source: Unicode Standard Annex #11, East Asian Width, classes W and F.
public enum DisplayWidth {
    /// The columns that a text of one line takes.
    public static func of(_ text: some StringProtocol) -> Int {
        if text.utf8.allSatisfy({ $0 >= 0x20 && $0 < 0x7F }) { return text.utf8.count }
        return text.reduce(0) { $0 + of($1) }
    }

    /// The columns that one character, with all its marks, takes.
    public static func of(_ character: Character) -> Int {
        guard let first = character.unicodeScalars.first else { return 0 }
        if first.value < 0x20 || (0x7F..<0xA0).contains(first.value) { return 0 }
        // A variation selector 16 asks for the emoji form of a character that has both.
        let isEmoji =
            first.properties.isEmojiPresentation
            || (first.properties.isEmoji && character.unicodeScalars.contains { $0.value == 0xFE0F })
        if isEmoji || isWide(first.value) { return 2 }
        switch first.properties.generalCategory {
        case .nonspacingMark, .enclosingMark, .format: return 0
        default: return 1
        }
    }

    /// The text cut to `width` columns, the last of them "…" if something is missing.
    public static func cut(_ text: some StringProtocol, to width: Int) -> String {
        if of(text) <= width { return String(text) }
        guard width > 0 else { return "" }
        var result = ""
        var used = 0
        for character in text {
            let next = of(character)
            if used + next > width - 1 { break }
            result.append(character)
            used += next
        }
        return result + "…"
    }

    /// The text cut or filled with spaces to exactly `width` columns.
    ///
    /// - Parameters:
    ///   - text: what is to be shown.
    ///   - width: in columns of the terminal.
    ///   - toRight: whether the spaces go before the text.
    public static func fit(_ text: some StringProtocol, to width: Int, toRight: Bool = false) -> String {
        let cut = cut(text, to: width)
        let padding = String(repeating: " ", count: max(0, width - of(cut)))
        return toRight ? padding + cut : cut + padding
    }

    /// The beginning of a text as one line that is safe to print: runs of white space become one space, and what
    /// a terminal would obey (see `ShownText`) becomes "·".
    ///
    /// - Parameters:
    ///   - text: what is to be shown.
    ///   - limit: characters to look at; nil for all.
    public static func oneLine(_ text: some StringProtocol, limit: Int? = nil) -> String {
        var result = ""
        var isAfterSpace = true
        for character in text.prefix(limit ?? Int.max) {
            if character.isWhitespace {
                if !isAfterSpace { result.append(" ") }
                isAfterSpace = true
                continue
            }
            isAfterSpace = false
            let isObeyed = character.unicodeScalars.contains(where: ShownText.isObeyed)
            result.append(isObeyed ? "·" : character)
        }
        if result.hasSuffix(" ") { result.removeLast() }
        return result
    }

    /// A text in lines of at most `width` columns, broken between words where there are any; its own line breaks
    /// stay. What a terminal would obey (see `ShownText`) becomes "·".
    public static func wrapped(_ text: some StringProtocol, to width: Int) -> [String] {
        let width = max(width, 1)
        return text.split(omittingEmptySubsequences: false, whereSeparator: \.isNewline).flatMap {
            line -> [String] in
            var lines: [String] = []
            var current = ""
            var used = 0
            func finish() {
                while current.last?.isWhitespace == true { current.removeLast() }
                lines.append(current)
                (current, used) = ("", 0)
            }
            for word in words(of: line) {
                let columns = of(word)
                if used > 0, used + columns > width, word.first?.isWhitespace != true { finish() }
                if columns <= width - used || (word.first?.isWhitespace == true && used > 0) {
                    current += word
                    used += columns
                    continue
                }
                for character in word {
                    let next = of(character)
                    if used + next > width { finish() }
                    current.append(character)
                    used += next
                }
            }
            finish()
            return lines
        }
    }

    /// A line cut between words and runs of white space, what a terminal would obey made harmless.
    private static func words(of line: some StringProtocol) -> [String] {
        var words: [String] = []
        for character in line {
            let isObeyed = character.unicodeScalars.contains(where: ShownText.isObeyed)
            let shown: Character = character == "\t" ? " " : isObeyed ? "·" : character
            if let last = words.last?.last, last.isWhitespace == shown.isWhitespace {
                words[words.count - 1].append(shown)
            } else {
                words.append(String(shown))
            }
        }
        return words
    }

    private static func isWide(_ scalar: UInt32) -> Bool {
        if scalar < 0x1100 { return false }
        return wideRanges.contains { $0.contains(scalar) }
    }

    /// The wide ranges without emoji, which have a property of their own.
    private static let wideRanges: [ClosedRange<UInt32>] = [
        0x1100...0x115F, 0x2329...0x232A, 0x2E80...0x303E, 0x3041...0x4DBF, 0x4E00...0xA4CF,
        0xA960...0xA97F, 0xAC00...0xD7A3, 0xF900...0xFAFF, 0xFE10...0xFE19, 0xFE30...0xFE6F,
        0xFF01...0xFF60, 0xFFE0...0xFFE6, 0x16FE0...0x18CFF, 0x1AFF0...0x1B2FF, 0x1F200...0x1F251,
        0x20000...0x2FFFD, 0x30000...0x3FFFD,
    ]
}
