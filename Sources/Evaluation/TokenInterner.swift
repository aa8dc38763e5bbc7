/// Gives equal byte strings equal numbers: 0, 1, 2, … in order of first appearance.
struct TokenInterner {
    private var bytes: [UInt8] = []
    private var ends: [Int] = []
    private var hashes: [UInt64] = []
    /// Open addressing with linear probing; -1 is a free slot, the length a power of two.
    private var slots = [Int32](repeating: -1, count: 1 << 12)

    /// How many different byte strings there are.
    var count: Int { ends.count }

    /// The number of a byte string.
    mutating func intern(_ token: UnsafeBufferPointer<UInt8>) -> Int32 {
        let hash = Self.hash(token)
        var slot = Int(truncatingIfNeeded: hash) & (slots.count - 1)
        while slots[slot] >= 0 {
            let id = slots[slot]
            if hashes[Int(id)] == hash, isEqual(id, token) { return id }
            slot = (slot + 1) & (slots.count - 1)
        }
        let id = Int32(ends.count)
        slots[slot] = id
        bytes.append(contentsOf: token)
        ends.append(bytes.count)
        hashes.append(hash)
        if ends.count * 2 > slots.count { grow() }
        return id
    }

    private func isEqual(_ id: Int32, _ token: UnsafeBufferPointer<UInt8>) -> Bool {
        let start = id == 0 ? 0 : ends[Int(id) - 1]
        guard ends[Int(id)] - start == token.count else { return false }
        return bytes.withUnsafeBufferPointer { bytes in
            for i in 0..<token.count where bytes[start + i] != token[i] { return false }
            return true
        }
    }

    private mutating func grow() {
        slots = [Int32](repeating: -1, count: slots.count * 2)
        for (id, hash) in hashes.enumerated() {
            var slot = Int(truncatingIfNeeded: hash) & (slots.count - 1)
            while slots[slot] >= 0 { slot = (slot + 1) & (slots.count - 1) }
            slots[slot] = Int32(id)
        }
    }

    /// FNV-1a with a final mix: tokens are short.
    private static func hash(_ token: UnsafeBufferPointer<UInt8>) -> UInt64 {
        var hash: UInt64 = 0xCBF2_9CE4_8422_2325
        for byte in token { hash = (hash ^ UInt64(byte)) &* 0x0000_0100_0000_01B3 }
        return hash ^ (hash >> 32)
    }
}
