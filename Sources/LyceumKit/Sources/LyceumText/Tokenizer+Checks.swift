import LyceumKit

extension Tokenizer {
    /// Refuses ids that no piece has.
    ///
    /// - Throws: `LyceumError.invalid` that says which.
    func checkIDs(_ ids: [Int]) throws {
        for (position, id) in ids.enumerated() where !pieces.indices.contains(id) {
            throw LyceumError.invalid(
                "token \(position + 1) of \(ids.count)", expected: "an id from 0 to \(pieces.count - 1)",
                got: String(id), remedy: nil)
        }
    }
}
