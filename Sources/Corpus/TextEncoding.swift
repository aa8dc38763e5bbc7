import LyceumKit

/// How the bytes of a data file stand for characters.
public enum TextEncoding: String, SettingChoice {
    /// UTF-8, or UTF-16 that begins with a byte order mark.
    case utf8 = "utf-8"
    /// ISO 8859-1: each byte is the character of its number.
    case latin1 = "latin1"
    /// What Windows wrote in Western Europe and America.
    case windows1252 = "windows-1252"
    /// UTF-16, little-endian unless a byte order mark says otherwise.
    case utf16 = "utf-16"

    /// The characters of Windows-1252 from 0x80 to 0x9F; 0 where there is none.
    static let windowsCharacters: [UInt32] = [
        0x20AC, 0, 0x201A, 0x0192, 0x201E, 0x2026, 0x2020, 0x2021, 0x02C6, 0x2030, 0x0160, 0x2039, 0x0152, 0,
        0x017D, 0, 0, 0x2018, 0x2019, 0x201C, 0x201D, 0x2022, 0x2013, 0x2014, 0x02DC, 0x2122, 0x0161, 0x203A,
        0x0153, 0, 0x017E, 0x0178,
    ]
}

/// Turns the bytes of a file into UTF-8, piece by piece.
struct Transcoder {
    private let encoding: TextEncoding
    private let path: String
    private var isBigEndian = false
    /// Whether anything has been read.
    private var hasBegun = false
    /// Bytes of a character that is not whole yet.
    private var rest: [UInt8] = []
    /// Bytes read so far.
    private var place = 0

    init(_ encoding: TextEncoding, path: String) {
        self.encoding = encoding
        self.path = path
    }

    /// The UTF-8 of the next bytes: at most three times as many.
    ///
    /// - Parameter isLast: whether nothing follows.
    /// - Throws: `LyceumError.file` for bytes that are not characters.
    mutating func utf8(_ bytes: [UInt8], isLast: Bool) throws -> [UInt8] {
        switch encoding {
        case .utf8: return bytes
        case .latin1, .windows1252: return try singleBytes(bytes)
        case .utf16: return try utf16(bytes, isLast: isLast)
        }
    }

    private mutating func singleBytes(_ bytes: [UInt8]) throws -> [UInt8] {
        var text: [UInt8] = []
        text.reserveCapacity(bytes.count + bytes.count / 4)
        for byte in bytes {
            place += 1
            if byte < 0x80 {
                text.append(byte)
                continue
            }
            var scalar = UInt32(byte)
            if encoding == .windows1252, byte < 0xA0 {
                scalar = TextEncoding.windowsCharacters[Int(byte) - 0x80]
                if scalar == 0 {
                    throw fault(
                        "byte 0x\(String(byte, radix: 16)) at position \(place) is not a character of windows-1252",
                        "is it another encoding?")
                }
            }
            Self.append(scalar, to: &text)
        }
        return text
    }

    private mutating func utf16(_ bytes: [UInt8], isLast: Bool) throws -> [UInt8] {
        var source = rest + bytes
        rest = []
        if !hasBegun {
            if source.count < 2, !isLast {
                rest = source
                return []
            }
            hasBegun = true
            isBigEndian = source.starts(with: [0xFE, 0xFF])
            if isBigEndian || source.starts(with: [0xFF, 0xFE]) {
                source.removeFirst(2)
                place += 2
            }
        }
        var text: [UInt8] = []
        text.reserveCapacity(source.count * 3 / 2)
        func unit(_ i: Int) -> UInt32 {
            let (first, second) = (UInt32(source[i]), UInt32(source[i + 1]))
            return isBigEndian ? first << 8 | second : second << 8 | first
        }
        var i = 0
        while i + 1 < source.count {
            let first = unit(i)
            if first & 0xF800 != 0xD800 {
                Self.append(first, to: &text)
                i += 2
                continue
            }
            if i + 3 >= source.count, !isLast { break }
            guard first < 0xDC00, i + 3 < source.count, unit(i + 2) & 0xFC00 == 0xDC00 else {
                throw fault("half of a surrogate pair at byte \(place + i + 1)", "is it UTF-16?")
            }
            Self.append(0x10000 + (first & 0x3FF) << 10 + unit(i + 2) & 0x3FF, to: &text)
            i += 4
        }
        place += i
        rest = Array(source[i...])
        if isLast, !rest.isEmpty { throw fault("ends in the middle of a character", "is it UTF-16?") }
        return text
    }

    private static func append(_ value: UInt32, to text: inout [UInt8]) {
        if let scalar = Unicode.Scalar(value) { text.append(contentsOf: UTF8.encode(scalar) ?? .init([])) }
    }

    private func fault(_ problem: String, _ remedy: String) -> LyceumError {
        .file(path: path, line: nil, problem: problem, remedy: remedy)
    }
}
