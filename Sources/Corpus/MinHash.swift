import LyceumKit

/// Short signatures of texts, of which the share of equal places estimates how alike the texts are.
///
/// Sources: Broder, "On the resemblance and containment of documents" (1997); Leskovec, Rajaraman and Ullman,
/// "Mining of Massive Datasets", chapter 3, for the bands.
struct MinHash: Sendable {
    /// Places of a signature.
    static let size = 128
    /// How many words make a shingle.
    let shingleLength: Int

    /// The hashes of a text's shingles, sorted, each once: runs of so many words (see `Words`). A text of fewer words
    /// is one shingle, and so is one without words, as it stands.
    func shingles(_ text: UnsafeBufferPointer<UInt8>) -> [UInt64] {
        var words: [UInt64] = []
        Words.forEachCompared(in: text) { word in
            var hash = Self.seed
            for byte in word { hash = (hash ^ UInt64(byte)) &* 0x0000_0100_0000_01B3 }
            words.append(hash)
        }
        if words.isEmpty { return [] }
        let length = min(shingleLength, words.count)
        var shingles = (0...(words.count - length)).map { start in
            words[start..<(start + length)].reduce(Self.seed) {
                Self.mixed(($0 ^ $1) &+ 0x9E37_79B9_7F4A_7C15)
            }
        }
        shingles.sort()
        var last: UInt64?
        shingles.removeAll { shingle in
            defer { last = shingle }
            return shingle == last
        }
        return shingles
    }

    /// For each of `size` hash functions, the least hash of any shingle.
    static func signature(of shingles: [UInt64]) -> [UInt32] {
        var least = [UInt32](repeating: .max, count: size)
        for shingle in shingles {
            for i in 0..<size {
                // Multiply-shift hashing with an odd factor (Dietzfelbinger 1997).
                let value = UInt32(truncatingIfNeeded: (shingle &* factors[i] &+ terms[i]) >> 32)
                if value < least[i] { least[i] = value }
            }
        }
        return least
    }

    /// The share of common shingles among all of two texts, exactly: |A ∩ B| / |A ∪ B|; 1 for two empty ones.
    static func similarity(_ a: [UInt64], _ b: [UInt64]) -> Double {
        var (i, j, common) = (0, 0, 0)
        while i < a.count, j < b.count {
            if a[i] == b[j] {
                common += 1
                i += 1
                j += 1
            } else if a[i] < b[j] {
                i += 1
            } else {
                j += 1
            }
        }
        let all = a.count + b.count - common
        return all == 0 ? 1 : Double(common) / Double(all)
    }

    /// How many places of a signature make a band, so that of pairs as alike as the threshold few miss each
    /// other in every band: the longest that finds 99 %.
    static func bandLength(threshold: Double) -> Int {
        var best = 1
        for length in 1...size {
            var missesAll = 1.0
            var allEqual = 1.0
            for _ in 0..<length { allEqual *= threshold }
            for _ in 0..<(size / length) { missesAll *= 1 - allEqual }
            if missesAll <= 0.01 { best = length }
        }
        return best
    }

    private static let seed: UInt64 = 0xCBF2_9CE4_8422_2325
    private static let factors = (0..<size).map { mixed(UInt64($0) &+ 1) | 1 }
    private static let terms = (0..<size).map { mixed(UInt64($0) &+ 0x1_0000) }

    /// The finaliser of SplitMix64.
    private static func mixed(_ value: UInt64) -> UInt64 {
        var z = value
        z = (z ^ (z >> 30)) &* 0xBF58_476D_1CE4_E5B9
        z = (z ^ (z >> 27)) &* 0x94D0_49BB_1331_11EB
        return z ^ (z >> 31)
    }
}
