import LyceumKit
import LyceumText

/// Texts as a network reads them.
struct EncodedInputs {
    /// Token ids, ends included.
    var ids: [[Int]]
    /// By text, its words that have ids above the vocabulary; empty if the network does not copy.
    var words: [[String]]
    /// How many texts were cut.
    var cut: Int
}

extension Tokenizer {
    /// The ids of many texts, ends included, and how many texts were cut to `limit` ids.
    func encodeInputs(_ texts: [String], limit: Int, job: Job) throws -> (ids: [[Int]], cut: Int) {
        // One id more than allowed shows that a text is too long.
        let all = try encodeBatch(texts, addEOS: true, maximumLength: max(1, limit) + 1, job: job)
        var cut = 0
        let ids = all.map { ids in
            guard ids.count > limit else { return ids }
            cut += 1
            return ids.prefix(max(0, limit - 1)) + [eosID]
        }
        try checkRows(ids, of: texts)
        return (ids, cut)
    }

    /// The same for a network that may copy.
    ///
    /// - Parameter copies: whether words outside the vocabulary get ids of their own, where the tokenizer can.
    func encodeInputs(_ texts: [String], limit: Int, copies: Bool, job: Job) throws -> EncodedInputs {
        guard copies, let copying = self as? any CopyingTokenizer else {
            let (ids, cut) = try encodeInputs(texts, limit: limit, job: job)
            return EncodedInputs(ids: ids, words: texts.map { _ in [] }, cut: cut)
        }
        let all = try Parallel.map(texts, job: job) {
            try copying.encodeSource($0, maximumLength: max(1, limit))
        }
        return EncodedInputs(
            ids: all.map(\.ids), words: all.map(\.words), cut: all.reduce(0) { $0 + ($1.isCut ? 1 : 0) })
    }

    /// The ids of many texts that are written about `inputs`, cut to `limit`.
    func encodeTargets(_ texts: [String], of inputs: EncodedInputs, limit: Int, job: Job) throws -> [[Int]] {
        guard let copying = self as? any CopyingTokenizer, inputs.words.contains(where: { !$0.isEmpty })
        else {
            let ids = try encodeBatch(texts, addEOS: true, maximumLength: limit, job: job)
            try checkRows(ids, of: texts)
            return ids
        }
        return try Parallel.map(Array(zip(texts, inputs.words)), job: job) { text, words in
            try copying.encodeTarget(text, words: words, maximumLength: limit)
        }
    }
}

extension Tokenizer {
    /// The text of generated tokens, special ones left out.
    ///
    /// - Parameter words: what the ids above the vocabulary stand for.
    func spell(_ ids: [Int], words: [String]) throws -> String {
        // A network may have more rows than the vocabulary has pieces; such ids spell nothing.
        let known = ids.filter { $0 < vocabularySize + words.count }
        return try (self as? any CopyingTokenizer)?.decode(known, words: words)
            ?? decode(known, skipSpecialTokens: true)
    }
}

extension Job {
    /// Says how many inputs were too long.
    ///
    /// - Parameters:
    ///   - cut: how many; nothing is said of none.
    ///   - count: of how many.
    ///   - positions: the model's, if they and no option set the limit.
    func noteCut(_ cut: Int, of count: Int, limit: Int, positions: Int?) {
        guard cut > 0 else { return }
        let reason = limit == positions ? "the positions that the model has" : "max_source_length"
        note("\(cut) of \(count) inputs were longer than \(limit) tokens, \(reason), and were cut")
    }
}
