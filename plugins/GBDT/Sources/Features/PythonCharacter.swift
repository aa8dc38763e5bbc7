/// Characters as Python's `str` and `re` see them, because scikit-learn's features are defined by those.
///
/// Source: CPython's unicodeobject.c (`str.lower`, `str.isspace`) and _sre (`\w`).
enum PythonCharacter {
    /// Whether `\w` matches: a letter, anything with a numeric value, or an underscore.
    @inline(__always) static func isWord(_ scalar: UInt32) -> Bool { entry(scalar) & wordFlag != 0 }

    /// Whether `\s` matches and `str.split` splits.
    @inline(__always) static func isSpace(_ scalar: UInt32) -> Bool {
        switch scalar {
        case 0x09...0x0D, 0x1C...0x20, 0x85, 0xA0, 0x1680, 0x2000...0x200A, 0x2028, 0x2029, 0x202F, 0x205F,
            0x3000:
            return true
        default: return false
        }
    }

    /// The one scalar that `scalar` becomes in lower case; nil if it becomes several or if it depends on context.
    @inline(__always) static func simpleLowercase(_ scalar: UInt32) -> UInt32? {
        let entry = entry(scalar)
        return entry & specialFlag != 0 ? nil : entry & scalarMask
    }

    private static let scalarMask: UInt32 = 0x1F_FFFF
    private static let wordFlag: UInt32 = 1 << 21
    private static let specialFlag: UInt32 = 1 << 22
    /// Entries of the basic multilingual plane: looking properties up each time is ten times slower.
    private static let table: [UInt32] = (0..<0x10000).map { makeEntry(UInt32($0)) }

    @inline(__always) private static func entry(_ scalar: UInt32) -> UInt32 {
        scalar < 0x10000 ? table[Int(scalar)] : makeEntry(scalar)
    }

    /// The scalar in lower case, and the flags.
    private static func makeEntry(_ value: UInt32) -> UInt32 {
        switch value {
        // Ideographs and Hangul syllables, half of all: letters without case.
        case 0x3400...0x4DBF, 0x4E00...0x9FFF, 0xAC00...0xD7A3: return value | wordFlag
        default: break
        }
        guard let scalar = Unicode.Scalar(value) else { return value }
        let properties = scalar.properties
        var entry = value
        // Most have no case: asking first saves them a string each.
        if properties.changesWhenLowercased {
            let lower = properties.lowercaseMapping.unicodeScalars
            if value == capitalSigma || lower.count != 1 {
                entry |= specialFlag
            } else if let first = lower.first {
                entry = first.value
            }
        }
        let isLetter: Bool
        switch properties.generalCategory {
        case .uppercaseLetter, .lowercaseLetter, .titlecaseLetter, .modifierLetter, .otherLetter:
            isLetter = true
        default: isLetter = false
        }
        if isLetter || properties.numericType != nil || value == 0x5F { entry |= wordFlag }
        return entry
    }

    /// Σ, whose small form depends on whether it ends a word.
    static let capitalSigma: UInt32 = 0x3A3

    /// The lower case of a scalar that has no simple one.
    ///
    /// - Parameters:
    ///   - before: the scalars before it, nearest first.
    ///   - after: the scalars after it, nearest first.
    static func specialLowercase(
        _ scalar: Unicode.Scalar, before: some Sequence<Unicode.Scalar>,
        after: some Sequence<Unicode.Scalar>
    ) -> String {
        guard scalar.value == capitalSigma else { return scalar.properties.lowercaseMapping }
        func isCased(_ scalars: some Sequence<Unicode.Scalar>) -> Bool {
            scalars.first { !$0.properties.isCaseIgnorable }?.properties.isCased ?? false
        }
        return isCased(before) && !isCased(after) ? "ς" : "σ"
    }
}
