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
        try model.backward(batch.to(model.device), scale: scale, labelSmoothing: labelSmoothing)
    }

    func loss(_ batch: SequenceToSequenceBatch) throws -> Double { try model.loss(batch.to(model.device)) }

    func replica() throws -> SequenceToSequenceLearner? {
        let copy = try Initializer.withoutDrawing { try Model(model.configuration) }
        try noGrad {
            for (own, original) in zip(copy.namedBuffers(), model.namedBuffers()) {
                try own.tensor.copy_(original.tensor)
            }
        }
        return SequenceToSequenceLearner(copy, write: writeStudent)
    }

    func write(into folder: String) throws { try writeStudent(folder) }
}
