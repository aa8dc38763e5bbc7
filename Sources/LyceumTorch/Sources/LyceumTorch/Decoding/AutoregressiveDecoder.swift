/// A network that writes a text token by token while it reads an encoded source: what the searches drive.
public protocol AutoregressiveDecoder: AnyObject {
    /// Layers that a `DecoderCache` must hold.
    var decoderLayerCount: Int { get }
    /// Whether `decode` works for rows that have read different numbers of tokens: it then attends by
    /// `DecoderCache.attend` and `attendToSource` alone, takes positions from `DecoderCache.positions`, carries nothing
    /// else from token to token, and its scores depend on nothing but the states. Requests can then join a batch at any
    /// time. False unless a network says otherwise.
    var decodesUnevenRows: Bool { get }
    /// The token that every text begins with, itself not part of it.
    var decoderStartID: Int { get }
    /// The token that ends a text.
    var eosID: Int { get }

    /// The states above the last decoder layer.
    ///
    /// - Parameters:
    ///   - tokens: [rows, length], int64.
    ///   - source: the encoded sources.
    ///   - cache: nil to read whole texts, each position seeing those up to itself. Else `tokens` follow those
    ///     that the cache holds, and are added to it; rows are hypotheses, source by source.
    /// - Returns: [rows, length, size].
    func decode(_ tokens: Tensor, source: EncodedSource, cache: DecoderCache?) throws -> Tensor

    /// The scores of the next token: [rows, size] to [rows, vocabulary].
    func logits(_ states: Tensor) throws -> Tensor

    /// The scores of the next token where they depend on the source, as those of a network that copies: [rows, size] to
    /// [rows, vocabulary + the source's extra tokens]. `logits` unless a network says otherwise.
    ///
    /// - Parameters:
    ///   - states: above the last layer, [rows, size].
    ///   - source: the encoded sources; rows are hypotheses, source by source.
    func scores(_ states: Tensor, source: EncodedSource) throws -> Tensor
}

/// A network that reads sources and writes texts about them.
public protocol EncoderDecoder: AutoregressiveDecoder {
    /// The token that fills up short sources.
    var padID: Int { get }
    /// Where it computes.
    var device: Device { get }

    /// The states of the sources.
    func encode(_ source: TokenBatch) throws -> EncodedSource
}

extension AutoregressiveDecoder {
    /// Those of the vocabulary.
    public func scores(_ states: Tensor, source: EncodedSource) throws -> Tensor { try logits(states) }

    /// One step of generation: the float32 scores of what may follow `tokens`, [rows, vocabulary] or more.
    func step(_ tokens: [Int], source: EncodedSource, cache: DecoderCache) throws -> Tensor {
        try step(tokens.map { [$0] }, source: source, cache: cache)
    }

    /// The same for as many tokens in each row: the scores of what may follow each, [rows · tokens, vocabulary] or more.
    func step(_ tokens: [[Int]], source: EncodedSource, cache: DecoderCache) throws -> Tensor {
        let steps = tokens.first?.count ?? 1
        let read = try Tensor(tokens.flatMap { $0 }, shape: [tokens.count, steps]).to(source.states.device)
        cache.uneven?.begin(steps: steps)
        let states = try decode(read, source: source, cache: cache)
        try cache.checkRows(tokens.count)
        return try scores(states.flatten(endDim: 1), source: source).to(.float32)
    }

    /// It does not.
    public var decodesUnevenRows: Bool { false }
}
