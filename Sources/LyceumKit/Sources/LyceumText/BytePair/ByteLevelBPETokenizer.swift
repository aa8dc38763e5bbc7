import LyceumKit

/// Byte-level byte-pair encoding with BART's conventions: no text is unknown, and `<s>` and `</s>` frame it.
///
/// Sources: Radford et al., "Language Models are Unsupervised Multitask Learners" (2019) for the encoding,
/// Lewis et al., "BART" (2019) for the frame. Ids equal those of Hugging Face's `BartTokenizerFast`.
public final class ByteLevelBPETokenizer: Tokenizer {
    /// The text of every piece, by id, in GPT-2's alphabet of bytes ("Ġthe" is " the").
    public let pieces: [String]
    /// The id of `<pad>`.
    public let padID: Int
    /// The id of `</s>`, which ends a text.
    public let eosID: Int
    /// The id of `<unk>`, which no text gives.
    public let unkID: Int
    /// The id of `<s>`, which begins a text.
    public let bosID: Int
    let content: BytePairContent
    private let added: AddedTokens
    /// What the pieces say, one after the other, and where each ends.
    private let bytes: [UInt8]
    private let ends: [Int]
    private let pool = ScratchPool { BytePairScratch() }

    init(_ content: BytePairContent) throws {
        self.content = content
        pieces = content.pieces
        (padID, eosID, unkID, bosID) = (
            try content.id(.pad), try content.id(.eos), try content.id(.unk), try content.id(.bos)
        )
        added = AddedTokens(content.addedTokens, count: pieces.count)
        var bytes: [UInt8] = []
        var ends: [Int] = []
        for piece in pieces {
            bytes += ByteAlphabet.bytes(of: piece) ?? Array(piece.utf8)
            ends.append(bytes.count)
        }
        self.bytes = bytes
        self.ends = ends
    }

    /// The ids of a text; added tokens in it ("<mask>") are found.
    ///
    /// - Parameters:
    ///   - text: any text.
    ///   - addEOS: whether the text is framed, as BART reads it: `<s>` before, `</s>` behind.
    public func encode(_ text: String, addEOS: Bool) throws -> [Int] {
        var text = text
        return try text.withUTF8 { utf8 in
            guard utf8.count < Int32.max else {
                throw LyceumError.invalid(
                    "text", expected: "less than 2 GB", got: "\(utf8.count) bytes", remedy: "cut it up")
            }
            var ids = addEOS ? content.prefix : []
            ids.reserveCapacity(utf8.count / 4 + 8)
            pool.withScratch { scratch in
                added.forEachStretch(of: utf8, to: &ids) { appendWords(of: $0, scratch, to: &$1) }
            }
            return addEOS ? ids + content.suffix : ids
        }
    }

    private func appendWords(
        of text: UnsafeBufferPointer<UInt8>, _ scratch: BytePairScratch, to ids: inout [Int]
    ) {
        if content.addsPrefixSpace, text.first != 0x20 {
            return ([0x20] + text).withUnsafeBufferPointer {
                appendWords(ofPrepared: $0, scratch, to: &ids)
            }
        }
        appendWords(ofPrepared: text, scratch, to: &ids)
    }

    private func appendWords(
        ofPrepared text: UnsafeBufferPointer<UInt8>, _ scratch: BytePairScratch, to ids: inout [Int]
    ) {
        guard content.splitsWords else { return content.model.append(text, scratch: scratch, to: &ids) }
        var words = GPT2Words(text)
        while let word = words.next() {
            content.model.append(UnsafeBufferPointer(rebasing: text[word]), scratch: scratch, to: &ids)
        }
    }

    /// The text of ids; bytes that are not UTF-8 become U+FFFD.
    public func decode(_ ids: [Int], skipSpecialTokens: Bool) throws -> String {
        try checkIDs(ids)
        var text: [UInt8] = []
        for id in ids where !(skipSpecialTokens && added.isSpecial(id)) {
            text += bytes[(id > 0 ? ends[id - 1] : 0)..<ends[id]]
        }
        let decoded = String(decoding: text, as: UTF8.self)
        return content.configuration.cleansUpSpaces ? SpaceCleanup.apply(to: decoded) : decoded
    }
}
