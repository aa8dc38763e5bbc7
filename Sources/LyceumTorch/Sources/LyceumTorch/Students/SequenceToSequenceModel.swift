import LyceumKit

/// The shape of a sequence-to-sequence network.
public protocol SequenceToSequenceConfiguration: NetworkConfiguration {}

/// An encoder-decoder network: what a plugin writes. `SequenceToSequenceStudent` makes a student of it.
public protocol SequenceToSequenceModel: TextNetwork, AutoregressiveDecoder
where Configuration: SequenceToSequenceConfiguration {
    /// What its configuration says about generation unless a checkpoint's does: keys of generation_config.json.
    static var generationDefaults: [String: Value] { get }

    /// The states of the sources.
    func encode(_ source: TokenBatch) throws -> EncodedSource
}

extension SequenceToSequenceModel {
    /// Nothing.
    public static var generationDefaults: [String: Value] { [:] }
}
