import LyceumKit
import LyceumText

/// An encoder whose layers can be looked at one by one.
public protocol LayeredEncoder: TextNetwork {
    /// How many layers it has.
    var layerCount: Int { get }
    /// The states above a layer: [rows, length, size].
    ///
    /// - Parameters:
    ///   - source: the texts.
    ///   - layer: from 0, below the first, to `layerCount`.
    func states(_ source: TokenBatch, above layer: Int) throws -> Tensor
}

extension SequenceClassificationStudent: EmbeddingStudent where Encoder: LayeredEncoder {
    /// How many layers its encoder has.
    public func encoderLayers() throws -> Int { try embedding().network.encoder.layerCount }

    /// The vectors of each text's pieces; see `EmbeddingStudent`.
    public func embed(_ texts: [String], layer: Int, batchSize: Int, job: Job) throws -> [PieceVectors] {
        let (network, tokenizer) = try embedding()
        let count = network.encoder.layerCount
        guard (0...max(0, count)).contains(layer) else {
            throw LyceumError.invalid(
                "the layer", expected: "0 to \(count), the layers of this student", got: String(layer),
                remedy: nil)
        }
        let limit = min(maxSourceLength, network.encoder.maxPositions ?? .max)
        let (rows, cut) = try tokenizer.encodeInputs(texts, limit: limit, job: job)
        job.noteCut(cut, of: texts.count, limit: limit, positions: network.encoder.maxPositions)
        network.eval()
        try network.move(to: device(nil))
        defer { network.dropComputeType() }
        let order = rows.indices.sorted { rows[$0].count > rows[$1].count }
        let size = max(1, batchSize)
        var vectors = [PieceVectors](repeating: PieceVectors(ids: [], values: []), count: rows.count)
        try noGrad {
            try network.setComputeType(.float32)
            for start in stride(from: 0, to: order.count, by: size) {
                try job.checkCancelled()
                let some = order[start..<min(start + size, order.count)]
                let batch = try TokenBatch(some.map { rows[$0] }, padID: tokenizer.padID)
                let states = try network.encoder.states(batch.to(network.device), above: layer).to(.float32)
                    .to(.cpu)
                let (length, width) = try (states.size(1), states.size(2))
                let numbers = try states.floats()
                for (place, input) in some.enumerated() {
                    let first = place * length * width
                    vectors[input] = PieceVectors(
                        ids: rows[input],
                        values: Array(numbers[first..<(first + rows[input].count * width)]))
                }
                job.update(done: start + some.count, of: rows.count, unit: "texts")
            }
        }
        job.finish(done: rows.count, of: rows.count, unit: "texts")
        return vectors
    }

    private func embedding() throws -> (network: ClassificationNetwork<Encoder>, tokenizer: any Tokenizer) {
        guard let network, let tokenizer else {
            throw LyceumError.unsupported(
                "this student has no network yet",
                remedy: "load a checkpoint, or train it first (num_train_epochs = 0 only prepares it)")
        }
        return (network, tokenizer)
    }
}
