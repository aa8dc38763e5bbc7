// What the training of a sequence-to-sequence network minimises unless it says otherwise: the cross-entropy of the
// labels, or, of a network that copies, the negative logarithm of writing or copying them.
extension SequenceToSequenceModel {
    /// Adds the gradients of the labels' loss.
    public func backward(
        _ batch: SequenceToSequenceBatch, scale: Double, labelSmoothing: Double
    ) throws -> Double {
        let vocabulary = configuration.vocabularySize
        guard copies else {
            return try ChunkedCrossEntropy.backward(
                states: labelledStates(batch), labels: batch.labels, vocabulary: vocabulary, scale: scale,
                labelSmoothing: labelSmoothing, head: logits)
        }
        let (states, dtype) = try copyingStates(batch)
        return try ChunkedCrossEntropy.backward(
            states: states, labels: batch.labels, vocabulary: vocabulary, scale: scale
        ) { try copyingLoss($0, $1, dtype: dtype, smoothing: labelSmoothing) }
    }

    /// The labels' loss.
    public func loss(_ batch: SequenceToSequenceBatch) throws -> Double {
        let vocabulary = configuration.vocabularySize
        guard copies else {
            return try ChunkedCrossEntropy.sum(
                states: labelledStates(batch), labels: batch.labels, vocabulary: vocabulary, head: logits)
        }
        let (states, dtype) = try copyingStates(batch)
        return try ChunkedCrossEntropy.sum(states: states, labels: batch.labels, vocabulary: vocabulary) {
            try copyingLoss($0, $1, dtype: dtype, smoothing: 0)
        }
    }

    /// The decoder's states at the positions that have a label: [labels, size].
    private func labelledStates(_ batch: SequenceToSequenceBatch) throws -> Tensor {
        var source = try encode(batch.source)
        source.targetPacking = batch.targetPacking
        return try decode(batch.decoderInput, source: source, cache: nil).flatten(endDim: 1)
            .indexSelect(dim: 0, indices: batch.positions)
    }

    /// Whether it is trained on packed rows: where our kernels take attention, which do not drop everything.
    var packsRows: Bool {
        readsPackedRows && !copies && device == .cpu && dropouts.allSatisfy { $0.rate < 1 }
    }
}
