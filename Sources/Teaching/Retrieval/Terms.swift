/// Numbers the words of a corpus: equal words get equal numbers.
///
/// A word is a run of letters and digits in lower case; a character of a script that is written without spaces
/// is a word of its own.
struct Terms: Sendable {
    /// How many different words there are.
    private(set) var count = 0
    /// The words' bytes, one after the other, and where each begins.
    private var bytes: [UInt8] = []
    private var starts: [Int] = [0]
    /// Open addressing: the number of a word plus one, or 0. Its size is a power of two.
    private var slots = [Int32](repeating: 0, count: 1 << 12)

    /// The numbers of a text's words in order; new words are added.
    mutating func adding(_ text: String) -> [Int32] {
        var found: [Int32] = []
        Self.words(of: text) { word in found.append(add(word)) }
        return found
    }

    /// The numbers of a text's words in order; words that are not known are left out.
    func known(in text: String) -> [Int32] {
        var found: [Int32] = []
        Self.words(of: text) { word in
            let slot = slot(of: word)
            if slots[slot] > 0 { found.append(slots[slot] - 1) }
        }
        return found
    }

    private mutating func add(_ word: UnsafeBufferPointer<UInt8>) -> Int32 {
        let place = slot(of: word)
        if slots[place] > 0 { return slots[place] - 1 }
        bytes.append(contentsOf: word)
        starts.append(bytes.count)
        count += 1
        slots[place] = Int32(truncatingIfNeeded: count)
        if count * 2 > slots.count { grow() }
        return Int32(truncatingIfNeeded: count - 1)
    }

    private mutating func grow() {
        slots = [Int32](repeating: 0, count: slots.count * 2)
        for number in 0..<count {
            let place = bytes[starts[number]..<starts[number + 1]].withUnsafeBufferPointer { slot(of: $0) }
            slots[place] = Int32(truncatingIfNeeded: number + 1)
        }
    }

    /// Where a word is, or would be.
    private func slot(of word: UnsafeBufferPointer<UInt8>) -> Int {
        // FNV-1a, mixed so that the low bits depend on all others.
        var hash: UInt64 = 0xCBF2_9CE4_8422_2325
        for byte in word { hash = (hash ^ UInt64(byte)) &* 0x100_0000_01B3 }
        let mask = slots.count - 1
        var place = Int(truncatingIfNeeded: hash ^ (hash >> 29)) & mask
        while slots[place] > 0, !isEqual(word, Int(slots[place]) - 1) { place = (place + 1) & mask }
        return place
    }

    private func isEqual(_ word: UnsafeBufferPointer<UInt8>, _ number: Int) -> Bool {
        let start = starts[number]
        guard starts[number + 1] - start == word.count else { return false }
        for i in 0..<word.count where bytes[start + i] != word[i] { return false }
        return true
    }

    /// Calls `body` with each word of a text.
    private static func words(of text: String, _ body: (UnsafeBufferPointer<UInt8>) -> Void) {
        // Most texts are ASCII, where lower case is one bit.
        var spaced = text.utf8.allSatisfy { $0 < 0x80 } ? Array(text.utf8) : folded(text)
        for i in spaced.indices {
            let byte = spaced[i]
            if (0x41...0x5A).contains(byte) {
                spaced[i] = byte | 0x20
            } else if byte < 0x80, !(0x61...0x7A).contains(byte), !(0x30...0x39).contains(byte) {
                spaced[i] = 0x20
            }
        }
        spaced.withUnsafeBufferPointer { buffer in
            var start = 0
            for i in 0...buffer.count where i == buffer.count || buffer[i] == 0x20 {
                if i > start { body(UnsafeBufferPointer(rebasing: buffer[start..<i])) }
                start = i + 1
            }
        }
    }

    /// The text in lower case, everything that is no letter, digit or mark replaced by a space.
    private static func folded(_ text: String) -> [UInt8] {
        var folded: [UInt8] = []
        for scalar in text.lowercased().unicodeScalars {
            let properties = scalar.properties
            let isWord =
                properties.isAlphabetic || properties.numericType != nil
                || properties.canonicalCombiningClass != .notReordered
            let standsAlone = isWord && isWrittenWithoutSpaces(scalar)
            if standsAlone || !isWord { folded.append(0x20) }
            if isWord { folded.append(contentsOf: UTF8.encode(scalar) ?? UTF8.encodedReplacementCharacter) }
            if standsAlone { folded.append(0x20) }
        }
        return folded
    }

    /// Han, kana, Thai, Lao, Khmer, Burmese.
    private static func isWrittenWithoutSpaces(_ scalar: Unicode.Scalar) -> Bool {
        switch scalar.value {
        case 0x0E00...0x0EFF, 0x1000...0x109F, 0x1780...0x17FF, 0x2E80...0x31FF, 0x3400...0x9FFF,
            0xF900...0xFAFF, 0x20000...0x3FFFF:
            return true
        default: return false
        }
    }
}
