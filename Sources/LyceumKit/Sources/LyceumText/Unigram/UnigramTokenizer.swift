import LyceumKit

/// T5's vocabulary out of a `tokenizer.json`: what a checkpoint holds that comes without `spiece.model`.
///
/// Ids equal those of Hugging Face's `T5TokenizerFast`.
public final class UnigramTokenizer: Tokenizer {
    /// The text of every piece, by id.
    public let pieces: [String]
    /// The id of `<pad>`.
    public let padID: Int
    /// The id of `</s>`.
    public let eosID: Int
    /// The id of `<unk>`.
    public let unkID: Int
    private let model: UnigramModel
    private let normalizer: TextNormalizer
    private let words: MetaspaceWords
    private let verbatim: TokenMatcher
    private let normalized: TokenMatcher
    private let isSpecial: [Bool]
    private let frame: (prefix: [Int], suffix: [Int])
    private let configuration: TokenizerConfiguration
    /// The file as it was read, which is what saving writes.
    private let document: [UInt8]
    private let pool = ScratchPool { UnigramScratch() }

    /// Reads the `tokenizer.json` of a folder, and `tokenizer_config.json` next to it if it is there.
    ///
    /// - Throws: `LyceumError.file` if it is missing, damaged, or asks for what is not supported.
    public convenience init(folder: String) throws {
        let path = Files.join(folder, TokenizerDocument.fileName)
        let bytes = try Files.read(path)
        try self.init(
            TokenizerDocument(bytes: bytes, path: path), bytes: bytes,
            configuration: TokenizerConfiguration(folder: folder))
    }

    init(_ document: TokenizerDocument, bytes: [UInt8], configuration: TokenizerConfiguration) throws {
        let file = document.file
        let own = try Self.pieces(document)
        if document.model["byte_fallback"]?.bool == true { throw file.unsupported("model.byte_fallback") }
        let unknown = document.model["unk_id"]?.integer
        if let unknown, !own.indices.contains(unknown) {
            throw file.failure("model.unk_id is \(unknown), the vocabulary has \(own.count) pieces")
        }
        guard try document.steps("decoder").map(\.type) == ["Metaspace"] else {
            throw file.unsupported("a decoder other than Metaspace")
        }
        normalizer = try TextNormalizer(document)
        words = try MetaspaceWords(document)
        model = UnigramModel(
            entries: own.enumerated().map { (Array($1.text.utf8), $0, $1.score) },
            lowestScore: own.map(\.score).min() ?? 0, unknown: unknown)
        var pieces = own.map(\.text)
        for token in document.addedTokens.sorted(by: { $0.id < $1.id }) {
            guard token.id <= pieces.count else {
                throw file.failure("the added token '\(token.content)' has the id \(token.id), too far above")
            }
            if token.id == pieces.count { pieces.append(token.content) }
            guard pieces[token.id] == token.content else {
                throw file.failure(
                    "'\(pieces[token.id])' and '\(token.content)' have the same id, \(token.id)")
            }
        }
        let ids = Dictionary(pieces.enumerated().map { ($1, $0) }, uniquingKeysWith: { first, _ in first })
        func id(_ role: String, _ fallback: String) throws -> Int {
            let text = configuration.token(role) ?? fallback
            guard let id = ids[text] else { throw file.failure("the vocabulary has no '\(text)'") }
            return id
        }
        (padID, eosID) = (try id("pad_token", "<pad>"), try id("eos_token", "</s>"))
        unkID = try id("unk_token", "<unk>")
        verbatim = TokenMatcher(document.addedTokens.filter { !$0.isNormalized }, whitespace: .unicode)
        normalized = TokenMatcher(document.addedTokens.filter(\.isNormalized), whitespace: .unicode)
        var isSpecial = [Bool](repeating: false, count: pieces.count)
        for token in document.addedTokens where token.isSpecial { isSpecial[token.id] = true }
        for id in [padID, eosID, unkID] { isSpecial[id] = true }
        self.isSpecial = isSpecial
        frame = document.frame
        for id in frame.prefix + frame.suffix where !pieces.indices.contains(id) {
            throw file.failure("post_processor: the id \(id) is not a piece's")
        }
        self.pieces = pieces
        self.configuration = configuration
        self.document = bytes
    }

    private static func pieces(_ document: TokenizerDocument) throws -> [(text: String, score: Double)] {
        guard let list = document.model["vocab"]?.list else {
            throw document.file.failure("model.vocab: expected a list of pairs")
        }
        var length = 0
        let pieces = try list.enumerated().map { place, entry in
            guard let pair = entry.list, pair.count == 2, let text = pair[0].string,
                let score = pair[1].number
            else { throw document.file.failure("model.vocab[\(place)]: expected a text and a number") }
            length += text.utf8.count
            return (text, score)
        }
        guard length <= ByteTrie.mostBytes else { throw document.file.failure("model.vocab: too large") }
        return pieces
    }

    /// The ids of a text; `<extra_id_n>` and other added tokens in it are found.
    public func encode(_ text: String, addEOS: Bool) throws -> [Int] {
        var text = text
        return try text.withUTF8 { utf8 in
            var ids = addEOS ? frame.prefix : []
            try pool.withScratch { scratch in
                try verbatim.forEachPart(of: utf8) { part in
                    switch part {
                    case .token(let id): ids.append(id)
                    case .text(let range):
                        try append(Array(utf8[range]), at: range.lowerBound, scratch, to: &ids)
                    }
                }
            }
            return addEOS ? ids + frame.suffix : ids
        }
    }

    private func append(_ text: [UInt8], at start: Int, _ scratch: UnigramScratch, to ids: inout [Int]) throws
    {
        try normalizer.apply(to: text).withUnsafeBufferPointer { text in
            try normalized.forEachPart(of: text) { part in
                switch part {
                case .token(let id): ids.append(id)
                case .text(let range):
                    try words.forEach(
                        in: UnsafeBufferPointer(rebasing: text[range]),
                        isStart: start == 0 && range.lowerBound == 0
                    ) { try model.append($0, scratch: scratch, to: &ids) }
                }
            }
        }
    }

    /// The text of ids.
    public func decode(_ ids: [Int], skipSpecialTokens: Bool) throws -> String {
        try checkIDs(ids)
        let kept = ids.filter { !(skipSpecialTokens && isSpecial[$0]) }
        let bytes = kept.enumerated().flatMap { place, id in
            UTF8Text.replace(
                words.mark, by: place == 0 && words.dropsFirstMark ? [] : [0x20], in: Array(pieces[id].utf8))
        }
        let text = String(decoding: bytes, as: UTF8.self)
        return configuration.cleansUpSpaces ? SpaceCleanup.apply(to: text) : text
    }

    /// Writes `tokenizer.json` and `tokenizer_config.json`, which `T5TokenizerFast` loads.
    public func save(to folder: String) throws {
        var fields = configuration.fields
        fields["tokenizer_class"] = "T5Tokenizer"
        for (role, id) in [("pad_token", padID), ("eos_token", eosID), ("unk_token", unkID)] {
            fields[role] = .string(pieces[id])
        }
        if fields["extra_ids"] == nil {
            fields["extra_ids"] = .integer(pieces.filter { $0.hasPrefix("<extra_id_") }.count)
        }
        try Files.write(document, to: Files.join(folder, TokenizerDocument.fileName))
        try Files.write(
            JSON.encode(.object(fields), pretty: true),
            to: Files.join(folder, TokenizerConfiguration.fileName))
    }
}
