import LyceumKit

/// A tokenizer that numbers the words of a text which its vocabulary lacks, so that a network can copy them.
///
/// Such a word has an id above the vocabulary, `vocabularySize` and up: its place among the text's own words outside
/// the vocabulary. What is written about the text may use the same ids.
/// Source: See, Liu and Manning, "Get To The Point: Summarization with Pointer-Generator Networks" (2017).
public protocol CopyingTokenizer: Tokenizer {
    /// The ids of a text that can be copied from.
    ///
    /// - Parameters:
    ///   - text: any text.
    ///   - maximumLength: the most ids, the end included; what is beyond is cut off, and its words are not numbered.
    /// - Returns: ids with `eosID` behind them; the words that have ids above the vocabulary, in order; whether
    ///   something was cut off.
    func encodeSource(_ text: String, maximumLength: Int) throws -> (ids: [Int], words: [String], isCut: Bool)

    /// The ids of a text in which `words` have ids above the vocabulary; `eosID` is behind them.
    func encodeTarget(_ text: String, words: [String], maximumLength: Int) throws -> [Int]

    /// The text of ids, of which those above the vocabulary stand for `words`; special pieces are left out.
    func decode(_ ids: [Int], words: [String]) throws -> String
}
