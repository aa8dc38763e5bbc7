/// The network reads a text and is asked for its label.
final class ClassificationLearner<Encoder: SequenceClassificationModel>: Learner {
    private let classifier: ClassificationNetwork<Encoder>
    /// By label, how much a text of it counts in training; nil counts all alike.
    private let weights: [Float]?
    private let writeStudent: (String) throws -> Void

    init(
        _ classifier: ClassificationNetwork<Encoder>, weights: [Float]? = nil,
        write: @escaping (String) throws -> Void
    ) {
        self.classifier = classifier
        self.weights = weights
        writeStudent = write
    }

    var network: Module { classifier }

    func backward(
        _ batch: ClassificationBatch, scale: Double, labelSmoothing: Double
    ) throws -> Double {
        let batch = try batch.to(classifier.device)
        let weights = try weights.map { try Tensor($0).to(classifier.device) }
        let loss = try logits(batch).crossEntropy(
            target: batch.labels, weight: weights, labelSmoothing: labelSmoothing, reduction: .sum)
        try (loss * scale).backward()
        return try loss.detach().item()
    }

    /// The loss of held-out texts counts all alike, so that runs compare.
    func loss(_ batch: ClassificationBatch) throws -> Double { try measure(batch)["loss"] ?? .nan }

    func measure(_ batch: ClassificationBatch) throws -> [String: Double] {
        let batch = try batch.to(classifier.device)
        let logits = try logits(batch)
        let right = try logits.argmax(dim: 1).eq(batch.labels).to(.float32).sum().item()
        return [
            "loss": try logits.crossEntropy(target: batch.labels, reduction: .sum).item(),
            "accuracy": right,
        ]
    }

    func replica() throws -> ClassificationLearner? {
        let copy = try Initializer.withoutDrawing {
            let network = ClassificationNetwork(try Encoder(classifier.encoder.configuration))
            try network.addClassifier(labels: classifier.labelCount)
            return network
        }
        try noGrad {
            for (own, original) in zip(copy.namedBuffers(), classifier.namedBuffers()) {
                try own.tensor.copy_(original.tensor)
            }
        }
        return ClassificationLearner(copy, weights: weights, write: writeStudent)
    }

    func write(into folder: String) throws { try writeStudent(folder) }

    private func logits(_ batch: ClassificationBatch) throws -> Tensor {
        try classifier.logits(batch.source).to(.float32)
    }
}
