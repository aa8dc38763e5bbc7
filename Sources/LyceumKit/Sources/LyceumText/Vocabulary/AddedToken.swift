import LyceumKit

/// A token that is looked for in the text itself, before the text is cut into words.
///
/// The fields are those of tokenizers' `AddedToken`.
struct AddedToken: Sendable, Equatable {
    /// Its text.
    let content: String
    /// Its id.
    let id: Int
    /// Whether decoding may leave it out.
    var isSpecial = true
    /// Whether it swallows the white space before it.
    var stripsLeft = false
    /// Whether it swallows the white space behind it.
    var stripsRight = false
    /// Whether it counts only where no word touches it.
    var isSingleWord = false
    /// Whether it is looked for in the normalised text.
    var isNormalized = false

    /// Its fields under tokenizers' names, without the id.
    var json: [String: Value] {
        [
            "content": .string(content), "special": .bool(isSpecial), "lstrip": .bool(stripsLeft),
            "rstrip": .bool(stripsRight), "single_word": .bool(isSingleWord),
            "normalized": .bool(isNormalized),
        ]
    }
}

extension AddedToken {
    /// Reads the fields of a token.
    ///
    /// - Parameters:
    ///   - fields: as tokenizers writes them.
    ///   - id: its id.
    ///   - place: names it in errors.
    init(_ fields: [String: Value], id: Int, in file: JSONFile, at place: String) throws {
        guard let content = fields["content"]?.string, !content.isEmpty else {
            throw file.failure("\(place).content: expected a text of at least one character")
        }
        self.init(
            content: content, id: id, isSpecial: fields["special"]?.bool ?? false,
            stripsLeft: fields["lstrip"]?.bool ?? false, stripsRight: fields["rstrip"]?.bool ?? false,
            isSingleWord: fields["single_word"]?.bool ?? false,
            isNormalized: fields["normalized"]?.bool ?? true)
    }
}
