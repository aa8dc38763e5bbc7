import LyceumKit

/// Byte-pair encoding of words: pieces and the merges that build them.
///
/// Source: Sennrich et al., "Neural Machine Translation of Rare Words with Subword Units" (2016); ids equal
/// those of tokenizers' `BPE`.
struct BytePairModel: Sendable {
    /// Two pieces by their ids, and the piece they make.
    struct Merge: Sendable, Equatable {
        let left: Int32
        let right: Int32
        let result: Int32
    }

    /// The merges, the first to apply first.
    let merges: [Merge]
    private let ranks: PairTable
    /// The id of every byte's piece; -1 where the vocabulary has none.
    private let byteIDs: [Int32]
    /// What stands for a byte without a piece; nil leaves it out.
    let unknown: Int32?
    /// Whether neighbouring unknown bytes become one piece.
    let fusesUnknown: Bool

    /// Makes a model.
    ///
    /// - Parameters:
    ///   - byteIDs: the id of the piece of each of the 256 bytes; nil where there is none.
    ///   - merges: in the order in which they apply.
    ///   - unknown: what stands for a byte without a piece; nil leaves it out.
    ///   - fusesUnknown: whether neighbouring unknown bytes become one piece.
    init(byteIDs: [Int?], merges: [Merge], unknown: Int?, fusesUnknown: Bool) {
        self.byteIDs = byteIDs.map { Int32($0 ?? -1) }
        self.merges = merges
        self.unknown = unknown.map { Int32($0) }
        self.fusesUnknown = fusesUnknown
        var ranks = PairTable(capacity: merges.count)
        for (rank, merge) in merges.enumerated() {
            ranks.set(merge.left, merge.right, rank: UInt32(rank))
        }
        self.ranks = ranks
    }

    /// Appends the ids of a word.
    func append(_ word: UnsafeBufferPointer<UInt8>, scratch: BytePairScratch, to ids: inout [Int]) {
        if scratch.cache.append(word, to: &ids) { return }
        spell(word, into: &scratch.symbols)
        if scratch.symbols.count <= Self.longestScan {
            mergeByScanning(&scratch.symbols, &scratch.pairRanks)
        } else {
            mergeByQueue(&scratch.symbols, &scratch.queue)
        }
        scratch.cache.remember(word, scratch.symbols)
        for id in scratch.symbols { ids.append(Int(id)) }
    }

    /// The pieces of the single bytes.
    private func spell(_ word: UnsafeBufferPointer<UInt8>, into symbols: inout [Int32]) {
        symbols.removeAll(keepingCapacity: true)
        var isAfterUnknown = false
        for byte in word {
            let id = byteIDs[Int(byte)]
            if id >= 0 {
                symbols.append(id)
            } else if let unknown, !(isAfterUnknown && fusesUnknown) {
                symbols.append(unknown)
            }
            isAfterUnknown = id < 0
        }
    }

    /// Up to so many symbols, looking at every pair for each merge is faster than keeping a queue.
    private static let longestScan = 48

    /// Merges the pair of lowest rank, the leftmost first, until none is left.
    private func mergeByScanning(_ symbols: inout [Int32], _ pairRanks: inout [UInt32]) {
        pairRanks.removeAll(keepingCapacity: true)
        for i in symbols.indices.dropLast() { pairRanks.append(ranks.rank(symbols[i], symbols[i + 1])) }
        while true {
            var lowest = PairTable.none
            var place = 0
            for i in pairRanks.indices where pairRanks[i] < lowest { (lowest, place) = (pairRanks[i], i) }
            if lowest == PairTable.none { return }
            symbols[place] = merges[Int(lowest)].result
            symbols.remove(at: place + 1)
            pairRanks.remove(at: place)
            if place > 0 { pairRanks[place - 1] = ranks.rank(symbols[place - 1], symbols[place]) }
            if place < pairRanks.count {
                pairRanks[place] = ranks.rank(symbols[place], symbols[place + 1])
            }
        }
    }

    /// The same with a queue of pairs and a list of symbols: n log n for long words.
    private func mergeByQueue(_ symbols: inout [Int32], _ queue: inout BinaryHeap<UInt64>) {
        let count = symbols.count
        // A symbol is -1 once it has been merged into the one before it.
        var next = (1...count).map { Int32($0) }
        var previous = (-1..<(count - 1)).map { Int32($0) }
        queue.removeAll()
        func offer(_ left: Int, _ right: Int) {
            let rank = ranks.rank(symbols[left], symbols[right])
            if rank != PairTable.none { queue.insert(UInt64(rank) << 32 | UInt64(left)) }
        }
        for i in 0..<(count - 1) { offer(i, i + 1) }
        while let top = queue.popMin() {
            let left = Int(top & 0xFFFF_FFFF)
            let right = Int(next[left])
            let merge = merges[Int(top >> 32)]
            // The pair may be gone: one of the two was merged with its other neighbour.
            guard right < count, symbols[left] == merge.left, symbols[right] == merge.right else { continue }
            symbols[left] = merge.result
            symbols[right] = -1
            let after = Int(next[right])
            next[left] = Int32(after)
            if after < count {
                previous[after] = Int32(left)
                offer(left, after)
            }
            if previous[left] >= 0 { offer(Int(previous[left]), left) }
        }
        symbols.removeAll { $0 < 0 }
    }
}

/// What encoding a text needs for a while: buffers, and the words it met.
///
/// Used by one thread at a time; `ScratchPool` sees to it.
final class BytePairScratch: @unchecked Sendable {
    var cache = WordCache()
    var symbols: [Int32] = []
    var pairRanks: [UInt32] = []
    var queue = BinaryHeap<UInt64>()
}
