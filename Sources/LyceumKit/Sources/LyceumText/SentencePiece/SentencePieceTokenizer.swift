import LyceumKit

/// A SentencePiece vocabulary with T5's conventions.
///
/// Source: Kudo and Richardson, "SentencePiece" (2018). Ids and texts equal those of Hugging Face's
/// `T5Tokenizer` on sentencepiece 0.2; the sentinels `<extra_id_n>` lie above the model's own pieces in falling
/// order.
public final class SentencePieceTokenizer: Tokenizer {
    /// The file name under which T5 checkpoints keep the model.
    public static let fileName = "spiece.model"

    /// The text of every piece, by id; sentinels last.
    public let pieces: [String]
    /// The id of `<pad>`.
    public let padID: Int
    /// The id of `</s>`.
    public let eosID: Int
    /// The id of `<unk>`.
    public let unkID: Int
    /// How many sentinels `<extra_id_0>`, `<extra_id_1>`, … there are.
    public let extraIDs: Int
    /// Whether a text behind a special token is cut as one at the beginning is, with a space before it: what T5's
    /// own checkpoints were trained with. transformers calls it `legacy`.
    public let isLegacy: Bool
    /// The serialized model: what a .model file holds.
    public let bytes: [UInt8]
    let model: SentencePieceModel
    let configuration: TokenizerConfiguration
    let addedTokens: [AddedToken]
    private let matcher: TokenMatcher
    private let isSpecial: [Bool]
    /// Whether transformers writes a token by itself, with spaces around it, when it is not left out.
    private let standsAlone: [Bool]

    /// Reads a model of serialized bytes.
    ///
    /// - Parameters:
    ///   - bytes: the content of a .model file.
    ///   - name: names it in errors: a path.
    ///   - extraIDs: how many sentinels to add above the model's own pieces (T5 has 100).
    ///   - isLegacy: see `isLegacy`.
    /// - Throws: `LyceumError.file` if it is not a model, or one without padding, end or unknown piece.
    public convenience init(
        bytes: [UInt8], name: String = "model", extraIDs: Int = 0, isLegacy: Bool = true
    ) throws {
        try self.init(
            bytes: bytes, name: name, extraIDs: extraIDs, isLegacy: isLegacy, configuration: .init())
    }

    init(
        bytes: [UInt8], name: String, extraIDs: Int, isLegacy: Bool, configuration: TokenizerConfiguration
    ) throws {
        guard (0...100_000).contains(extraIDs) else {
            throw LyceumError.file(
                path: name, line: nil, problem: "expected 0 to 100000 extra ids, found \(extraIDs)",
                remedy: nil)
        }
        let model = try SentencePieceModel(bytes, name: name)
        func required(_ id: Int?, _ what: String) throws -> Int {
            guard let id else {
                throw LyceumError.file(
                    path: name, line: nil, problem: "the vocabulary has no piece \(what)",
                    remedy: "use one that was trained as T5's are: pad 0, end 1, unknown 2")
            }
            return id
        }
        padID = try required(model.padID, "<pad>")
        eosID = try required(model.eosID, "</s>")
        unkID = model.unkID
        self.model = model
        self.bytes = bytes
        self.extraIDs = extraIDs
        self.isLegacy = isLegacy
        self.configuration = configuration
        let special = SentencePieceSpecials(
            own: model.pieces, roles: [padID, eosID, unkID], extraIDs: extraIDs, configuration: configuration)
        pieces = special.pieces
        addedTokens = special.tokens
        matcher = TokenMatcher(special.tokens, whitespace: .python)
        isSpecial = special.pieces.indices.map { special.specialIDs.contains($0) }
        standsAlone = special.pieces.indices.map { special.standsAloneIDs.contains($0) }
    }

    /// Reads a .model file, or the `spiece.model` of a folder with the `tokenizer_config.json` next to it.
    ///
    /// - Parameter extraIDs: how many sentinels to add; nil takes the folder's `extra_ids` (100 if it says
    ///   nothing, as transformers does), and none for a file alone.
    /// - Throws: `LyceumError.file`.
    public convenience init(path: String, extraIDs: Int? = nil) throws {
        if Files.isFolder(path) {
            try self.init(folder: path, extraIDs: extraIDs, vocabularySize: nil)
        } else {
            try self.init(bytes: try Files.read(path), name: path, extraIDs: extraIDs ?? 0)
        }
    }

    /// Reads a folder's `spiece.model` with the `tokenizer_config.json` next to it.
    ///
    /// - Parameter vocabularySize: how many ids the model has: sentinels that nobody asked for need not fit.
    convenience init(folder: String, extraIDs: Int? = nil, vocabularySize: Int?) throws {
        let file = Files.join(folder, Self.fileName)
        let bytes = try Files.read(file)
        let configuration = try TokenizerConfiguration(folder: folder)
        var count = extraIDs ?? configuration.fields["extra_ids"]?.integer
        if count == nil, let vocabularySize {
            let own = try SentencePieceModel(bytes, name: file).pieces.count
            count = max(0, min(Self.defaultExtraIDs, vocabularySize - own))
        }
        try self.init(
            bytes: bytes, name: file, extraIDs: count ?? Self.defaultExtraIDs,
            isLegacy: configuration.fields["legacy"]?.bool ?? true, configuration: configuration)
    }

    /// How many sentinels transformers gives a T5 tokenizer that says nothing.
    private static let defaultExtraIDs = 100

    /// The ids of a text; `<extra_id_n>` in it is a sentinel if there are that many, `</s>` is the end.
    ///
    /// - Parameter addEOS: whether the end follows; it is not added a second time.
    public func encode(_ text: String, addEOS: Bool) throws -> [Int] {
        var ids = try isLegacy ? encodeParts(of: text) { try model.encode($0) } : encodeAsWritten(text)
        if addEOS, ids.last != eosID { ids.append(eosID) }
        return ids
    }

    private func encodeParts(of text: String, _ encode: (String) throws -> [Int]) throws -> [Int] {
        var text = text
        return try text.withUTF8 { utf8 in
            var ids: [Int] = []
            try matcher.forEachPart(of: utf8) { part in
                switch part {
                case .token(let id): ids.append(id)
                case .text(let range): ids += try encode(String(decoding: utf8[range], as: UTF8.self))
                }
            }
            return ids
        }
    }

    /// Encodes without a space of its own before each part: only the text as a whole gets one.
    ///
    /// Source: `T5Tokenizer.tokenize` and `_tokenize` with `legacy=False`. The library drops a leading space,
    /// unless something stands before it: "<unk>", whose pieces are then dropped.
    private func encodeAsWritten(_ text: String) throws -> [Int] {
        if text.isEmpty { return [] }
        let mark = "▁"
        let guardText = pieces[unkID]
        let guardLength = try model.encode(guardText, addsPrefix: false).count
        let addsSpace = configuration.fields["add_prefix_space"]?.bool ?? true
        let unmarked = UTF8Text.replace(Array(mark.utf8), by: [0x20], in: Array(text.utf8))
        let whole = (addsSpace ? mark : "") + String(decoding: unmarked, as: UTF8.self)
        var isFirstAMark = false
        var isFirst = true
        let ids = try encodeParts(of: whole) { part in
            defer { isFirst = false }
            guard part.utf8.first == 0x20 || part.utf8.starts(with: mark.utf8) else {
                return try model.encode(part, addsPrefix: false)
            }
            let ids = try model.encode(guardText + part, addsPrefix: false)
            let rest = ids.count >= guardLength ? Array(ids.dropFirst(guardLength)) : ids
            if isFirst { isFirstAMark = rest.count == 1 && pieces[rest[0]] == mark }
            return rest
        }
        // A space before a special token at the beginning is nobody's.
        return isFirstAMark && ids.count > 1 && isSpecial[ids[1]] ? Array(ids.dropFirst()) : ids
    }

    /// The text of ids, as `T5Tokenizer.decode` of transformers writes it.
    public func decode(_ ids: [Int], skipSpecialTokens: Bool) throws -> String {
        try checkIDs(ids)
        var parts: [String] = []
        var plain: [Int] = []
        for id in ids where !(skipSpecialTokens && isSpecial[id]) {
            guard standsAlone[id] else {
                plain.append(id)
                continue
            }
            if !plain.isEmpty {
                let text = try join(plain)
                if !text.isEmpty { parts.append(text) }
                plain = []
            }
            parts.append(pieces[id])
        }
        if !plain.isEmpty { parts.append(try join(plain)) }
        let text = parts.joined(separator: " ")
        return configuration.cleansUpSpaces ? SpaceCleanup.apply(to: text) : text
    }

    /// The text of pieces, special ones by name: a space before the first of several in a row.
    private func join(_ ids: [Int]) throws -> String {
        var text = ""
        var rest = ids[...]
        var isAfterSpecial = false
        while let first = rest.first {
            if isSpecial[first] {
                text += (isAfterSpecial ? "" : " ") + pieces[first]
                isAfterSpecial = true
                rest = rest.dropFirst()
            } else {
                let plain = rest.prefix { !isSpecial[$0] }
                rest = rest.dropFirst(plain.count)
                // The space belongs before the text, not between it and the token behind it.
                text += (rest.isEmpty ? "" : " ") + model.decode(plain)
                isAfterSpecial = !rest.isEmpty
            }
        }
        var bytes = text
        return bytes.withUTF8 { utf8 in
            let start = Whitespace.python.endOfHead(of: utf8, in: 0..<utf8.count)
            let end = Whitespace.python.startOfTail(of: utf8, in: start..<utf8.count)
            return String(decoding: utf8[start..<end], as: UTF8.self)
        }
    }
}
