import LyceumKit

/// A vocabulary of whole words: the most frequent ones of the texts it was learned from.
///
/// What it lacks becomes `<unk>`, unless a network copies it (see `CopyingTokenizer`).
public final class WordTokenizer: CopyingTokenizer {
    /// The words by id, after `<pad>`, `</s>` and `<unk>`.
    public let pieces: [String]
    /// Whether texts are read in lower case.
    public let lowercase: Bool
    /// Of `<pad>`.
    public var padID: Int { 0 }
    /// Of `</s>`.
    public var eosID: Int { 1 }
    /// Of `<unk>`.
    public var unkID: Int { 2 }

    static let special = ["<pad>", "</s>", "<unk>"]
    private let ids: [String: Int]

    /// Makes a vocabulary of words, most important first; repeated ones count once.
    public init(words: some Sequence<String>, lowercase: Bool) {
        var pieces = Self.special
        var ids: [String: Int] = [:]
        for word in words where ids[word] == nil && !Self.special.contains(word) {
            ids[word] = pieces.count
            pieces.append(word)
        }
        self.pieces = pieces
        self.ids = ids
        self.lowercase = lowercase
    }

    /// Learns the most frequent words of texts; of equally frequent ones those that come first in the order of their
    /// characters.
    ///
    /// - Parameters:
    ///   - texts: what to learn from.
    ///   - vocabularySize: the most pieces, the three special ones included.
    ///   - lowercase: whether texts are read in lower case.
    /// - Throws: `LyceumError.empty` without any word, `LyceumError.cancelled`.
    public static func train(
        on texts: some Sequence<String>, vocabularySize: Int, lowercase: Bool, job: Job = .silent()
    ) throws -> WordTokenizer {
        var counts: [String: Int] = [:]
        for text in texts {
            for piece in text.pieces() {
                try job.checkCancelled()
                for word in WordSplitter.words(String(piece), lowercase: lowercase) {
                    counts[word, default: 0] += 1
                }
            }
        }
        guard !counts.isEmpty else {
            throw LyceumError.empty(
                "the text to learn a vocabulary from", remedy: "give texts that hold words")
        }
        let order = counts.sorted { ($1.value, $0.key) < ($0.value, $1.key) }
        return WordTokenizer(
            words: order.prefix(max(0, vocabularySize - special.count)).lazy.map(\.key), lowercase: lowercase)
    }

    /// The ids of a text.
    public func encode(_ text: String, addEOS: Bool) throws -> [Int] {
        WordSplitter.words(text, lowercase: lowercase).map { ids[$0] ?? unkID } + (addEOS ? [eosID] : [])
    }

    /// The text of ids, with spaces where print has them.
    public func decode(_ ids: [Int], skipSpecialTokens: Bool) throws -> String {
        try checkIDs(ids)
        return WordSplitter.text(
            ids.filter { !skipSpecialTokens || $0 >= Self.special.count }.map { pieces[$0] })
    }

    /// See `CopyingTokenizer`.
    public func encodeSource(
        _ text: String, maximumLength: Int
    ) throws -> (ids: [Int], words: [String], isCut: Bool) {
        let all = WordSplitter.words(text, lowercase: lowercase)
        let limit = max(0, maximumLength - 1)
        var own: [String: Int] = [:]
        var words: [String] = []
        var encoded = all.prefix(limit).map { word in
            if let id = ids[word] ?? own[word] { return id }
            let id = pieces.count + words.count
            own[word] = id
            words.append(word)
            return id
        }
        encoded.append(eosID)
        return (encoded, words, all.count > limit)
    }

    /// See `CopyingTokenizer`.
    public func encodeTarget(_ text: String, words: [String], maximumLength: Int) throws -> [Int] {
        let own = Dictionary(
            words.enumerated().map { ($1, pieces.count + $0) }, uniquingKeysWith: { first, _ in first })
        let all = WordSplitter.words(text, lowercase: lowercase)
        return all.prefix(max(0, maximumLength - 1)).map { ids[$0] ?? own[$0] ?? unkID } + [eosID]
    }

    /// See `CopyingTokenizer`.
    ///
    /// - Throws: `LyceumError.invalid` for an id that neither the vocabulary nor `words` has.
    public func decode(_ ids: [Int], words: [String]) throws -> String {
        try checkIDs(ids.filter { $0 < pieces.count || $0 >= pieces.count + words.count })
        return WordSplitter.text(
            ids.filter { $0 >= Self.special.count }.map {
                $0 < pieces.count ? pieces[$0] : words[$0 - pieces.count]
            })
    }
}
