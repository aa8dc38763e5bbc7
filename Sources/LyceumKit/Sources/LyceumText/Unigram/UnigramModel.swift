import LyceumKit

/// The unigram language model: of all ways to cut a word into pieces the most probable.
///
/// Source: Kudo, "Subword Regularization" (2018); the search is that of tokenizers' `Unigram::encode_optimized`,
/// down to the order in which equal scores win.
struct UnigramModel: Sendable {
    /// How much less probable than the least probable piece an unknown character is, in log probability.
    private static let unknownPenalty = 10.0

    /// The log probability of every piece, by id; what cannot be met has none.
    private let scores: [Double]
    private let trie: ByteTrie
    private let unknown: Int32?
    private let unknownScore: Double
    private let byteIDs: [Int32]?
    private let isSinglePrecision: Bool

    /// Makes a model.
    ///
    /// - Parameters:
    ///   - entries: the pieces that a text may be cut into, with their ids and log probabilities; of two with
    ///     the same text the later counts.
    ///   - lowestScore: the least log probability.
    ///   - unknown: the id of what the pieces cannot spell.
    ///   - byteIDs: the ids of the 256 bytes, if what cannot be spelt is written in bytes.
    ///   - isSinglePrecision: whether scores are added up in 32 bits, as sentencepiece does. It decides between
    ///     ways that are equally probable ("w" + "ww", "ww" + "w").
    init(
        entries: [(bytes: [UInt8], id: Int, score: Double)], lowestScore: Double, unknown: Int?,
        byteIDs: [Int32]? = nil, isSinglePrecision: Bool = false
    ) {
        self.isSinglePrecision = isSinglePrecision
        var scores = [Double](repeating: 0, count: (entries.map(\.id).max() ?? -1) + 1)
        for entry in entries { scores[entry.id] = entry.score }
        self.scores = scores
        trie = ByteTrie(entries.map { ($0.bytes, Int32($0.id)) })
        self.unknown = unknown.map { Int32($0) }
        self.byteIDs = byteIDs
        unknownScore = lowestScore - Self.unknownPenalty
    }

    /// Appends the ids of a word, from memory if it was met before.
    ///
    /// - Throws: `LyceumError.failed` for a character that no piece spells, if the model has no unknown piece.
    func append(_ word: UnsafeBufferPointer<UInt8>, scratch: UnigramScratch, to ids: inout [Int]) throws {
        if scratch.cache.append(word, to: &ids) { return }
        try cut(word, scratch)
        scratch.cache.remember(word, scratch.found)
        for id in scratch.found { ids.append(Int(id)) }
    }

    /// Cuts a text into pieces; their ids are then in `scratch.found`.
    ///
    /// - Throws: `LyceumError.failed` for a character that no piece spells, if the model has no unknown piece.
    func cut(_ text: UnsafeBufferPointer<UInt8>, _ scratch: UnigramScratch) throws {
        findPath(text, &scratch.path)
        scratch.found.removeAll(keepingCapacity: true)
        var end = text.count
        var isAfterUnknown = false
        while end > 0 {
            let step = scratch.path[end]
            let isUnknown = step.id < 0 || step.id == unknown
            if !isUnknown {
                scratch.found.append(step.id)
            } else if let byteIDs {
                for byte in text[step.start..<end].reversed() { scratch.found.append(byteIDs[Int(byte)]) }
            } else if !isAfterUnknown {
                guard let unknown else {
                    throw LyceumError.failed(
                        "the vocabulary cannot spell '\(String(decoding: text, as: UTF8.self))'",
                        remedy: "it has no piece for what is unknown: use another tokenizer.json")
                }
                // Neighbouring unknown characters are one unknown piece.
                scratch.found.append(unknown)
            }
            isAfterUnknown = isUnknown
            end = step.start
        }
        scratch.found.reverse()
    }

    /// The best way to every position of a text: Viterbi, forward.
    private func findPath(_ text: UnsafeBufferPointer<UInt8>, _ path: inout [UnigramScratch.Step]) {
        path.removeAll(keepingCapacity: true)
        path.append(contentsOf: repeatElement(UnigramScratch.Step(), count: text.count + 1))
        var start = 0
        while start < text.count {
            let score = path[start].score
            let length = UTF8Text.scalar(in: text, at: start).length
            var isSpelt = false
            trie.forEachPrefix(of: text, at: start) { pieceLength, id in
                isSpelt = isSpelt || pieceLength == length
                path[start + pieceLength].improve(sum(score, scores[Int(id)]), id: id, start: start)
            }
            if !isSpelt { path[start + length].improve(sum(score, unknownScore), id: -1, start: start) }
            start += length
        }
    }

    /// The sum of two scores in the precision of the model.
    @inline(__always)
    private func sum(_ a: Double, _ b: Double) -> Double {
        isSinglePrecision ? Double(Float(a + b)) : a + b
    }
}

/// What encoding a text needs for a while: buffers, and the words it met.
///
/// Used by one thread at a time; `ScratchPool` sees to it.
final class UnigramScratch: @unchecked Sendable {
    /// The best piece that ends at a position.
    struct Step {
        var score = 0.0
        /// -1 for what is unknown.
        var id: Int32 = -1
        /// Where the piece begins; -1 as long as there is none.
        var start = -1

        mutating func improve(_ score: Double, id: Int32, start: Int) {
            guard self.start < 0 || score > self.score else { return }
            (self.score, self.id, self.start) = (score, id, start)
        }
    }

    var cache = WordCache()
    var path: [Step] = []
    var found: [Int32] = []
}
