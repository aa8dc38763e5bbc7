/// Makes a text safe to show on a terminal, wherever it came from: a file, a server, a model, a script.
///
/// This is the one filter of the program. Whatever is shown goes through `safe` (texts of several lines), through
/// `DisplayWidth.oneLine` (one line) or, where our own colours must survive, through `colouredSafe`.
public enum ShownText {
    /// The text with everything that a terminal would obey instead of showing replaced by "·".
    ///
    /// Line breaks and tabs stay (a carriage return before a line feed goes). Replaced are the control characters
    /// C0, DEL and C1, and the characters that change the direction of the text around them (Trojan Source).
    ///
    /// - Parameters:
    ///   - text: any text.
    ///   - limit: characters to show; a longer text ends with "… (N characters)". Nil shows all of it.
    public static func safe(_ text: some StringProtocol, limit: Int? = nil) -> String {
        var cut = ""
        var shown = Substring(text)
        if let limit, text.utf8.count > limit {
            let end = text.index(text.startIndex, offsetBy: max(limit, 0), limitedBy: text.endIndex)
            if let end, end < text.endIndex {
                shown = Substring(text[..<end])
                cut = "… (\(grouped(text.count)) characters)"
            }
        }
        if shown.utf8.allSatisfy({ ($0 >= 0x20 && $0 < 0x7F) || $0 == 0x0A || $0 == 0x09 }) {
            return String(shown) + cut
        }
        var result = String.UnicodeScalarView()
        let scalars = shown.unicodeScalars
        var place = scalars.startIndex
        while place < scalars.endIndex {
            let scalar = scalars[place]
            scalars.formIndex(after: &place)
            if scalar == "\r", place < scalars.endIndex, scalars[place] == "\n" { continue }
            let stays = scalar == "\n" || scalar == "\t" || !isObeyed(scalar)
            result.append(stays ? scalar : "·")
        }
        return String(result) + cut
    }

    /// As `safe`, but the colours that Lyceum itself writes stay, and end with the text.
    ///
    /// Only colours (SGR 0 to 2 and 30 to 37, with or without bold) pass: nothing that hides text or moves the
    /// cursor.
    public static func colouredSafe(_ text: some StringProtocol) -> String {
        guard text.utf8.contains(0x1B) else { return safe(text) }
        let pieces = text.split(separator: "\u{1B}[", omittingEmptySubsequences: false)
        var result = safe(pieces[0])
        var isOpen = false
        for piece in pieces.dropFirst() {
            let code = piece.prefix { $0 != "m" }
            if code.count < piece.count, colours.contains(String(code)) {
                result += "\u{1B}[\(code)m" + safe(piece.dropFirst(code.count + 1))
                isOpen = code != "0"
            } else {
                result += "·[" + safe(piece)
            }
        }
        return isOpen ? result + "\u{1B}[0m" : result
    }

    /// Whether a terminal obeys a character instead of showing it.
    public static func isObeyed(_ scalar: Unicode.Scalar) -> Bool {
        switch scalar.value {
        case 0..<0x20, 0x7F..<0xA0: return true
        // Marks, embeddings, overrides and isolates of direction; line and paragraph separators.
        case 0x061C, 0x200E, 0x200F, 0x2028...0x202E, 0x2066...0x2069: return true
        default: return false
        }
    }

    private static let colours: Set<String> = {
        let plain = ["0", "1", "2"] + (30...37).map { "\($0)" }
        return Set(plain + (30...37).flatMap { ["1;\($0)", "2;\($0)"] })
    }()

    /// A count with commas: "12,345".
    private static func grouped(_ count: Int) -> String {
        var digits = Array("\(count)")
        var place = digits.count - 3
        while place > 0 {
            digits.insert(",", at: place)
            place -= 3
        }
        return String(digits)
    }
}
