/// A writing system, told by the blocks of Unicode that its letters stand in.
public enum Script: String, Sendable, CaseIterable {
    case latin = "Latin"
    case greek = "Greek"
    case cyrillic = "Cyrillic"
    case armenian = "Armenian"
    case hebrew = "Hebrew"
    case arabic = "Arabic"
    case devanagari = "Devanagari"
    case bengali = "Bengali"
    case tamil = "Tamil"
    case thai = "Thai"
    case georgian = "Georgian"
    case hangul = "Hangul"
    /// Hiragana, Katakana and Han together, as Japanese is written.
    case japanese = "Japanese"
    case han = "Han"

    private var blocks: [ClosedRange<UInt32>] {
        switch self {
        case .latin:
            return [
                0x41...0x5A, 0x61...0x7A, 0xAA...0xAA, 0xBA...0xBA, 0xC0...0x24F, 0x1E00...0x1EFF,
                0x2C60...0x2C7F,
                0xA720...0xA7FF, 0xFB00...0xFB06, 0xFF21...0xFF5A,
            ]
        case .greek: return [0x370...0x3FF, 0x1F00...0x1FFF]
        case .cyrillic: return [0x400...0x52F, 0x1C80...0x1C8F, 0x2DE0...0x2DFF, 0xA640...0xA69F]
        case .armenian: return [0x530...0x58F]
        case .hebrew: return [0x590...0x5FF, 0xFB1D...0xFB4F]
        case .arabic: return [0x600...0x6FF, 0x750...0x77F, 0x8A0...0x8FF, 0xFB50...0xFDFF, 0xFE70...0xFEFF]
        case .devanagari: return [0x900...0x97F, 0xA8E0...0xA8FF]
        case .bengali: return [0x980...0x9FF]
        case .tamil: return [0xB80...0xBFF]
        case .thai: return [0xE00...0xE7F]
        case .georgian: return [0x10A0...0x10FF, 0x1C90...0x1CBF, 0x2D00...0x2D2F]
        case .hangul: return [0x1100...0x11FF, 0x3130...0x318F, 0xA960...0xA97F, 0xAC00...0xD7FF]
        case .japanese: return Self.kana + Self.ideographs
        case .han: return Self.ideographs
        }
    }

    private static let kana: [ClosedRange<UInt32>] = [0x3040...0x30FF, 0x31F0...0x31FF, 0xFF66...0xFF9F]
    private static let ideographs: [ClosedRange<UInt32>] = [
        0x3005...0x3007, 0x3400...0x4DBF, 0x4E00...0x9FFF, 0xF900...0xFAFF, 0x20000...0x323AF,
    ]

    /// The share of a text's letters that are of this script, 0…1; nil if it has no letters.
    public func share(of text: String) -> Double? {
        let blocks = blocks
        var (letters, own) = (0, 0)
        for scalar in text.unicodeScalars where scalar.properties.isAlphabetic {
            letters += 1
            if blocks.contains(where: { $0.contains(scalar.value) }) { own += 1 }
        }
        return letters == 0 ? nil : Double(own) / Double(letters)
    }
}
