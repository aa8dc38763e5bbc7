/// The SHA-1 hash, by which CNN/DailyMail names its stories; not for secrets.
///
/// Source: FIPS 180-4.
enum SHA1 {
    /// The hash of a text's UTF-8 as 40 hexadecimal digits.
    static func hexadecimal(of text: String) -> String {
        var message = Array(text.utf8)
        let bits = UInt64(message.count) * 8
        message.append(0x80)
        while message.count % 64 != 56 { message.append(0) }
        for shift in stride(from: 56, through: 0, by: -8) {
            message.append(UInt8(truncatingIfNeeded: bits >> UInt64(shift)))
        }
        var state: [UInt32] = [0x6745_2301, 0xEFCD_AB89, 0x98BA_DCFE, 0x1032_5476, 0xC3D2_E1F0]
        for start in stride(from: 0, to: message.count, by: 64) {
            mix(message[start..<(start + 64)], into: &state)
        }
        return state.map { word in
            let digits = String(word, radix: 16)
            return String(repeating: "0", count: 8 - digits.count) + digits
        }.joined()
    }

    private static func mix(_ block: ArraySlice<UInt8>, into state: inout [UInt32]) {
        var words = stride(from: block.startIndex, to: block.endIndex, by: 4).map { i in
            block[i..<(i + 4)].reduce(UInt32(0)) { $0 << 8 | UInt32($1) }
        }
        for i in 16..<80 {
            words.append(rotate(words[i - 3] ^ words[i - 8] ^ words[i - 14] ^ words[i - 16], 1))
        }
        var (a, b, c, d, e) = (state[0], state[1], state[2], state[3], state[4])
        for (i, word) in words.enumerated() {
            let (choice, constant): (UInt32, UInt32)
            switch i {
            case ..<20: (choice, constant) = ((b & c) | (~b & d), 0x5A82_7999)
            case ..<40: (choice, constant) = (b ^ c ^ d, 0x6ED9_EBA1)
            case ..<60: (choice, constant) = ((b & c) | (b & d) | (c & d), 0x8F1B_BCDC)
            default: (choice, constant) = (b ^ c ^ d, 0xCA62_C1D6)
            }
            let next = rotate(a, 5) &+ choice &+ e &+ constant &+ word
            (a, b, c, d, e) = (next, a, rotate(b, 30), c, d)
        }
        for (i, word) in [a, b, c, d, e].enumerated() { state[i] = state[i] &+ word }
    }

    private static func rotate(_ word: UInt32, _ count: UInt32) -> UInt32 {
        (word << count) | (word >> (32 - count))
    }
}
