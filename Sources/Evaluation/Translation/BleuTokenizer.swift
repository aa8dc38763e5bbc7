import LyceumKit

/// Cuts text into the tokens of BLEU exactly as sacrebleu 2.6 does. Tokens are numbers; equal numbers are equal tokens of
/// one tokenizer.
struct BleuTokenizer {
    /// What a token is.
    enum Kind: String, CaseIterable, SettingChoice {
        /// What mteval-v13a.pl cuts: WMT's standard.
        case mteval = "13a"
        /// What mteval-v14.pl cuts: punctuation and symbols of every script.
        case international = "intl"
        /// Every character.
        case characters = "char"
        /// Chinese characters one by one, the rest as 13a without its first steps.
        case chinese = "zh"
        /// Words between white space.
        case none
    }

    private let kind: Kind
    private let lowercase: Bool
    private var words = TokenInterner()
    private var first: [UInt8] = []
    private var second: [UInt8] = []

    init(_ kind: Kind, lowercase: Bool) {
        self.kind = kind
        self.lowercase = lowercase
    }

    /// The numbers handed out so far are below this.
    var vocabularySize: Int { words.count }

    /// The tokens of a text.
    mutating func tokenize(_ text: String, into tokens: inout [Int32]) {
        tokens.removeAll(keepingCapacity: true)
        var text = lowercase ? PythonStrings.lowercased(text) : text
        switch kind {
        case .none: text.withUTF8 { intern($0, into: &tokens) }
        case .characters: text.withUTF8 { internCharacters($0, into: &tokens) }
        case .international:
            text = String(International.separated(Array(PythonStrings.trimmedEnd(text).unicodeScalars)))
            text.withUTF8 { intern($0, into: &tokens) }
        case .chinese:
            text = Self.separatingChinese(PythonStrings.trimmed(text))
            text.withUTF8 { _ = cut($0, roles: Self.roles, isPadded: false, into: &tokens) }
        case .mteval:
            let isWhole = text.withUTF8 { cut($0, roles: Self.escapingRoles, isPadded: true, into: &tokens) }
            if !isWhole {
                tokens.removeAll(keepingCapacity: true)
                text = Self.unescaped(PythonStrings.trimmedEnd(text))
                text.withUTF8 { _ = cut($0, roles: Self.roles, isPadded: true, into: &tokens) }
            }
        }
    }

    /// The first steps of 13a. White space at the end does not count, so that what ends a line is not joined.
    private static func unescaped(_ text: String) -> String {
        var text = text
        for (old, new) in [
            ("<skipped>", ""), ("-\n", ""), ("\n", " "), ("&quot;", "\""), ("&amp;", "&"), ("&lt;", "<"),
            ("&gt;", ">"),
        ] {
            text = PythonStrings.replacing(text, old, with: new)
        }
        return text
    }

    private mutating func intern(_ text: UnsafeBufferPointer<UInt8>, into tokens: inout [Int32]) {
        PythonStrings.split(text) { range in
            tokens.append(words.intern(UnsafeBufferPointer(rebasing: text[range])))
        }
    }

    private mutating func internCharacters(_ text: UnsafeBufferPointer<UInt8>, into tokens: inout [Int32]) {
        var i = 0
        while i < text.count {
            let space = PythonStrings.spaceLength(text, at: i)
            let byte = text[i]
            let length =
                space > 0
                ? space : min(byte < 0x80 ? 1 : byte < 0xE0 ? 2 : byte < 0xF0 ? 3 : 4, text.count - i)
            if space == 0 {
                tokens.append(words.intern(UnsafeBufferPointer(rebasing: text[i..<(i + length)])))
            }
            i += length
        }
    }

    // MARK: the regular expressions of mteval-v13a

    /// What a byte does.
    private enum Role: UInt8 {
        case plain, dash, stop, separator, space, wideSpace, escape
    }

    private static let roles: [Role] = (0..<256).map { (byte: Int) -> Role in
        switch byte {
        case 0x20, 0x09...0x0D, 0x1C...0x1F: return .space
        case 0x2D: return .dash
        case 0x2C, 0x2E: return .stop
        case 0xC2, 0xE1...0xE3: return .wideSpace
        default: return isSeparated[byte] ? .separator : .plain
        }
    }

    /// For texts that the first steps of 13a have not seen: what may begin one of their patterns is looked at.
    private static let escapingRoles: [Role] = {
        var all = roles
        for byte in "\n&<".utf8 { all[Int(byte)] = .escape }
        return all
    }()

    /// Whether one of the first steps of 13a changes more here than a line break to a space.
    private static func isEscape(_ text: UnsafeBufferPointer<UInt8>, at i: Int) -> Bool {
        func follows(_ pattern: StaticString) -> Bool {
            pattern.withUTF8Buffer {
                i + $0.count <= text.count && text[i..<(i + $0.count)].elementsEqual($0)
            }
        }
        switch text[i] {
        case UInt8(ascii: "\n"): return i > 0 && text[i - 1] == UInt8(ascii: "-")
        case UInt8(ascii: "&"):
            return follows("&quot;") || follows("&amp;") || follows("&lt;") || follows("&gt;")
        default: return follows("<skipped>")
        }
    }

    /// Cuts text as the four expressions do.
    ///
    /// The first puts spaces around most punctuation. What is left between spaces holds periods, commas and dashes, on
    /// which the others work; none of their matches reaches beyond the space on either side.
    ///
    /// - Parameter isPadded: whether there is a space before and behind the text.
    /// - Returns: false, with some tokens appended, if the text has to be unescaped first.
    private mutating func cut(
        _ text: UnsafeBufferPointer<UInt8>, roles: [Role], isPadded: Bool, into tokens: inout [Int32]
    ) -> Bool {
        var start = 0
        var (stops, dashes) = (0, 0)
        var i = 0
        while i < text.count {
            let role = roles[Int(text[i])]
            var length = 1
            var isToken = role == .separator
            switch role {
            case .plain:
                i += 1
                continue
            case .dash:
                dashes += 1
                i += 1
                continue
            case .stop:
                stops += 1
                i += 1
                continue
            case .wideSpace:
                length = PythonStrings.spaceLength(text, at: i)
                if length == 0 {
                    i += 1
                    continue
                }
            case .escape:
                if Self.isEscape(text, at: i) { return false }
                isToken = text[i] != UInt8(ascii: "\n")
            case .space, .separator: break
            }
            if i > start {
                if stops + dashes == 0 {
                    intern(text, start, i, into: &tokens)
                } else {
                    end(text, start..<i, stops: stops, isPadded, into: &tokens)
                    (stops, dashes) = (0, 0)
                }
            }
            if isToken { intern(text, i, i + 1, into: &tokens) }
            i += length
            start = i
        }
        if i > start { end(text, start..<i, stops: stops, isPadded, into: &tokens) }
        return true
    }

    @inline(__always)
    private mutating func intern(
        _ text: UnsafeBufferPointer<UInt8>, _ start: Int, _ end: Int, into tokens: inout [Int32]
    ) {
        tokens.append(words.intern(UnsafeBufferPointer(rebasing: text[start..<end])))
    }

    /// Appends the tokens of what stands between two spaces.
    ///
    /// - Parameter stops: how many periods and commas there are in it.
    private mutating func end(
        _ text: UnsafeBufferPointer<UInt8>, _ range: Range<Int>, stops: Int, _ isPadded: Bool,
        into tokens: inout [Int32]
    ) {
        // Nearly every word has no period or comma but one that ends it, which is a token before a space.
        let endsWithStop =
            stops == 1 && Self.isMark(text[range.upperBound - 1])
            && (isPadded || range.upperBound < text.count)
        guard stops == 0 || endsWithStop else { return endStops(text, range, isPadded, into: &tokens) }
        let end = endsWithStop ? range.upperBound - 1 : range.upperBound
        var start = range.lowerBound
        for i in range.lowerBound..<end where text[i] == UInt8(ascii: "-") {
            // `([0-9])(-)` → `\1 \2 `
            if i > start, Self.isDigit(text[i - 1]) {
                intern(text, start, i, into: &tokens)
                intern(text, i, i + 1, into: &tokens)
                start = i + 1
            }
        }
        if start < end { intern(text, start, end, into: &tokens) }
        if endsWithStop { intern(text, end, end + 1, into: &tokens) }
    }

    /// The same where periods and commas stand within words, expression by expression.
    private mutating func endStops(
        _ text: UnsafeBufferPointer<UInt8>, _ range: Range<Int>, _ isPadded: Bool, into tokens: inout [Int32]
    ) {
        first.removeAll(keepingCapacity: true)
        if isPadded || range.lowerBound > 0 { first.append(0x20) }
        first.append(contentsOf: text[range])
        if isPadded || range.upperBound < text.count { first.append(0x20) }
        second.removeAll(keepingCapacity: true)
        first.withUnsafeBufferPointer { Self.separateBehind($0, into: &second) }
        first.removeAll(keepingCapacity: true)
        second.withUnsafeBufferPointer { Self.separateBefore($0, into: &first) }
        second.removeAll(keepingCapacity: true)
        first.withUnsafeBufferPointer { Self.separateDashes($0, into: &second) }
        second.withUnsafeBufferPointer { text in
            PythonStrings.split(text) { range in
                tokens.append(words.intern(UnsafeBufferPointer(rebasing: text[range])))
            }
        }
    }

    @inline(__always)
    private static func isDigit(_ byte: UInt8) -> Bool { byte &- 0x30 < 10 }

    @inline(__always)
    private static func isMark(_ byte: UInt8) -> Bool {
        byte == UInt8(ascii: ".") || byte == UInt8(ascii: ",")
    }

    /// `([^0-9])([\.,])` → `\1 \2 `
    static func separateBehind(_ text: UnsafeBufferPointer<UInt8>, into bytes: inout [UInt8]) {
        var i = 0
        while i < text.count {
            let byte = text[i]
            bytes.append(byte)
            i += 1
            if i < text.count, isMark(text[i]), !isDigit(byte) {
                bytes.append(0x20)
                bytes.append(text[i])
                bytes.append(0x20)
                i += 1
            }
        }
    }

    /// `([\.,])([^0-9])` → ` \1 \2`
    static func separateBefore(_ text: UnsafeBufferPointer<UInt8>, into bytes: inout [UInt8]) {
        var i = 0
        while i < text.count {
            let byte = text[i]
            if isMark(byte), i + 1 < text.count, !isDigit(text[i + 1]) {
                bytes.append(0x20)
                bytes.append(byte)
                bytes.append(0x20)
                bytes.append(text[i + 1])
                i += 2
            } else {
                bytes.append(byte)
                i += 1
            }
        }
    }

    /// `([0-9])(-)` → `\1 \2 `
    static func separateDashes(_ text: UnsafeBufferPointer<UInt8>, into bytes: inout [UInt8]) {
        var i = 0
        while i < text.count {
            let byte = text[i]
            bytes.append(byte)
            i += 1
            if i < text.count, text[i] == UInt8(ascii: "-"), isDigit(byte) {
                bytes.append(0x20)
                bytes.append(UInt8(ascii: "-"))
                bytes.append(0x20)
                i += 1
            }
        }
    }

    /// ASCII that stands alone: all punctuation but `'`, `,`, `-` and `.`; and the space.
    static let isSeparated: [Bool] = (0..<256).map { (byte: Int) -> Bool in
        switch byte {
        case 0x7B...0x7E, 0x5B...0x60, 0x20...0x26, 0x28...0x2B, 0x3A...0x40, 0x2F: return true
        default: return false
        }
    }

    // MARK: Chinese

    /// The ranges as sacrebleu compares them: two of them are written as one character and a digit there, and so are
    /// blocks of punctuation and radicals instead of supplements.
    private static let chinese: [ClosedRange<UInt32>] = [
        0x3400...0x4DB5, 0x4E00...0x9FA5, 0x9FA6...0x9FBB, 0xF900...0xFA2D, 0xFA30...0xFA6A, 0xFA70...0xFAD9,
        0x2001...0x2A6D, 0x2F81...0x2FA1, 0xFF00...0xFFEF, 0x2E80...0x2EFF, 0x3000...0x303F, 0x31C0...0x31EF,
        0x2F00...0x2FDF, 0x2FF0...0x2FFF, 0x3100...0x312F, 0x31A0...0x31BF, 0xFE10...0xFE1F, 0xFE30...0xFE4F,
        0x2600...0x26FF, 0x2700...0x27BF, 0x3200...0x32FF, 0x3300...0x33FF,
    ]

    private static func separatingChinese(_ text: String) -> String {
        var result = String.UnicodeScalarView()
        for scalar in text.unicodeScalars {
            if scalar.value >= 0x2001, chinese.contains(where: { $0.contains(scalar.value) }) {
                result.append(" ")
                result.append(scalar)
                result.append(" ")
            } else {
                result.append(scalar)
            }
        }
        return String(result)
    }
}

/// The regular expressions of mteval-v14: by the categories of Unicode.
private enum International {
    static func separated(_ text: [Unicode.Scalar]) -> String.UnicodeScalarView {
        let space: Unicode.Scalar = " "
        // `(\P{N})(\p{P})` → `\1 \2 `
        var first: [Unicode.Scalar] = []
        var i = 0
        while i < text.count {
            first.append(text[i])
            i += 1
            if i < text.count, !isNumber(text[i - 1]), isPunctuation(text[i]) {
                first += [space, text[i], space]
                i += 1
            }
        }
        // `(\p{P})(\P{N})` → ` \1 \2`
        var second: [Unicode.Scalar] = []
        i = 0
        while i < first.count {
            if isPunctuation(first[i]), i + 1 < first.count, !isNumber(first[i + 1]) {
                second += [space, first[i], space, first[i + 1]]
                i += 2
            } else {
                second.append(first[i])
                i += 1
            }
        }
        // `(\p{S})` → ` \1 `
        var result = String.UnicodeScalarView()
        for scalar in second {
            if isSymbol(scalar) {
                result.append(contentsOf: [space, scalar, space])
            } else {
                result.append(scalar)
            }
        }
        return result
    }

    private static func isNumber(_ scalar: Unicode.Scalar) -> Bool {
        if scalar.isASCII { return (0x30...0x39).contains(scalar.value) }
        switch scalar.properties.generalCategory {
        case .decimalNumber, .letterNumber, .otherNumber: return true
        default: return false
        }
    }

    private static func isPunctuation(_ scalar: Unicode.Scalar) -> Bool {
        if scalar.isASCII, isLetterOrSpace(scalar) { return false }
        switch scalar.properties.generalCategory {
        case .connectorPunctuation, .dashPunctuation, .openPunctuation, .closePunctuation,
            .initialPunctuation,
            .finalPunctuation, .otherPunctuation:
            return true
        default: return false
        }
    }

    private static func isSymbol(_ scalar: Unicode.Scalar) -> Bool {
        if scalar.isASCII, isLetterOrSpace(scalar) { return false }
        switch scalar.properties.generalCategory {
        case .mathSymbol, .currencySymbol, .modifierSymbol, .otherSymbol: return true
        default: return false
        }
    }

    private static func isLetterOrSpace(_ scalar: Unicode.Scalar) -> Bool {
        scalar.value == 0x20 || (0x61...0x7A).contains(scalar.value) || (0x41...0x5A).contains(scalar.value)
    }
}
