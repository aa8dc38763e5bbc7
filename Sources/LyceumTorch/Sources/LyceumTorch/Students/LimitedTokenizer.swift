import LyceumKit
import LyceumText

/// A tokenizer that knows more pieces than its network has rows: a text is refused only if it uses one of those.
///
/// Checkpoints come like this when pieces were added to the tokenizer and the table was not made larger.
final class LimitedTokenizer: Tokenizer {
    private let inner: any Tokenizer
    /// The rows of the network's table.
    let rows: Int

    init(_ inner: any Tokenizer, rows: Int) {
        self.inner = inner
        self.rows = rows
    }

    var pieces: [String] { inner.pieces }
    var padID: Int { inner.padID }
    var eosID: Int { inner.eosID }
    var unkID: Int { inner.unkID }

    func encode(_ text: String, addEOS: Bool) throws -> [Int] { try inner.encode(text, addEOS: addEOS) }

    func decode(_ ids: [Int], skipSpecialTokens: Bool) throws -> String {
        try inner.decode(ids, skipSpecialTokens: skipSpecialTokens)
    }

    func save(to folder: String) throws { try inner.save(to: folder) }
}

extension Tokenizer {
    /// Refuses a text with an id that the network has no row for.
    ///
    /// - Parameter encoded: what `texts` became, after they were cut.
    /// - Throws: `LyceumError.invalid` that names the piece and the text.
    func checkRows(_ encoded: [[Int]], of texts: [String]) throws {
        guard let rows = (self as? LimitedTokenizer)?.rows else { return }
        for (ids, text) in zip(encoded, texts) {
            guard let id = ids.first(where: { $0 >= rows }) else { continue }
            let piece = pieces.indices.contains(id) ? pieces[id] : "?"
            throw LyceumError.invalid(
                "the text '\(text.prefix(60))\(text.count > 60 ? "…" : "")'",
                expected: "pieces that the network has rows for (ids below \(rows))",
                got: "'\(piece)' (id \(id))",
                remedy:
                    "the checkpoint's tokenizer knows more pieces than its weights; take the piece out of the text"
            )
        }
    }
}
