import LyceumKit

/// A SentencePiece vocabulary with T5's conventions.
///
/// Source: Kudo and Richardson, "SentencePiece" (2018). Ids equal those of the reference library, which does
/// the work; the sentinels `<extra_id_n>` lie above the model's own pieces in falling order, as in Hugging
/// Face's `T5Tokenizer`.
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
    /// How many sentinels `<extra_id_0>`, `<extra_id_1>`, … lie above the model's own pieces.
    public let extraIDs: Int
    let model: SentencePieceModel
    private let isSpecial: [Bool]

    /// Reads a model of serialized bytes.
    ///
    /// - Parameters:
    ///   - bytes: the content of a .model file.
    ///   - name: names it in errors: a path.
    ///   - extraIDs: how many sentinels to add above the model's own pieces (T5 has 100).
    /// - Throws: `LyceumError.file` if it is no model, or one without padding, end or unknown piece.
    public init(bytes: [UInt8], name: String = "model", extraIDs: Int = 0) throws {
        guard (0...100_000).contains(extraIDs) else {
            throw LyceumError.invalid(
                "extra ids", expected: "0 to 100000", got: String(extraIDs), remedy: nil)
        }
        let model = try SentencePieceModel(bytes, name: name)
        for (id, what) in [(model.padID, "<pad>"), (model.eosID, "</s>"), (model.unkID, "<unk>")] where id < 0
        {
            throw LyceumError.file(
                path: name, line: nil, problem: "the vocabulary has no piece \(what)",
                remedy: "use one that was trained as T5's are: pad 0, end 1, unknown 2")
        }
        let own = try (0..<model.size).map { try model.piece($0) }
        pieces = own.map(\.text) + (0..<extraIDs).reversed().map { "<extra_id_\($0)>" }
        isSpecial =
            own.indices.map { own[$0].isControl || $0 == model.unkID }
            + [Bool](repeating: true, count: extraIDs)
        padID = model.padID
        eosID = model.eosID
        unkID = model.unkID
        self.model = model
        self.extraIDs = extraIDs
    }

    /// Reads a .model file, or the `spiece.model` of a folder.
    ///
    /// - Throws: `LyceumError.file`.
    public convenience init(path: String, extraIDs: Int = 0) throws {
        let file = Files.isFolder(path) ? Files.join(path, Self.fileName) : path
        try self.init(bytes: try Files.read(file), name: file, extraIDs: extraIDs)
    }

    /// The serialized model: what a .model file holds.
    public var bytes: [UInt8] { model.bytes }

    /// The ids of a text; `<extra_id_n>` in it is a sentinel if there are that many.
    public func encode(_ text: String, addEOS: Bool) throws -> [Int] {
        var ids: [Int] = []
        if extraIDs == 0 {
            ids = try model.encode(text)
        } else {
            for part in SentinelSplitter.split(text, sentinels: extraIDs) {
                switch part {
                case .text(let text): ids += try model.encode(text)
                case .sentinel(let number): ids.append(pieces.count - 1 - number)
                }
            }
        }
        if addEOS { ids.append(eosID) }
        return ids
    }

    /// The text of ids; see `Tokenizer.decode(_:skipSpecialTokens:)`.
    public func decode(_ ids: [Int], skipSpecialTokens: Bool) throws -> String {
        for (position, id) in ids.enumerated() where !pieces.indices.contains(id) {
            throw LyceumError.invalid(
                "token \(position + 1) of \(ids.count)", expected: "an id from 0 to \(pieces.count - 1)",
                got: String(id), remedy: nil)
        }
        if skipSpecialTokens { return try model.decode(ids.filter { !isSpecial[$0] }) }
        var text = ""
        var rest = ids[...]
        while let first = rest.first {
            if isSpecial[first] {
                text += pieces[first]
                rest = rest.dropFirst()
            } else {
                let plain = rest.prefix { !isSpecial[$0] }
                text += try model.decode(plain)
                rest = rest.dropFirst(plain.count)
            }
        }
        return text
    }
}
