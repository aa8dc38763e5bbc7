import LyceumKit

/// The shape of a sequence-to-sequence network.
public protocol SequenceToSequenceConfiguration: NetworkConfiguration {}

/// An encoder-decoder network: what a plugin writes. `SequenceToSequenceStudent` makes a student of it.
public protocol SequenceToSequenceModel: TextNetwork, EncoderDecoder
where Configuration: SequenceToSequenceConfiguration {
    /// What its configuration says about generation unless a checkpoint's does: keys of generation_config.json.
    static var generationDefaults: [String: Value] { get }

    /// Whether it can copy words that the vocabulary lacks: they then have ids above it (see `CopyingTokenizer`), in
    /// sources, targets and what it writes. `embed` looks such ids up, `decode` returns `CopyStates.join`, and scores
    /// and loss follow.
    var copies: Bool { get }
    /// As what `embed` reads an id above the vocabulary.
    var unknownID: Int { get }
    /// Whether `encode` and `decode` take packed rows while it is trained on the CPU: ids [1, total] of a `TokenBatch` with a
    /// `packing`, and tokens [1, total] with the source's `targetPacking`. They then give states [1, total, size]. No part of
    /// a step is spent on padding. The contract compares both ways.
    var readsPackedRows: Bool { get }
    /// Adds the gradients of `scale` times the summed loss of a batch to the parameters.
    ///
    /// - Returns: the summed loss, not scaled.
    func backward(_ batch: SequenceToSequenceBatch, scale: Double, labelSmoothing: Double) throws -> Double
    /// The summed negative log-likelihood of a batch's labels; runs without gradients.
    func loss(_ batch: SequenceToSequenceBatch) throws -> Double
}

extension SequenceToSequenceModel {
    /// That of the SentencePiece vocabulary that `makeTokenizer` learns.
    public var eosID: Int { 1 }

    /// The padding, as T5 has it.
    public var decoderStartID: Int { padID }

    /// It does not.
    public var readsPackedRows: Bool { false }

    /// Nothing.
    public static var generationDefaults: [String: Value] { [:] }

    /// It does not.
    public var copies: Bool { false }
}
