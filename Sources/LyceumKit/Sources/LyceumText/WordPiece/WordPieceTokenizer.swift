import LyceumKit

/// BERT's tokenizer: words are cut at white space and punctuation and spelt in pieces; `[CLS]` and `[SEP]` frame a
/// text.
///
/// Source: Devlin et al., "BERT" (2019). Ids equal those of Hugging Face's `BertTokenizerFast`.
public final class WordPieceTokenizer: Tokenizer {
    /// The text of every piece, by id; "##" marks those inside a word.
    public let pieces: [String]
    /// The id of `[PAD]`.
    public let padID: Int
    /// The id of `[SEP]`, which ends a text.
    public let eosID: Int
    /// The id of `[UNK]`.
    public let unkID: Int
    let content: WordPieceContent
    private let added: AddedTokens
    private let pool = ScratchPool { Scratch() }

    private final class Scratch: @unchecked Sendable {
        // Used by one call at a time: see `ScratchPool`.
        var cache = WordCache()
    }

    init(_ content: WordPieceContent) throws {
        self.content = content
        pieces = content.pieces
        (padID, eosID, unkID) = (try content.id(.pad), try content.id(.sep), content.model.unknown)
        added = AddedTokens(content.addedTokens, count: pieces.count) { content.normalizer.apply(to: $0) }
    }

    /// The ids of a text; added tokens in it ("[MASK]") are found.
    ///
    /// - Parameters:
    ///   - text: any text.
    ///   - addEOS: whether the text is framed, as BERT reads it: `[CLS]` before, `[SEP]` behind.
    public func encode(_ text: String, addEOS: Bool) throws -> [Int] {
        var text = text
        return text.withUTF8 { utf8 in
            var ids = addEOS ? content.prefix : []
            ids.reserveCapacity(utf8.count / 4 + 8)
            pool.withScratch { scratch in
                added.forEachStretch(of: utf8, to: &ids) { appendWords(of: $0, scratch, to: &$1) }
            }
            return addEOS ? ids + content.suffix : ids
        }
    }

    private func appendWords(
        of text: UnsafeBufferPointer<UInt8>, _ scratch: Scratch, to ids: inout [Int]
    ) {
        var words = BertWords(text)
        while let range = words.next() {
            let word = UnsafeBufferPointer(rebasing: text[range])
            if scratch.cache.append(word, to: &ids) { continue }
            let start = ids.count
            content.model.append(word, to: &ids)
            scratch.cache.remember(word, ids[start...].lazy.map { Int32(truncatingIfNeeded: $0) })
        }
    }

    /// The text of ids: pieces inside a word joined, words with a space between.
    public func decode(_ ids: [Int], skipSpecialTokens: Bool) throws -> String {
        try checkIDs(ids)
        // By bytes: to Swift an accent behind the mark is part of its last character.
        let mark = Array(content.model.continuation.utf8)
        let shown = ids.filter { !(skipSpecialTokens && added.isSpecial($0)) }
        var text = ""
        for (place, id) in shown.enumerated() {
            var piece = pieces[id]
            if place > 0 {
                piece =
                    piece.utf8.starts(with: mark)
                    ? String(Substring(piece.utf8.dropFirst(mark.count))) : " " + piece
            }
            text += content.cleansUpPieces ? SpaceCleanup.apply(to: piece) : piece
        }
        return content.configuration.cleansUpSpaces ? SpaceCleanup.apply(to: text) : text
    }
}
