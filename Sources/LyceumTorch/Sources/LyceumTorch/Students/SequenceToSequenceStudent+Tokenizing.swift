import LyceumKit
import LyceumText

extension SequenceToSequenceStudent: TokenizingStudent {
    /// The ids of the pieces of a text, as the encoder reads it; nothing is put before it, nothing cut off.
    public func tokenize(_ text: String) throws -> [Int] {
        try ready(to: "tokenize").tokenizer.encode(text, addEOS: true)
    }

    /// The pieces of a text, one for each id.
    public func pieces(_ text: String) throws -> [String] {
        let tokenizer = try ready(to: "tokenize").tokenizer
        return try tokenizer.encode(text, addEOS: true).map { tokenizer.pieces[$0] }
    }

    /// The text of ids, special tokens left out.
    public func detokenize(_ ids: [Int]) throws -> String {
        try ready(to: "detokenize").tokenizer.decode(ids)
    }
}
