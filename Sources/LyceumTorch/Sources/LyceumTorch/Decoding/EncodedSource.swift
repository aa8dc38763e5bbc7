/// What an encoder made of a batch of sources.
public struct EncodedSource {
    /// [rows, length, size].
    public let states: Tensor
    /// Added to the scores of attention to the source, [rows, 1, 1, length]; nil if there is no padding.
    public let mask: Tensor?

    /// Holds states and their mask.
    public init(states: Tensor, mask: Tensor?) {
        self.states = states
        self.mask = mask
    }

    /// The rows of `indices`.
    func select(_ indices: [Int]) throws -> EncodedSource {
        let indices = try Tensor(indices).to(states.device)
        return EncodedSource(
            states: try states.indexSelect(dim: 0, indices: indices),
            mask: try mask?.indexSelect(dim: 0, indices: indices))
    }
}
