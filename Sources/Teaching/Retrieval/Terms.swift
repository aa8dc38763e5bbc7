import LyceumKit

/// Numbers the words of a corpus: equal words get equal numbers.
///
/// A word is what `Words` says it is; a text without any is one word.
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
        let hash = FNV1a.hash(word)
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

    /// Calls `body` with each word of a text; with the whole text if it has none.
    private static func words(of text: String, _ body: (UnsafeBufferPointer<UInt8>) -> Void) {
        var text = text
        text.withUTF8 { Words.forEachCompared(in: $0, body) }
    }
}
