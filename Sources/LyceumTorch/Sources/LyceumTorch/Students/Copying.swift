import LyceumKit

/// What the decoder of a network that copies gives: the features that `logits` scores, the score of its gate (high:
/// write a word of the vocabulary, low: copy one), and where in the source it looks, side by side.
///
/// A network that says `copies` and returns this from `decode` has its scores, its loss and its classification.
/// Source: See, Liu and Manning, "Get To The Point: Summarization with Pointer-Generator Networks" (2017).
public enum CopyStates {
    /// Puts the parts of some steps side by side.
    ///
    /// - Parameters:
    ///   - features: [..., size]; `logits` is given them back.
    ///   - gate: [..., 1].
    ///   - attention: a distribution over the source's positions, [..., source length].
    /// - Returns: [..., size + 1 + source length], float32.
    public static func join(_ features: Tensor, gate: Tensor, attention: Tensor) throws -> Tensor {
        try Tensor.cat([features.to(.float32), gate.to(.float32), attention.to(.float32)], dim: -1)
    }

    /// The log-probability of labels that may be written or copied, equation (9) of the paper in logarithms.
    ///
    /// - Parameters:
    ///   - logProbabilities: of the vocabulary, [labels, vocabulary].
    ///   - labels: [labels]; those above the vocabulary can only be copied, those below 0 are none.
    ///   - gate: its score, [labels].
    ///   - copied: the attention to the places where the source has the label, [labels].
    /// - Returns: [labels]; what it is for a label below 0 means nothing.
    public static func logLikelihood(
        _ logProbabilities: Tensor, labels: Tensor, gate: Tensor, copied: Tensor
    ) throws -> Tensor {
        let inVocabulary = try labels.ge(0).logicalAnd(labels.lt(logProbabilities.size(1)))
        let safe = try Tensor.where(inVocabulary, labels, labels.zerosLike())
        let likelihood = try logProbabilities.gather(dim: 1, indices: safe.unsqueeze(1)).squeeze(1)
        return try mixture(
            likelihood.maskedFill(inVocabulary.logicalNot(), TokenBatch.blocked), gate: gate, copied: copied)
    }

    /// The log-probability of labels that may be written or copied, and the mean of the vocabulary's log-probabilities.
    ///
    /// - Parameters:
    ///   - scores: of the vocabulary, [labels, vocabulary], not normalised.
    ///   - labels: [labels], as in the other form.
    ///   - gate: as in the other form.
    ///   - copied: as in the other form.
    /// - Returns: [labels] each, float32; what the first is for a label below 0 means nothing.
    public static func logLikelihood(
        scores: Tensor, labels: Tensor, gate: Tensor, copied: Tensor
    ) throws -> (label: Tensor, mean: Tensor) {
        let outside = try labels.ge(scores.size(1))
        let (label, mean) = try scores.labelLikelihood(labels.maskedFill(outside, -1))
        let written = try label.maskedFill(outside.logicalOr(labels.lt(0)), TokenBatch.blocked)
        return (try mixture(written, gate: gate, copied: copied), mean)
    }

    /// A word outside the vocabulary can only be copied; others may be nowhere to copy from.
    private static func mixture(_ written: Tensor, gate: Tensor, copied: Tensor) throws -> Tensor {
        try (written + gate.logsigmoid()).logaddexp((copied + least).log() + (-gate).logsigmoid())
    }

    /// The attention to the places where the source has the label: [labels, source length] to [labels].
    ///
    /// - Parameters:
    ///   - attention: of each position to the source.
    ///   - batch: what the labels are of.
    public static func copied(_ attention: Tensor, _ batch: SequenceToSequenceBatch) throws -> Tensor {
        let rows = try batch.positions.floorDivide(batch.decoderInput.size(1))
        let matches = try batch.source.ids.indexSelect(dim: 0, indices: rows).eq(batch.labels.unsqueeze(1))
        return try (attention * matches.to(.float32)).sum(dim: 1)
    }

    /// Keeps the logarithm of a probability finite.
    private static let least = 1e-12
}

extension EncodedSource {
    /// What an encoder made of a batch whose words can be copied.
    ///
    /// - Parameters:
    ///   - states: the states above the encoder.
    ///   - mask: of the source: blocks its padding.
    ///   - batch: as the encoder was given it.
    ///   - vocabulary: how many words can be written without copying.
    ///   - start: the token that a text begins with.
    public init(
        states: Tensor, mask: Tensor?, copyingFrom batch: TokenBatch, vocabulary: Int, start: [Tensor] = []
    ) {
        self.init(
            states: states, mask: mask, ids: batch.ids,
            extraTokens: max(0, batch.largestID + 1 - vocabulary), start: start)
    }
}

extension SequenceToSequenceModel {
    /// That of the vocabularies that `makeTokenizer` learns.
    public var unknownID: Int { 2 }

    /// The vectors of ids; those above the vocabulary, which a network that copies is given, are unknown.
    public func embed(_ ids: Tensor, _ table: Embedding) throws -> Tensor {
        guard copies else { return try table(ids) }
        return try table(ids.maskedFill(ids.ge(configuration.vocabularySize), unknownID))
    }

    /// Those of `logits`, or, of a network that copies, the logarithms of what is written or copied.
    public func scores(_ states: Tensor, source: EncodedSource) throws -> Tensor {
        guard copies else { return try logits(states) }
        let (features, gate, attention, ids) = try copyParts(states, source)
        let rows = try states.size(0)
        let generated =
            try logits(features.to(source.states.dtype)).to(.float32).softmax(dim: 1) * gate.sigmoid()
        let others = try Tensor.zeros([rows, source.extraTokens], device: generated.device)
        let places = try ids.repeatInterleave(rows / max(1, ids.size(0)), dim: 0)
        return try Tensor.cat([generated, others], dim: 1)
            .scatterAdd(dim: 1, indices: places, source: attention * (-gate).sigmoid()).log()
    }

    /// The loss of labels that may be copied, with a label's features, gate and copied attention side by side:
    /// [labels, size + 2].
    func copyingLoss(_ states: Tensor, _ labels: Tensor, dtype: DType, smoothing: Double) throws -> Tensor {
        let size = try states.size(1) - 2
        let features = try states.narrow(dim: 1, start: 0, length: size).to(dtype)
        let (likelihood, mean) = try CopyStates.logLikelihood(
            scores: logits(features), labels: labels, gate: states[.all, size], copied: states[.all, size + 1]
        )
        var loss = try -likelihood
        if smoothing > 0 { loss = try loss * (1 - smoothing) - mean * smoothing }
        return try loss.maskedFill(labels.lt(0), 0).sum()
    }

    /// What `copyingLoss` needs at each label.
    func copyingStates(_ batch: SequenceToSequenceBatch) throws -> (states: Tensor, dtype: DType) {
        let source = try encode(batch.source)
        let states = try decode(batch.decoderInput, source: source, cache: nil).flatten(endDim: 1)
            .indexSelect(dim: 0, indices: batch.positions)
        let (features, gate, attention, _) = try copyParts(states, source)
        let copied = try CopyStates.copied(attention, batch).unsqueeze(1)
        return (try Tensor.cat([features, gate, copied], dim: 1), source.states.dtype)
    }

    /// The parts of [rows, size + 1 + source length], and the source's ids.
    private func copyParts(
        _ states: Tensor, _ source: EncodedSource
    ) throws -> (features: Tensor, gate: Tensor, attention: Tensor, ids: Tensor) {
        guard let ids = source.ids else {
            throw TorchError.invalid(
                "a network that copies says what from: return EncodedSource(states:mask:copyingFrom:vocabulary:) from "
                    + "encode")
        }
        let (width, length) = (try states.size(1), try ids.size(1))
        guard width > length + 1 else {
            throw TorchError.invalid(
                "a network that copies returns CopyStates.join(features, gate: …, attention: …) from decode; states "
                    + "of size \(width) have no room for the attention to \(length) positions")
        }
        return (
            try states.narrow(dim: 1, start: 0, length: width - length - 1),
            try states.narrow(dim: 1, start: width - length - 1, length: 1),
            try states.narrow(dim: 1, start: width - length, length: length), ids
        )
    }
}
