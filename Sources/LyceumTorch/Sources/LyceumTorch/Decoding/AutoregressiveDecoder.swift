/// A network that writes a text token by token while it reads an encoded source: what the searches drive.
public protocol AutoregressiveDecoder: AnyObject {
    /// Layers that a `DecoderCache` must hold.
    var decoderLayerCount: Int { get }
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
    /// - Parameter source: the encoded sources; rows are hypotheses, source by source.
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
        let last = try Tensor(tokens, shape: [tokens.count, 1]).to(source.states.device)
        let states = try decode(last, source: source, cache: cache)
        try cache.checkRows(tokens.count)
        return try scores(states.select(dim: 1, index: 0), source: source).to(.float32)
    }
}
