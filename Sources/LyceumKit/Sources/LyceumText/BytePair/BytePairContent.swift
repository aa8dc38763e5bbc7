import LyceumKit

/// Everything a byte-level BPE tokenizer consists of, however it came into being: read or learned.
struct BytePairContent: Sendable {
    /// The special tokens by what they are for; raw values are transformers' names.
    enum Role: String, CaseIterable {
        // In the order in which transformers adds those that a vocabulary lacks.
        case bos = "bos_token"
        case eos = "eos_token"
        case unk = "unk_token"
        case sep = "sep_token"
        case pad = "pad_token"
        case cls = "cls_token"
        case mask = "mask_token"

        /// The text BART gives it.
        var defaultText: String {
            switch self {
            case .bos, .cls: return "<s>"
            case .eos, .sep: return "</s>"
            case .unk: return "<unk>"
            case .pad: return "<pad>"
            case .mask: return "<mask>"
            }
        }
    }

    /// The text of every piece, by id; "" where a file left a gap.
    private(set) var pieces: [String]
    /// How many pieces are the model's own; added tokens may lie above.
    let modelSize: Int
    /// Tokens that are found in the text itself.
    private(set) var addedTokens: [AddedToken]
    /// The merges.
    let model: BytePairModel
    /// Whether a text that begins without a space is given one.
    let addsPrefixSpace: Bool
    /// Whether words are merged apart; else the whole text is one word.
    let splitsWords: Bool
    /// Ids put before a framed text.
    private(set) var prefix: [Int] = []
    /// Ids put behind a framed text.
    private(set) var suffix: [Int] = []
    /// What lies next to the vocabulary.
    let configuration: TokenizerConfiguration
    /// Names the tokenizer in errors: a path.
    let name: String
    private var ids: [String: Int]

    /// Puts the parts together, adding the special tokens that are missing, as transformers does.
    ///
    /// - Parameter frame: ids before and behind a framed text; nil takes `<s>` and `</s>`.
    init(
        vocabulary: BytePairVocabulary, model: BytePairModel, addedTokens: [AddedToken],
        frame: (prefix: [Int], suffix: [Int])?, addsPrefixSpace: Bool, splitsWords: Bool,
        configuration: TokenizerConfiguration, name: String
    ) throws {
        pieces = vocabulary.pieces
        ids = vocabulary.ids
        modelSize = vocabulary.pieces.count
        self.model = model
        self.addedTokens = []
        self.addsPrefixSpace = addsPrefixSpace
        self.splitsWords = splitsWords
        self.configuration = configuration
        self.name = name
        for token in addedTokens + configuration.addedTokens { try add(token) }
        for role in Role.allCases { try addToken(for: role) }
        (prefix, suffix) = try frame ?? ([id(.cls)], [id(.sep)])
        for id in prefix + suffix where !pieces.indices.contains(id) {
            throw failure("a text is framed by the id \(id), which is not a piece's")
        }
    }

    /// The text of the token for a role.
    func text(_ role: Role) -> String { configuration.token(role.rawValue) ?? role.defaultText }

    /// The id of the token for a role.
    ///
    /// - Throws: `LyceumError.file` if there is none.
    func id(_ role: Role) throws -> Int {
        guard let id = ids[text(role)] else { throw failure("the vocabulary has no '\(text(role))'") }
        return id
    }

    private func failure(_ problem: String) -> LyceumError {
        .file(
            path: name, line: nil, problem: problem,
            remedy: "check that all tokenizer files come from one checkpoint")
    }

    private mutating func add(_ token: AddedToken) throws {
        if let known = addedTokens.firstIndex(where: { $0.content == token.content }) {
            guard addedTokens[known].id == token.id else {
                throw failure("'\(token.content)' has two ids: \(addedTokens[known].id) and \(token.id)")
            }
            return
        }
        guard token.id <= pieces.count + Self.widestGap else {
            throw failure(
                "the added token '\(token.content)' has the id \(token.id), the vocabulary \(pieces.count) pieces"
            )
        }
        while pieces.count <= token.id { pieces.append("") }
        guard pieces[token.id].isEmpty || pieces[token.id] == token.content else {
            throw failure("'\(pieces[token.id])' and '\(token.content)' have the same id, \(token.id)")
        }
        pieces[token.id] = token.content
        ids[token.content] = token.id
        addedTokens.append(token)
    }

    /// Ids that no piece has may follow a vocabulary, but not millions of them.
    private static let widestGap = 4096

    private mutating func addToken(for role: Role) throws {
        let text = text(role)
        try add(
            AddedToken(
                content: text, id: ids[text] ?? pieces.count, stripsLeft: role == .mask,
                isNormalized: addedTokens.first { $0.content == text }?.isNormalized ?? true))
    }
}

/// The pieces of a model with their ids.
struct BytePairVocabulary: Sendable {
    /// By id; "" for an id that no piece has.
    let pieces: [String]
    /// By text.
    let ids: [String: Int]

    /// Pieces numbered from 0.
    init(pieces: [String]) {
        self.pieces = pieces
        ids = Dictionary(pieces.enumerated().map { ($1, $0) }, uniquingKeysWith: { first, _ in first })
    }

    /// Reads an object of ids by text.
    ///
    /// - Throws: `LyceumError.file` for anything but different whole numbers without wide gaps.
    init(_ entries: [String: Value], in file: JSONFile, at place: String) throws {
        var pieces: [String] = []
        var ids: [String: Int] = [:]
        ids.reserveCapacity(entries.count)
        for (piece, value) in entries {
            guard let id = value.integer, id >= 0, id < 2 * entries.count + 4096 else {
                throw file.failure(
                    "\(place): expected ids below \(2 * entries.count + 4096), found \(value.text) for '\(piece)'"
                )
            }
            if id >= pieces.count {
                pieces.append(contentsOf: repeatElement("", count: id + 1 - pieces.count))
            }
            guard pieces[id].isEmpty else {
                throw file.failure("\(place): '\(pieces[id])' and '\(piece)' have the same id, \(id)")
            }
            pieces[id] = piece
            ids[piece] = id
        }
        self.pieces = pieces
        self.ids = ids
    }
}
