/// A student that reads text in pieces and can show them.
public protocol TokenizingStudent: Student {
    /// The ids of the pieces of a text as the student reads it: special tokens that frame a text included.
    ///
    /// - Throws: `LyceumError.unsupported` if it has no vocabulary yet.
    func tokenize(_ text: String) throws -> [Int]

    /// The pieces themselves, one for each id of `tokenize`.
    ///
    /// - Throws: `LyceumError.unsupported` if it has no vocabulary yet.
    func pieces(_ text: String) throws -> [String]

    /// The text of ids, special tokens left out.
    ///
    /// - Throws: `LyceumError.invalid` for an id that no piece has, `LyceumError.unsupported` if the student has
    ///   no vocabulary yet.
    func detokenize(_ ids: [Int]) throws -> String
}
