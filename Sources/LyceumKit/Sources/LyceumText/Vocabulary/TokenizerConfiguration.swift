import LyceumKit

/// What `tokenizer_config.json` and `special_tokens_map.json` of a checkpoint say.
struct TokenizerConfiguration: Sendable {
    /// The name of the file.
    static let fileName = "tokenizer_config.json"
    /// The name of the older file that holds the special tokens alone.
    static let mapFileName = "special_tokens_map.json"

    /// Everything in tokenizer_config.json, kept so that saving loses nothing.
    let fields: [String: Value]
    /// Tokens with their ids, from `added_tokens_decoder`.
    let addedTokens: [AddedToken]
    private let map: [String: Value]

    /// Says nothing: every answer is the default.
    init() {
        fields = [:]
        map = [:]
        addedTokens = []
    }

    /// Reads the files of a folder; those that are not there say nothing.
    ///
    /// - Throws: `LyceumError.file` for one that cannot be understood.
    init(folder: String) throws {
        let file = try JSONFile(optional: Files.join(folder, Self.fileName))
        fields = file?.fields ?? [:]
        map = try JSONFile(optional: Files.join(folder, Self.mapFileName))?.fields ?? [:]
        var tokens: [AddedToken] = []
        if let file, let listed = fields["added_tokens_decoder"]?.object {
            for (key, value) in listed {
                guard let id = Int(key), (0...Self.largestID).contains(id), let token = value.object else {
                    throw file.failure("added_tokens_decoder: expected tokens by id, found '\(key)'")
                }
                tokens.append(try AddedToken(token, id: id, in: file, at: "added_tokens_decoder.\(key)"))
            }
        }
        addedTokens = tokens.sorted { $0.id < $1.id }
    }

    /// No vocabulary comes near it; a damaged file does.
    static let largestID = 1 << 24

    /// The text of a special token by its role ("eos_token"); nil if nothing is said.
    func token(_ role: String) -> String? {
        for value in [fields[role], map[role]].compactMap(\.self) {
            if let text = value.string ?? value.object?["content"]?.string, !text.isEmpty { return text }
        }
        return nil
    }

    /// The texts of the special tokens without a role.
    var additionalTokens: [String]? {
        let values = fields["additional_special_tokens"]?.list ?? map["additional_special_tokens"]?.list
        return values?.compactMap { $0.string ?? $0.object?["content"]?.string }
    }

    /// Whether decoding takes away the spaces before punctuation; transformers' default is not to.
    var cleansUpSpaces: Bool { fields["clean_up_tokenization_spaces"]?.bool ?? false }
}
