import LyceumKit

extension Module {
    /// Every parameter and buffer by path: what a checkpoint holds.
    public final func state() -> [(name: String, tensor: Tensor)] {
        namedParameters().map { ($0.name, $0.parameter.tensor) } + namedBuffers()
    }
}

extension Module {
    /// Whether some of its weights are kept in eight bits: then it cannot be trained.
    final var isRounded: Bool { namedParameters().contains { $0.parameter.isRounded } }

    /// The weights that `precision = "int8"` rounds: those of linear maps, and tables of vectors.
    final func roundableWeights() -> [Parameter] {
        modules().compactMap { module in
            if let linear = module as? Linear { return linear.weight }
            guard let table = module as? Embedding, table.isRoundable else { return nil }
            return table.weight
        }
    }

    /// What `state` gives, with float32 values in place of eight bits.
    final func values() throws -> [(name: String, tensor: Tensor)] {
        try namedParameters().map { ($0.name, try $0.parameter.values()) } + namedBuffers()
    }
}

extension Tensor {
    /// The truth value of a tensor with one element.
    func isTrue() throws -> Bool { try item() != 0 }
}
