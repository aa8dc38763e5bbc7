/// Teacher forcing: the network reads the source and the target's beginning, and is asked for the next token.
final class SequenceToSequenceLearner<Model: SequenceToSequenceModel>: Learner {
    private let model: Model
    private let writeStudent: (String) throws -> Void

    init(_ model: Model, write: @escaping (String) throws -> Void) {
        self.model = model
        writeStudent = write
    }

    var network: Module { model }

    func backward(
        _ batch: SequenceToSequenceBatch, scale: Double, labelSmoothing: Double
    ) throws -> Double {
        let batch = try batch.to(model.device)
        return try ChunkedCrossEntropy.backward(
            states: states(batch), labels: batch.labels, vocabulary: model.configuration.vocabularySize,
            scale: scale,
            labelSmoothing: labelSmoothing, head: model.logits)
    }

    func loss(_ batch: SequenceToSequenceBatch) throws -> Double {
        let batch = try batch.to(model.device)
        return try ChunkedCrossEntropy.sum(
            states: states(batch), labels: batch.labels, vocabulary: model.configuration.vocabularySize,
            head: model.logits)
    }

    func replica() throws -> SequenceToSequenceLearner? {
        let copy = try Initializer.withoutDrawing { try Model(model.configuration) }
        copy.setDropout(0)
        try noGrad {
            for (own, original) in zip(copy.namedBuffers(), model.namedBuffers()) {
                try own.tensor.copy_(original.tensor)
            }
        }
        return SequenceToSequenceLearner(copy, write: writeStudent)
    }

    func write(into folder: String) throws { try writeStudent(folder) }

    /// The decoder's states at the positions that have a label: [labels, size].
    private func states(_ batch: SequenceToSequenceBatch) throws -> Tensor {
        let source = try model.encode(batch.source)
        return try model.decode(batch.decoderInput, source: source, cache: nil).flatten(endDim: 1)
            .indexSelect(dim: 0, indices: batch.positions)
    }
}
