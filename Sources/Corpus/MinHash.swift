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
            words.append(FNV1a.hash(word))
        }
        if words.isEmpty { return [] }
        let length = min(shingleLength, words.count)
        var shingles = (0...(words.count - length)).map { start in
            words[start..<(start + length)].reduce(FNV1a.basis) {
                SplitMix64.mixed(($0 ^ $1) &+ SplitMix64.increment)
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

    private static let factors = (0..<size).map { SplitMix64.mixed(UInt64($0) &+ 1) | 1 }
    private static let terms = (0..<size).map { SplitMix64.mixed(UInt64($0) &+ 0x1_0000) }
}
