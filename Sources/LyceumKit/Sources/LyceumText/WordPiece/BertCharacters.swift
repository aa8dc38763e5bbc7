/// What BERT's tokenizer takes a character for.
///
/// Source: `BertNormalizer` and `BertPreTokenizer` of tokenizers 0.22, which know the categories of Unicode 8:
/// characters that came later belong to none.
struct BertCharacter: OptionSet, Sendable {
    let rawValue: UInt8

    /// Left out of a text: control and format characters, private ones, U+0000 and U+FFFD.
    static let removed = BertCharacter(rawValue: 1)
    /// White space.
    static let space = BertCharacter(rawValue: 2)
    /// A word of its own.
    static let punctuation = BertCharacter(rawValue: 4)
    /// A Chinese character of the blocks that BERT knows: spaces are put around it.
    static let chinese = BertCharacter(rawValue: 8)
    /// An accent that follows its letter.
    static let mark = BertCharacter(rawValue: 16)

    private static let newestVersion = 8
    /// Tabulator and line ends are control characters, but white space to BERT.
    private static let spaceControls: Set<UInt32> = [0x09, 0x0A, 0x0D]
    /// They were punctuation in Unicode 8, and are something else since.
    private static let oncePunctuation: Set<UInt32> = [0x166D, 0x111C9]
    /// They became marks after Unicode 8.
    private static let newMarks: Set<UInt32> = [0x1885, 0x1886, 0xA9BD, 0x111C9]
    /// They were marks in Unicode 8, and take up space since.
    private static let onceMarks: Set<UInt32> = [0x1734, 0x1171E]

    init(rawValue: UInt8) { self.rawValue = rawValue }

    /// Looks a scalar up in the Unicode database.
    init(_ scalar: Unicode.Scalar) {
        let value = scalar.value
        var result: BertCharacter = []
        if scalar.properties.isWhitespace { result.insert(.space) }
        if Self.isChinese(value) { result.insert(.chinese) }
        if Self.isASCIIPunctuation(value) || Self.oncePunctuation.contains(value) {
            result.insert(.punctuation)
        }
        if Self.onceMarks.contains(value) { result.insert(.mark) }
        if value == 0xFFFD { result.insert(.removed) }
        let isKnown = (scalar.properties.age?.major).map { $0 <= Self.newestVersion } ?? false
        switch scalar.properties.generalCategory {
        case .control: if !Self.spaceControls.contains(value) { result.insert(.removed) }
        case .privateUse: result.insert(.removed)
        case .format: if isKnown { result.insert(.removed) }
        case .nonspacingMark: if isKnown, !Self.newMarks.contains(value) { result.insert(.mark) }
        case .connectorPunctuation, .dashPunctuation, .openPunctuation, .closePunctuation,
            .initialPunctuation, .finalPunctuation, .otherPunctuation:
            if isKnown { result.insert(.punctuation) }
        default: break
        }
        self = result
    }

    private static func isASCIIPunctuation(_ value: UInt32) -> Bool {
        switch value {
        case 0x21...0x2F, 0x3A...0x40, 0x5B...0x60, 0x7B...0x7E: return true
        default: return false
        }
    }

    private static func isChinese(_ value: UInt32) -> Bool {
        switch value {
        case 0x3400...0x4DBF, 0x4E00...0x9FFF, 0xF900...0xFAFF, 0x20000...0x2A6DF, 0x2A700...0x2B81F,
            0x2B920...0x2CEAF, 0x2F800...0x2FA1F:
            return true
        default: return false
        }
    }

    private static let basicPlane: [BertCharacter] = (UInt32(0)..<0x10000).map { value in
        Unicode.Scalar(value).map { BertCharacter($0) } ?? []
    }

    /// What a scalar is, from a table where there is one.
    @inline(__always)
    static func of(_ scalar: Unicode.Scalar) -> BertCharacter {
        let value = Int(scalar.value)
        return value < basicPlane.count ? basicPlane[value] : BertCharacter(scalar)
    }
}
