/// Tokens that must not come next: set to minus infinity, as transformers' logits processors do.
struct TokenConstraints {
    let minNewTokens: Int
    let noRepeatNgramSize: Int
    let eosID: Int
    let startID: Int

    init(_ options: DecodingOptions, _ decoder: some AutoregressiveDecoder) {
        minNewTokens = options.minNewTokens
        noRepeatNgramSize = options.noRepeatNgramSize
        eosID = decoder.eosID
        startID = decoder.decoderStartID
    }

    /// The scores with what is forbidden taken out.
    ///
    /// - Parameters:
    ///   - scores: [rows, vocabulary].
    ///   - texts: the tokens of each row so far, the start token excluded.
    func apply(to scores: Tensor, texts: [[Int]]) throws -> Tensor {
        var scores = scores
        if let written = texts.first?.count, written < minNewTokens {
            try scores.narrow(dim: 1, start: eosID, length: 1).fill_(-Double.infinity)
        }
        guard noRepeatNgramSize > 0 else { return scores }
        let vocabulary = try scores.size(1)
        let banned = texts.enumerated().flatMap { row, text in
            Self.repeated(after: [startID] + text, size: noRepeatNgramSize).map { row * vocabulary + $0 }
        }
        if !banned.isEmpty {
            scores = try scores.flatten().scatter(
                dim: 0, indices: Tensor(banned).to(scores.device), value: -Double.infinity
            )
            .view(texts.count, vocabulary)
        }
        return scores
    }

    /// The tokens that would make an n-gram of `size` occur a second time.
    static func repeated(after text: [Int], size: Int) -> Set<Int> {
        guard size > 0, text.count >= size else { return [] }
        let prefix = text.suffix(size - 1)
        var banned: Set<Int> = []
        for start in 0...(text.count - size) where text[start..<start + size - 1].elementsEqual(prefix) {
            banned.insert(text[start + size - 1])
        }
        return banned
    }
}
