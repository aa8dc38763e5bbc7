/// What GPT-2's regular expression distinguishes: `\p{L}`, `\p{N}`, `\s` and the rest.
enum CharacterClass: UInt8 {
    case other = 0
    case letter = 1
    case number = 2
    case space = 3

    /// tokenizers 0.22 knows Unicode 16; characters that came later are `other` to it.
    private static let newestVersion = 16

    /// Looks a scalar up in the Unicode database.
    init(of scalar: Unicode.Scalar) {
        let properties = scalar.properties
        guard let age = properties.age, age.major <= Self.newestVersion else {
            self = .other
            return
        }
        switch properties.generalCategory {
        case .uppercaseLetter, .lowercaseLetter, .titlecaseLetter, .modifierLetter, .otherLetter:
            self = .letter
        case .decimalNumber, .letterNumber, .otherNumber: self = .number
        default: self = properties.isWhitespace ? .space : .other
        }
    }

    /// The classes of the scalars below U+10000.
    static let basicPlane: [CharacterClass] = (UInt32(0)..<0x10000).map { value in
        Unicode.Scalar(value).map { CharacterClass(of: $0) } ?? .other
    }
}
