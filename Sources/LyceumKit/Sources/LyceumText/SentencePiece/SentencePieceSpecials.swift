import LyceumKit

/// Which tokens lie above a SentencePiece model, and which count as special, by the rules of `T5Tokenizer`.
struct SentencePieceSpecials {
    /// The text of every piece, by id.
    private(set) var pieces: [String]
    /// The tokens that are found in a text.
    private(set) var tokens: [AddedToken] = []
    /// Ids that decoding may leave out.
    private(set) var specialIDs: Set<Int>
    /// Ids that decoding sets apart by spaces.
    private(set) var standsAloneIDs: Set<Int> = []

    /// Applies the rules.
    ///
    /// - Parameters:
    ///   - own: the model's own pieces.
    ///   - roles: the ids of padding, end and unknown.
    ///   - extraIDs: how many sentinels there are.
    ///   - configuration: what tokenizer_config.json adds.
    init(
        own: [String], roles: [Int], extraIDs: Int, configuration: TokenizerConfiguration
    ) {
        pieces = own
        specialIDs = Set(roles)
        for id in roles { tokens.append(AddedToken(content: own[id], id: id)) }
        for number in (0..<extraIDs).reversed() {
            let sentinel = AddedToken(
                content: "<extra_id_\(number)>", id: pieces.count, stripsLeft: true, stripsRight: true)
            pieces.append(sentinel.content)
            tokens.append(sentinel)
            specialIDs.insert(sentinel.id)
        }
        // The configuration may change how a token is found, and add tokens directly above.
        for token in configuration.addedTokens where token.id <= pieces.count {
            if token.id == pieces.count { pieces.append(token.content) }
            guard pieces[token.id] == token.content else { continue }
            tokens.removeAll { $0.id == token.id }
            tokens.append(token)
        }
        for text in configuration.additionalTokens ?? [] {
            if let id = tokens.first(where: { $0.content == text })?.id ?? pieces.firstIndex(of: text) {
                specialIDs.insert(id)
                if !tokens.contains(where: { $0.id == id }) {
                    tokens.append(AddedToken(content: text, id: id))
                }
            } else {
                specialIDs.insert(pieces.count)
                tokens.append(AddedToken(content: text, id: pieces.count))
                pieces.append(text)
            }
        }
        standsAloneIDs = Set(
            tokens.map(\.id).filter { !specialIDs.contains($0) || ($0 >= own.count && !roles.contains($0)) })
    }
}
