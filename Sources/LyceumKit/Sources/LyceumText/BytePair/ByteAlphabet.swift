/// GPT-2's alphabet: a printable character for every byte, so that pieces of bytes can be written as text.
///
/// Printable bytes stand for themselves, the others for U+0100 and up in their order.
/// Source: `bytes_to_unicode` of GPT-2's encoder.py (2019).
enum ByteAlphabet {
    /// The character of every byte.
    static let scalars: [Unicode.Scalar] = {
        var next: UInt32 = 0x100
        return (UInt8.min...UInt8.max).map { byte in
            switch byte {
            case 0x21...0x7E, 0xA1...0xAC, 0xAE...0xFF: return Unicode.Scalar(byte)
            default:
                defer { next += 1 }
                return Unicode.Scalar(next) ?? "\u{FFFD}"
            }
        }
    }()

    private static let values = Dictionary(
        uniqueKeysWithValues: zip(scalars, UInt8.min...UInt8.max).map { ($0, $1) })

    /// The text that stands for bytes.
    static func text(of bytes: some Sequence<UInt8>) -> String {
        var text = String.UnicodeScalarView()
        for byte in bytes { text.append(scalars[Int(byte)]) }
        return String(text)
    }

    /// The bytes that a text stands for; nil if a character stands for none.
    static func bytes(of text: String) -> [UInt8]? {
        var bytes: [UInt8] = []
        bytes.reserveCapacity(text.utf8.count)
        for scalar in text.unicodeScalars {
            guard let byte = values[scalar] else { return nil }
            bytes.append(byte)
        }
        return bytes
    }
}
