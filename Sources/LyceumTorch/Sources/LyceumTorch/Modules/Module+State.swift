import LyceumKit

extension Module {
    /// Every parameter and buffer by path: what a checkpoint holds.
    public final func state() -> [(name: String, tensor: Tensor)] {
        namedParameters().map { ($0.name, $0.parameter.tensor) } + namedBuffers()
    }
}

extension Tensor {
    /// The truth value of a tensor with one element.
    func isTrue() throws -> Bool { try item() != 0 }
}
