import LyceumKit
import LyceumText

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
        return (ids, cut)
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
