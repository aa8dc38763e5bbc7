extension SequenceToSequenceStudent {
    /// How a network that says that it reads packed rows learns other things from them than from padded ones; nil if it does
    /// not. Dropout is on: it drops the same of both.
    func packingFault(_ model: Model, _ sources: [[Int]]) throws -> String? {
        guard model.packsRows else { return nil }
        let pass = DropoutPass(RandomSource(seed: 1))
        model.follow(pass)
        model.train()
        let parameters = model.namedParameters()
        defer {
            model.eval()
            for (_, parameter) in parameters { try? parameter.tensor.zeroGrad() }
        }
        func learned(packed: Bool) throws -> (loss: Double, gradients: [Tensor?]) {
            for (_, parameter) in parameters { try parameter.tensor.zeroGrad() }
            pass.begin(step: 0, rows: Array(sources.indices))
            let batch = try SequenceToSequenceBatch(
                sources: sources, targets: sources, padID: model.padID, startID: model.decoderStartID,
                packed: packed)
            let loss = try model.backward(
                batch, scale: 1 / Double(max(1, batch.itemCount)), labelSmoothing: 0)
            return (loss, try parameters.map { try $0.parameter.tensor.grad })
        }
        let (padded, packed) = (try learned(packed: false), try learned(packed: true))
        guard abs(padded.loss - packed.loss) <= 1e-4 * abs(padded.loss) else {
            return "the loss of packed rows is \(packed.loss), that of the same rows padded \(padded.loss)"
        }
        for (place, (one, other)) in zip(padded.gradients, packed.gradients).enumerated() {
            guard let one, let other else {
                if one == nil, other == nil { continue }
                return
                    "'\(parameters[place].name)' gets a gradient only of \(one == nil ? "packed" : "padded") rows"
            }
            let difference = try (one - other).abs().max().item()
            guard try difference <= 1e-4 * (1e-3 + one.abs().max().item()) else {
                return
                    "the gradient of '\(parameters[place].name)' differs by \(difference) if rows are packed"
            }
        }
        return nil
    }
}
