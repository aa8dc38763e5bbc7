import LyceumKit

/// A 128-bit hash of content, equal on every machine; not for secrets.
///
/// Two lanes of multiply-and-fold over 8-byte words, after Wang Yi's wyhash (2019), each with its own constants.
struct ContentHash: Sendable {
    private var low: UInt64 = SplitMix64.increment
    private var high: UInt64 = 0xD1B5_4A32_D192_ED03

    /// The hash so far as 32 hexadecimal digits.
    var hexadecimal: String { high.hexadecimal + low.hexadecimal }

    /// The hash so far, shortened to 64 bits.
    var word: UInt64 { low ^ high }

    private mutating func combine(word: UInt64) {
        low = Self.fold(low ^ word, 0xA076_1D64_78BD_642F)
        high = Self.fold(high ^ word, 0xE703_7ED1_A0B4_28DB)
    }

    private static func fold(_ a: UInt64, _ b: UInt64) -> UInt64 {
        let product = a.multipliedFullWidth(by: b)
        // The sum keeps the lane alive where the product is zero.
        return (product.high ^ product.low) &+ 0x5899_65CC_7537_4CC3
    }

    /// Adds another hash.
    mutating func combine(_ other: ContentHash) {
        combine(word: other.low)
        combine(word: other.high)
    }

    mutating func combine(_ number: Int) { combine(word: UInt64(bitPattern: Int64(number))) }

    mutating func combine(_ text: String) {
        var text = text
        text.withUTF8 { combine(text: UnsafeRawBufferPointer($0)) }
    }

    /// Adds a text, its kind and its length.
    mutating func combine(text: UnsafeRawBufferPointer) {
        combine(word: 0x5354)
        combine(text.count)
        var place = 0
        while place + 8 <= text.count {
            combine(word: UInt64(littleEndian: text.loadUnaligned(fromByteOffset: place, as: UInt64.self)))
            place += 8
        }
        if place == text.count { return }
        var last: UInt64 = 0
        for (i, byte) in text[place...].enumerated() { last |= UInt64(byte) << UInt64(8 * i) }
        combine(word: last)
    }

    /// Adds a value and its kind.
    mutating func combine(_ value: Value) {
        switch value {
        case .null: combine(word: 1)
        case .bool(let flag): combine(word: flag ? 3 : 2)
        case .integer(let number):
            combine(word: 4)
            combine(number)
        case .number(let number):
            combine(word: 5)
            combine(word: number.bitPattern)
        case .string(let text): combine(text)
        case .list(let values):
            combine(word: 6)
            combine(values.count)
            for element in values { combine(element) }
        case .object(let fields):
            combine(word: 7)
            combine(fields.count)
            for (name, field) in fields.sorted(by: { $0.key < $1.key }) {
                combine(name)
                combine(field)
            }
        }
    }
}
