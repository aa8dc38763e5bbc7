import LyceumKit

/// Counts the n-grams that two texts have in common; an n-gram of small numbers is one number of 64 bits.
struct GramTable {
    /// The bits of a number that n-grams are made of; numbers are not 0.
    private let bits: UInt64
    /// The longest n-gram that fits.
    let longest: Int

    private var keys: [UInt64] = []
    private var counts: [Int32] = []
    private var targets: [UInt64] = []
    private var others: [UInt64] = []

    init(bits: Int) {
        self.bits = UInt64(max(1, bits))
        longest = 64 / max(1, bits)
    }

    /// For every n from 1 on, how many n-grams both have, each as often as both have it.
    mutating func matches(_ reference: [UInt64], _ prediction: [UInt64], upTo largest: Int) -> [Int] {
        targets = reference
        others = prediction
        var size = 64
        while size < 2 * reference.count { size *= 2 }
        if keys.count < size {
            keys = [UInt64](repeating: 0, count: size)
            counts = [Int32](repeating: 0, count: size)
        }
        var result: [Int] = []
        result.reserveCapacity(largest)
        for n in 1...max(1, largest) {
            if n > 1 {
                Self.extend(&targets, by: reference, n, bits)
                Self.extend(&others, by: prediction, n, bits)
            }
            result.append(match(size))
        }
        return result
    }

    /// Makes n-grams of (n - 1)-grams, in place.
    private static func extend(
        _ grams: inout [UInt64], by characters: [UInt64], _ n: Int, _ bits: UInt64
    ) {
        let count = max(0, characters.count - n + 1)
        if grams.count > count { grams.removeLast(grams.count - count) }
        characters.withUnsafeBufferPointer { characters in
            grams.withUnsafeMutableBufferPointer { grams in
                for i in 0..<count { grams[i] = grams[i] << bits | characters[i + n - 1] }
            }
        }
    }

    private mutating func match(_ size: Int) -> Int {
        if targets.isEmpty || others.isEmpty { return 0 }
        let mask = size - 1
        var matches = 0
        keys.withUnsafeMutableBufferPointer { keys in
            counts.withUnsafeMutableBufferPointer { counts in
                for slot in 0..<size { keys[slot] = 0 }
                targets.withUnsafeBufferPointer { targets in
                    for key in targets {
                        var slot = Self.slot(key) & mask
                        while keys[slot] != 0, keys[slot] != key { slot = (slot + 1) & mask }
                        if keys[slot] == 0 {
                            keys[slot] = key
                            counts[slot] = 1
                        } else {
                            counts[slot] += 1
                        }
                    }
                }
                others.withUnsafeBufferPointer { others in
                    for key in others {
                        var slot = Self.slot(key) & mask
                        while keys[slot] != 0, keys[slot] != key { slot = (slot + 1) & mask }
                        if keys[slot] != 0, counts[slot] > 0 {
                            counts[slot] -= 1
                            matches += 1
                        }
                    }
                }
            }
        }
        return matches
    }

    @inline(__always)
    private static func slot(_ key: UInt64) -> Int {
        Int(truncatingIfNeeded: (key &* SplitMix64.increment) >> 32)
    }
}
