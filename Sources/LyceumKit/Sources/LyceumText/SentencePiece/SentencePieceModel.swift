import LyceumKit

/// A SentencePiece unigram model, read and applied without the reference library.
///
/// Ids are those of sentencepiece 0.2. The library of Debian 12 (0.1.97) rounds otherwise where two ways to cut
/// a word are equally probable ("0"+"00", "00"+"0"), and it follows a file's tables wherever they lead; here a
/// damaged file is an error.
struct SentencePieceModel: Sendable {
    /// What a piece is for; raw values are the file's.
    enum Kind: Int {
        case normal = 1
        case unknown = 2
        case control = 3
        case userDefined = 4
        case unused = 5
        case byte = 6
    }

    /// The text of every piece, by id.
    let pieces: [String]
    /// What every piece is for, by id.
    let kinds: [Kind]
    /// The id of padding, of the end and of what is unknown; nil where the model has none.
    let padID: Int?
    let eosID: Int?
    let unkID: Int
    private let normalizer: SentencePieceNormalizer
    private let unigram: UnigramModel
    private let byteIDs: [Int32]?
    private let pool = ScratchPool { UnigramScratch() }

    /// Reads the content of a .model file.
    ///
    /// - Parameters:
    ///   - bytes: a serialized `ModelProto` (sentencepiece_model.proto).
    ///   - name: names it in errors: a path.
    /// - Throws: `LyceumError.file` if it is damaged, or no unigram model.
    init(_ bytes: [UInt8], name: String) throws {
        func failure(_ problem: String) -> LyceumError {
            .file(path: name, line: nil, problem: problem, remedy: "check that the file is whole")
        }
        guard let file = ProtobufMessage(bytes[...]), let trainer = file.message(2),
            let normalization = file.message(3), let denormalization = file.message(5)
        else { throw failure("is not a SentencePiece model") }
        let entries = try Self.entries(of: file, failure)
        (pieces, kinds) = (entries.map(\.text), entries.map(\.kind))
        guard !pieces.isEmpty else { throw failure("is not a SentencePiece model: it has no pieces") }
        guard (trainer.integer(3) ?? 1) == 1, trainer.bool(24) != true, normalization.bool(5) != false,
            denormalization.bytes(2)?.isEmpty != false
        else {
            throw LyceumError.file(
                path: name, line: nil, problem: "is a SentencePiece model, but no unigram model as T5 has",
                remedy: "use the spiece.model of a T5 checkpoint")
        }
        let unknown = entries.indices.filter { entries[$0].kind == .unknown }
        guard unknown.count == 1 else { throw failure("has \(unknown.count) unknown pieces instead of one") }
        unkID = unknown[0]
        let ids = Dictionary(
            entries.enumerated().map { ($1.text, $0) }, uniquingKeysWith: { first, _ in first })
        func control(_ text: String) -> Int? { ids[text].flatMap { entries[$0].kind == .control ? $0 : nil } }
        (padID, eosID) = (control(trainer.text(48) ?? "<pad>"), control(trainer.text(47) ?? "</s>"))
        byteIDs = try Self.byteIDs(entries, isUsed: trainer.bool(35) ?? false, failure)
        normalizer = try Self.normalizer(normalization, entries, failure)
        unigram = Self.unigram(entries, unknown: unkID, byteIDs: byteIDs)
    }

    /// The ids of a text.
    ///
    /// - Parameter addsPrefix: whether a space is put before it, if the model does so at all.
    func encode(_ text: UnsafeBufferPointer<UInt8>, addsPrefix: Bool = true) throws -> [Int] {
        let normal = normalizer.apply(to: text, addsPrefix: addsPrefix && normalizer.addsDummyPrefix)
        return try normal.withUnsafeBufferPointer { bytes in
            try pool.withScratch { scratch in
                try unigram.cut(bytes, scratch)
                return scratch.found.map { Int($0) }
            }
        }
    }

    /// The ids of a text.
    func encode(_ text: String, addsPrefix: Bool = true) throws -> [Int] {
        var text = text
        return try text.withUTF8 { try encode($0, addsPrefix: addsPrefix) }
    }

    /// The text of ids, each of which must be a piece's; control pieces give nothing.
    ///
    /// Source: `SentencePieceProcessor::Decode` of sentencepiece 0.2.
    func decode(_ ids: some Sequence<Int>) -> String {
        var text: [UInt8] = []
        var isAfterMark = false
        // Whether a mark would be the one that was put before the text.
        var isStart = normalizer.addsDummyPrefix || normalizer.removesExtraWhitespace
        for id in ids {
            if kinds[id] == .byte, let byteIDs, let byte = byteIDs.firstIndex(of: Int32(id)) {
                text.append(UInt8(byte))
                continue
            }
            if isAfterMark || !text.isEmpty { isStart = false }
            isAfterMark = false
            if kinds[id] == .control { continue }
            var piece = Array(pieces[id].utf8)[...]
            if isStart, piece.starts(with: SentencePieceNormalizer.mark) {
                piece = piece.dropFirst(SentencePieceNormalizer.mark.count)
                isAfterMark = !normalizer.removesExtraWhitespace
            }
            text += UTF8Text.replace(SentencePieceNormalizer.mark, by: [0x20], in: Array(piece))
        }
        return String(decoding: text, as: UTF8.self)
    }
}
