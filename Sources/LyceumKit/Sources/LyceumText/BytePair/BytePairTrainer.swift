import LyceumKit

/// Learns merges from counted words: again and again the most frequent pair becomes a piece.
///
/// Source: Sennrich et al. (2016); of equally frequent pairs the one of smaller ids comes first, as in
/// tokenizers' `BpeTrainer`, so that both learn the same.
struct BytePairTrainer {
    /// A pair that waits to be merged. The most frequent is the smallest.
    private struct Candidate: Comparable {
        var count: Int
        let pair: UInt64
        /// Where its first pieces were when it was found, in order.
        let places: [Int32]

        static func < (a: Candidate, b: Candidate) -> Bool {
            a.count != b.count ? a.count > b.count : a.pair < b.pair
        }
        static func == (a: Candidate, b: Candidate) -> Bool { a.count == b.count && a.pair == b.pair }
    }

    /// The text of every piece; special tokens and single characters first.
    private(set) var pieces: [String]
    private var ids: [String: Int32]
    private var merges: [BytePairModel.Merge] = []
    /// The pieces of all words, one after the other; `gone` where a piece has become part of the one before it.
    private var symbols: [Int32] = []
    /// The places of the pieces after and before, in the same word; -1 at its ends.
    private var next: [Int32] = []
    private var previous: [Int32] = []
    /// By place, how often its word was met.
    private var counts: [Int] = []
    private var pairCounts: [UInt64: Int] = [:]
    private var queue = BinaryHeap<Candidate>()
    private let join: (String, String) -> String
    private static let gone: Int32 = -1
    /// So many places are looked at between two looks at the job.
    private static let stride = 1 << 16

    /// Starts from words that are spelt in pieces.
    ///
    /// - Parameters:
    ///   - pieces: the first of the vocabulary, by id; all different.
    ///   - words: different words, in ids.
    ///   - counts: how often each was met.
    ///   - join: the text of the piece that two make.
    init(
        pieces: [String], words: [[Int32]], counts: [Int], join: @escaping (String, String) -> String
    ) {
        self.pieces = pieces
        self.join = join
        for (word, count) in zip(words, counts) {
            let start = symbols.count
            symbols += word
            previous += word.indices.map { $0 == 0 ? -1 : Int32(truncatingIfNeeded: start + $0 - 1) }
            next += word.indices.map {
                $0 == word.count - 1 ? -1 : Int32(truncatingIfNeeded: start + $0 + 1)
            }
            self.counts += repeatElement(count, count: word.count)
        }
        ids = Dictionary(pieces.enumerated().map { ($1, Int32($0)) }, uniquingKeysWith: { first, _ in first })
    }

    /// Starts from words, each spelt in single bytes.
    ///
    /// - Parameters:
    ///   - words: different words.
    ///   - counts: how often each was met.
    ///   - specialTokens: take the first ids.
    init(words: ByteStringTable, counts: [Int], specialTokens: [String]) {
        var pieces = specialTokens
        // In the order of the characters, not of the bytes.
        let alphabet = ByteAlphabet.scalars.enumerated().sorted { $0.element < $1.element }
        var byteIDs = [Int32](repeating: 0, count: 256)
        for (byte, scalar) in alphabet {
            byteIDs[byte] = Int32(pieces.count)
            pieces.append(String(scalar))
        }
        self.init(
            pieces: pieces, words: (0..<words.count).map { words[$0].map { byteIDs[Int($0)] } },
            counts: counts,
            join: +)
    }

    /// Learns until there are enough pieces or no pair is frequent enough.
    ///
    /// - Returns: the merges in their order.
    /// - Throws: `LyceumError.cancelled`.
    mutating func learn(size: Int, minimumFrequency: Int, job: Job) throws -> [BytePairModel.Merge] {
        try countPairs(job)
        while pieces.count < size, var top = queue.popMin() {
            let current = pairCounts[top.pair] ?? 0
            guard top.count == current else {
                top.count = current
                queue.insert(top)
                continue
            }
            if current < max(1, minimumFrequency) { break }
            try job.checkCancelled()
            let left = Int32(truncatingIfNeeded: top.pair >> 32)
            let right = Int32(truncatingIfNeeded: top.pair & 0xFFFF_FFFF)
            let merge = BytePairModel.Merge(left: left, right: right, result: makePiece(left, right))
            merges.append(merge)
            try apply(merge, at: top.places, job)
            if merges.count % 64 == 0 { job.update(done: pieces.count, of: size, unit: "pieces") }
        }
        return merges
    }

    /// The id of the piece that two make, which may exist already.
    private mutating func makePiece(_ left: Int32, _ right: Int32) -> Int32 {
        let text = join(pieces[Int(left)], pieces[Int(right)])
        if let id = ids[text] { return id }
        ids[text] = Int32(pieces.count)
        pieces.append(text)
        return Int32(pieces.count - 1)
    }

    private mutating func countPairs(_ job: Job) throws {
        var found: [UInt64: [Int32]] = [:]
        for place in symbols.indices {
            if place % Self.stride == 0 { try job.checkCancelled() }
            note(place, counts[place], &found)
        }
        offer(found)
    }

    /// Counts the pair that begins at a place, if one does, and remembers the place.
    private mutating func note(_ place: Int, _ count: Int, _ found: inout [UInt64: [Int32]]) {
        let after = Int(next[place])
        guard after >= 0 else { return }
        let pair = PairTable.key(symbols[place], symbols[after])
        pairCounts[pair, default: 0] += count
        if count > 0 { found[pair, default: []].append(Int32(truncatingIfNeeded: place)) }
    }

    private mutating func offer(_ found: [UInt64: [Int32]]) {
        for (pair, places) in found {
            let count = pairCounts[pair] ?? 0
            if count > 0 { queue.insert(Candidate(count: count, pair: pair, places: places)) }
        }
    }

    /// Merges a pair wherever it still stands, and counts the pairs that come and go: the work is that of the places, not
    /// of the words' lengths.
    private mutating func apply(_ merge: BytePairModel.Merge, at places: [Int32], _ job: Job) throws {
        var found: [UInt64: [Int32]] = [:]
        for (number, place) in places.lazy.map({ Int($0) }).enumerated() {
            if number % Self.stride == Self.stride - 1 { try job.checkCancelled() }
            let right = Int(next[place])
            guard symbols[place] == merge.left, right >= 0, symbols[right] == merge.right else { continue }
            let count = counts[place]
            let (before, after) = (Int(previous[place]), Int(next[right]))
            if before >= 0 { note(before, -count, &found) }
            note(right, -count, &found)
            symbols[place] = merge.result
            symbols[right] = Self.gone
            next[place] = Int32(truncatingIfNeeded: after)
            next[right] = -1
            if after >= 0 { previous[after] = Int32(truncatingIfNeeded: place) }
            if before >= 0 { note(before, count, &found) }
            note(place, count, &found)
        }
        offer(found)
    }
}
