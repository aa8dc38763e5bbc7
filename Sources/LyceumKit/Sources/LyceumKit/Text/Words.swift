/// What a word is, for everything here that counts or compares words: ROUGE's unicode tokenizer, near-duplicates,
/// filters and statistics, curation, BM25, leads and the features of boosted trees.
///
/// A word is a run of letters, marks and digits of any script, in lower case; everything else separates. In scripts
/// that put no space between words, each character is a word: an ideograph or a kana; in Thai, Lao, Khmer and Burmese
/// a letter with the marks above, below and behind it. "Don't" is two words, "東京へ" three.
public enum Words {
    /// What a character does.
    public enum Role: Sendable {
        /// Goes on with a word, or begins one.
        case letter
        /// Is a word of its own, with the marks that follow.
        case word
        /// Belongs to the word before it; begins one if there is none.
        case mark
        /// Stands between words.
        case separator
    }

    /// The role of a character.
    public static func role(of scalar: Unicode.Scalar) -> Role {
        let value = scalar.value
        if value < 0x80 { return letters[Int(value)] == 0 ? .separator : .letter }
        switch value {
        case 0x4E00...0x9FFF, 0x3400...0x4DBF, 0xAC00...0xD7A3: return value < 0xAC00 ? .word : .letter
        default: break
        }
        let properties = scalar.properties
        switch properties.generalCategory {
        case .nonspacingMark, .spacingMark, .enclosingMark: return .mark
        case .uppercaseLetter, .lowercaseLetter, .titlecaseLetter, .modifierLetter, .otherLetter,
            .decimalNumber, .letterNumber, .otherNumber:
            if standsAlone(value) || properties.isIdeographic { return .word }
            return .letter
        default: return (0x3040...0x30FF).contains(value) ? .word : .separator
        }
    }

    /// Whether words are written without spaces in the script of a letter.
    private static func standsAlone(_ value: UInt32) -> Bool {
        switch value {
        // Kana, also half-width; Bopomofo stays a run, as letters do.
        case 0x3040...0x30FF, 0x31F0...0x31FF, 0xFF66...0xFF9D, 0x1B000...0x1B16F: return true
        // Thai and Lao letters, not their digits.
        case 0x0E01...0x0E30, 0x0E32...0x0E33, 0x0E40...0x0E46, 0x0E81...0x0EB0, 0x0EB2...0x0EB3,
            0x0EC0...0x0EC6, 0x0EDC...0x0EDF:
            return true
        // Burmese and Khmer letters.
        case 0x1000...0x103F, 0x1050...0x108F, 0xAA60...0xAA7F, 0xA9E0...0xA9EF, 0x1780...0x17B3: return true
        default: return false
        }
    }

    /// Calls `body` with each word of UTF-8 text, in order and in lower case; the bytes are valid during the call.
    public static func forEach(
        in text: UnsafeBufferPointer<UInt8>, _ body: (_ word: UnsafeBufferPointer<UInt8>) throws -> Void
    ) rethrows {
        var word: [UInt8] = []
        // Whether the word is a character that stands alone: only marks may follow.
        var isAlone = false
        func end() throws {
            if !word.isEmpty { try word.withUnsafeBufferPointer(body) }
            word.removeAll(keepingCapacity: true)
            isAlone = false
        }
        var place = 0
        while place < text.count {
            let byte = text[place]
            if byte < 0x80 {
                let letter = letters[Int(byte)]
                if letter == 0 || isAlone { try end() }
                if letter != 0 { word.append(letter) }
                place += 1
                continue
            }
            let (scalar, length) = scalar(in: text, at: place)
            place += length
            switch role(of: scalar) {
            case .separator: try end()
            case .letter:
                if isAlone { try end() }
                appendLowercase(scalar, to: &word)
            case .mark: appendLowercase(scalar, to: &word)
            case .word:
                try end()
                appendLowercase(scalar, to: &word)
                isAlone = true
            }
        }
        try end()
    }

    /// The places of the words in UTF-8 text, in order.
    public static func ranges(in text: UnsafeBufferPointer<UInt8>) -> [Range<Int>] {
        var ranges: [Range<Int>] = []
        scan(text) { ranges.append($0) }
        return ranges
    }

    /// How many words UTF-8 text has.
    public static func count(_ text: UnsafeBufferPointer<UInt8>) -> Int {
        var count = 0
        scan(text) { _ in count += 1 }
        return count
    }

    /// How many words a text has.
    public static func count(_ text: String) -> Int {
        var text = text
        return text.withUTF8 { count($0) }
    }

    /// Calls `body` with each word by which a text is compared with others: its words, or, where it has none, the text
    /// as it stands, without white space around it.
    public static func forEachCompared(
        in text: UnsafeBufferPointer<UInt8>, _ body: (_ word: UnsafeBufferPointer<UInt8>) throws -> Void
    ) rethrows {
        var isEmpty = true
        try forEach(in: text) { word in
            isEmpty = false
            try body(word)
        }
        guard isEmpty else { return }
        let isSpace = { (byte: UInt8) in byte == 0x20 || (0x09...0x0D).contains(byte) }
        guard let first = text.firstIndex(where: { !isSpace($0) }),
            let last = text.lastIndex(where: { !isSpace($0) })
        else { return }
        try body(UnsafeBufferPointer(rebasing: text[first...last]))
    }

    private static func scan(_ text: UnsafeBufferPointer<UInt8>, _ body: (Range<Int>) -> Void) {
        var start: Int?
        var isAlone = false
        var place = 0
        func end(at place: Int) {
            if let begun = start { body(begun..<place) }
            start = nil
            isAlone = false
        }
        while place < text.count {
            let byte = text[place]
            let (role, length): (Role, Int)
            if byte < 0x80 {
                (role, length) = (letters[Int(byte)] == 0 ? .separator : .letter, 1)
            } else {
                let found = scalar(in: text, at: place)
                (role, length) = (Self.role(of: found.0), found.1)
            }
            switch role {
            case .separator: end(at: place)
            case .letter:
                if isAlone { end(at: place) }
                if start == nil { start = place }
            case .mark: if start == nil { start = place }
            case .word:
                end(at: place)
                (start, isAlone) = (place, true)
            }
            place += length
        }
        end(at: place)
    }

    private static func appendLowercase(_ scalar: Unicode.Scalar, to word: inout [UInt8]) {
        word.append(contentsOf: scalar.properties.lowercaseMapping.utf8)
    }

    /// The character that begins at a byte, and its length; U+FFFD for what is none.
    private static func scalar(
        in text: UnsafeBufferPointer<UInt8>, at place: Int
    ) -> (Unicode.Scalar, Int) {
        let lead = text[place]
        let length = lead >= 0xF0 ? 4 : lead >= 0xE0 ? 3 : lead >= 0xC0 ? 2 : 1
        guard length > 1, place + length <= text.count else { return ("\u{FFFD}", 1) }
        var value = UInt32(lead) & (0x7F >> UInt32(length))
        for i in 1..<length { value = value << 6 | UInt32(text[place + i] & 0x3F) }
        return (Unicode.Scalar(value) ?? "\u{FFFD}", length)
    }

    /// Each ASCII letter or digit in lower case, 0 for every other byte.
    private static let letters: [UInt8] = (0..<128).map { (byte: UInt8) -> UInt8 in
        switch byte {
        case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "0")...UInt8(ascii: "9"): return byte
        case UInt8(ascii: "A")...UInt8(ascii: "Z"): return byte | 0x20
        default: return 0
        }
    }
}
