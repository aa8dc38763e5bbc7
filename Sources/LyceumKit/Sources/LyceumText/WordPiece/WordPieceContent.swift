import LyceumKit

/// Everything a WordPiece tokenizer consists of, however it came into being: read or learned.
struct WordPieceContent: Sendable {
    /// The special tokens by what they are for; raw values are transformers' names.
    enum Role: String, CaseIterable {
        case unk = "unk_token"
        case sep = "sep_token"
        case pad = "pad_token"
        case cls = "cls_token"
        case mask = "mask_token"

        /// The text BERT gives it.
        var defaultText: String {
            switch self {
            case .unk: return "[UNK]"
            case .sep: return "[SEP]"
            case .pad: return "[PAD]"
            case .cls: return "[CLS]"
            case .mask: return "[MASK]"
            }
        }

        /// The text that a configuration gives it.
        func text(in configuration: TokenizerConfiguration) -> String {
            configuration.token(rawValue) ?? defaultText
        }
    }

    /// The text of every piece, by id; "" where a file left a gap.
    let pieces: [String]
    /// How many pieces are the model's own; added tokens may lie above.
    let modelSize: Int
    /// Tokens that are found in the text itself.
    let addedTokens: [AddedToken]
    /// What is done to a text before it is cut into words.
    let normalizer: BertNormalizer
    /// Spells words.
    let model: WordPieceModel
    /// Ids put before a framed text.
    private(set) var prefix: [Int] = []
    /// Ids put behind a framed text.
    private(set) var suffix: [Int] = []
    /// Whether decoding takes away spaces before punctuation, piece by piece.
    let cleansUpPieces: Bool
    /// What lies next to the vocabulary.
    let configuration: TokenizerConfiguration
    /// Names the tokenizer in errors: a path.
    let name: String

    /// Ids that no piece has may follow a vocabulary, but not millions of them.
    private static let widestGap = 4096

    /// How words are spelt.
    struct Spelling {
        var continuation = "##"
        var longestWord = 100
        /// nil takes the configuration's.
        var unknown: String?
    }

    /// Puts the parts together.
    ///
    /// - Parameters:
    ///   - vocabulary: the model's own pieces by id; "" in gaps.
    ///   - frame: ids before and behind a framed text; nil takes `[CLS]` and `[SEP]`.
    /// - Throws: `LyceumError.file` if a special token is missing, or tokens do not fit the vocabulary.
    init(
        vocabulary: [String], spelling: Spelling, addedTokens: [AddedToken], normalizer: BertNormalizer,
        frame: (prefix: [Int], suffix: [Int])?, cleansUpPieces: Bool, configuration: TokenizerConfiguration,
        name: String
    ) throws {
        var pieces = vocabulary
        var added: [AddedToken] = []
        for token in addedTokens + configuration.addedTokens
        where !added.contains(where: { $0.id == token.id }) {
            guard token.id <= pieces.count + Self.widestGap else {
                throw Self.failure(
                    "the added token '\(token.content)' has the id \(token.id), the vocabulary \(pieces.count) pieces",
                    name)
            }
            while pieces.count <= token.id { pieces.append("") }
            guard pieces[token.id].isEmpty || pieces[token.id] == token.content else {
                throw Self.failure(
                    "'\(pieces[token.id])' and '\(token.content)' have the same id, \(token.id)", name)
            }
            pieces[token.id] = token.content
            added.append(token)
        }
        for text in Role.allCases.map({ $0.text(in: configuration) })
        where !added.contains(where: { $0.content == text }) {
            guard let id = pieces.lastIndex(of: text) else { continue }
            added.append(AddedToken(content: text, id: id))
        }
        let unknown = spelling.unknown ?? Role.unk.text(in: configuration)
        guard let unknownID = pieces.lastIndex(of: unknown) else {
            throw Self.failure("the vocabulary has no '\(unknown)'", name)
        }
        self.pieces = pieces
        modelSize = vocabulary.count
        self.addedTokens = added
        self.normalizer = normalizer
        model = WordPieceModel(
            pieces: vocabulary, continuation: spelling.continuation, longestWord: spelling.longestWord,
            unknown: unknownID)
        self.cleansUpPieces = cleansUpPieces
        self.configuration = configuration
        self.name = name
        (prefix, suffix) = try frame ?? ([id(.cls)], [id(.sep)])
        for id in prefix + suffix where !pieces.indices.contains(id) {
            throw Self.failure("a text is framed by the id \(id), which is not a piece's", name)
        }
    }

    /// The text of the token for a role.
    func text(_ role: Role) -> String { role.text(in: configuration) }

    /// The id of the token for a role.
    ///
    /// - Throws: `LyceumError.file` if there is none.
    func id(_ role: Role) throws -> Int {
        guard let id = addedTokens.first(where: { $0.content == text(role) })?.id else {
            throw Self.failure("the vocabulary has no '\(text(role))'", name)
        }
        return id
    }

    private static func failure(_ problem: String, _ name: String) -> LyceumError {
        .file(
            path: name, line: nil, problem: problem,
            remedy: "check that all tokenizer files come from one checkpoint")
    }
}
