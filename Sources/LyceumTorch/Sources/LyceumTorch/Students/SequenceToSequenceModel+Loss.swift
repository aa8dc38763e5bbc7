// What the training of a sequence-to-sequence network minimises unless it says otherwise.
extension SequenceToSequenceModel {
    /// The cross-entropy of the labels.
    public func backward(
        _ batch: SequenceToSequenceBatch, scale: Double, labelSmoothing: Double
    ) throws -> Double {
        try ChunkedCrossEntropy.backward(
            states: labelledStates(batch), labels: batch.labels, vocabulary: configuration.vocabularySize,
            scale: scale, labelSmoothing: labelSmoothing, head: logits)
    }

    /// The cross-entropy of the labels.
    public func loss(_ batch: SequenceToSequenceBatch) throws -> Double {
        try ChunkedCrossEntropy.sum(
            states: labelledStates(batch), labels: batch.labels, vocabulary: configuration.vocabularySize,
            head: logits)
    }

    /// The decoder's states at the positions that have a label: [labels, size].
    private func labelledStates(_ batch: SequenceToSequenceBatch) throws -> Tensor {
        let source = try encode(batch.source)
        return try decode(batch.decoderInput, source: source, cache: nil).flatten(endDim: 1)
            .indexSelect(dim: 0, indices: batch.positions)
    }
}
