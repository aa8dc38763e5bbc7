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
        /// The words in which it was found.
        let words: [Int32]

        static func < (a: Candidate, b: Candidate) -> Bool {
            a.count != b.count ? a.count > b.count : a.pair < b.pair
        }
        static func == (a: Candidate, b: Candidate) -> Bool { a.count == b.count && a.pair == b.pair }
    }

    /// The text of every piece; special tokens and single characters first.
    private(set) var pieces: [String]
    private var ids: [String: Int32]
    private var merges: [BytePairModel.Merge] = []
    private var words: [[Int32]]
    private let counts: [Int]
    private var pairCounts: [UInt64: Int] = [:]
    private var queue = BinaryHeap<Candidate>()
    private let join: (String, String) -> String

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
        self.words = words
        self.counts = counts
        self.join = join
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
        countPairs()
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
            apply(merge, to: top.words)
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

    private mutating func countPairs() {
        var found: [UInt64: [Int32]] = [:]
        for (number, word) in words.enumerated() {
            for (left, right) in zip(word, word.dropFirst()) {
                note(PairTable.key(left, right), counts[number], in: number, &found)
            }
        }
        offer(found)
    }

    /// Counts a pair and remembers the word it was found in.
    private mutating func note(
        _ pair: UInt64, _ count: Int, in word: Int, _ found: inout [UInt64: [Int32]]
    ) {
        pairCounts[pair, default: 0] += count
        guard count > 0 else { return }
        let number = Int32(truncatingIfNeeded: word)
        if found[pair]?.last != number { found[pair, default: []].append(number) }
    }

    private mutating func offer(_ found: [UInt64: [Int32]]) {
        for (pair, words) in found {
            let count = pairCounts[pair] ?? 0
            if count > 0 { queue.insert(Candidate(count: count, pair: pair, words: words)) }
        }
    }

    /// Merges a pair in words and counts the pairs that come and go.
    private mutating func apply(_ merge: BytePairModel.Merge, to numbers: [Int32]) {
        var found: [UInt64: [Int32]] = [:]
        for number in numbers.map({ Int($0) }) {
            let count = counts[number]
            let word = words[number]
            var merged: [Int32] = []
            merged.reserveCapacity(word.count)
            var position = 0
            while position < word.count {
                guard word[position] == merge.left, position + 1 < word.count,
                    word[position + 1] == merge.right
                else {
                    merged.append(word[position])
                    position += 1
                    continue
                }
                position += 2
                if let before = merged.last {
                    note(PairTable.key(before, merge.left), -count, in: number, &found)
                    note(PairTable.key(before, merge.result), count, in: number, &found)
                }
                if position < word.count {
                    note(PairTable.key(merge.right, word[position]), -count, in: number, &found)
                    note(PairTable.key(merge.result, word[position]), count, in: number, &found)
                }
                merged.append(merge.result)
            }
            words[number] = merged
        }
        offer(found)
    }
}
