import LyceumKit

/// Turns text into the ids a student reads, and back.
///
/// Ids run from 0 to `vocabularySize - 1`. A tokenizer may be used by several threads at once.
public protocol Tokenizer: AnyObject, Sendable {
    /// The text of every piece, by id.
    var pieces: [String] { get }
    /// The id that fills up short rows of a batch.
    var padID: Int { get }
    /// The id that ends a text.
    var eosID: Int { get }
    /// The id of what the vocabulary cannot spell.
    var unkID: Int { get }

    /// The ids of a text.
    ///
    /// - Parameters:
    ///   - text: any text; an empty one gives no ids (but the end, if asked for).
    ///   - addEOS: whether the text is framed as a model reads it: `eosID` behind it (T5), and what else the
    ///     tokenizer has (BART's `<s>` before it).
    /// - Throws: `LyceumError.failed` if the tokenizer cannot read the text.
    func encode(_ text: String, addEOS: Bool) throws -> [Int]

    /// The text of ids.
    ///
    /// - Parameters:
    ///   - ids: each in `0..<vocabularySize`.
    ///   - skipSpecialTokens: whether padding, end, unknown and sentinel pieces are left out (else they
    ///     appear by name, as in "</s>").
    /// - Throws: `LyceumError.invalid` for an id outside the vocabulary.
    func decode(_ ids: [Int], skipSpecialTokens: Bool) throws -> String

    /// Writes the tokenizer's files into a folder that exists, as Hugging Face transformers reads them.
    ///
    /// - Throws: `LyceumError.file`.
    func save(to folder: String) throws
}

extension Tokenizer {
    /// How many ids there are.
    public var vocabularySize: Int { pieces.count }

    /// The ids of a text, without an end.
    public func encode(_ text: String) throws -> [Int] { try encode(text, addEOS: false) }

    /// The ids of bytes, such as Lua's strings hold; what is not UTF-8 counts as U+FFFD, as Python's
    /// `errors="replace"` has it.
    public func encode(bytes: some Collection<UInt8>, addEOS: Bool = false) throws -> [Int] {
        try encode(String(decoding: bytes, as: UTF8.self), addEOS: addEOS)
    }

    /// The text of ids, special pieces left out.
    public func decode(_ ids: [Int]) throws -> String { try decode(ids, skipSpecialTokens: true) }

    /// The ids of many texts, found on all cores.
    ///
    /// - Parameters:
    ///   - texts: the texts.
    ///   - addEOS: whether each text is framed, with `eosID` behind it.
    ///   - maximumLength: the most ids a text may give, the end included; what is beyond is cut off before
    ///     the end is added. nil sets no limit.
    ///   - job: cancellation.
    /// - Returns: one list of ids for each text, in order.
    /// - Throws: what `encode` throws, `LyceumError.cancelled`, or `LyceumError.invalid` for a length below 1.
    public func encodeBatch(
        _ texts: [String], addEOS: Bool, maximumLength: Int? = nil, job: Job = .silent()
    ) throws -> [[Int]] {
        if let maximumLength, maximumLength < 1 {
            throw LyceumError.invalid(
                "maximum length", expected: "at least 1 token", got: String(maximumLength), remedy: nil)
        }
        return try Parallel.map(texts, job: job) { text in
            let ids = try self.encode(text, addEOS: addEOS)
            guard let maximumLength, ids.count > maximumLength else { return ids }
            return addEOS ? ids.prefix(maximumLength - 1) + [self.eosID] : Array(ids.prefix(maximumLength))
        }
    }
}
