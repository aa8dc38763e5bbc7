/// What an encoder made of a batch of sources.
public struct EncodedSource {
    /// [rows, length, size].
    public let states: Tensor
    /// Added to the scores of attention to the source, [rows, 1, 1, length]; nil if there is no padding.
    public let mask: Tensor?
    /// For a network that copies: the ids of the source's tokens [rows, length]; those of words outside the vocabulary
    /// lie above it. Else nil.
    public let ids: Tensor?
    /// How many ids above the vocabulary `ids` may hold.
    public let extraTokens: Int
    /// What a recurrent decoder begins with, [rows, ...] each.
    public let start: [Tensor]
    /// How the sources lie in `states` [1, total, size], if they were packed.
    public let packing: RowPacking?
    /// How the tokens that are to be decoded lie in their line, if they are packed.
    public var targetPacking: RowPacking?

    /// Holds what an encoder made.
    public init(
        states: Tensor, mask: Tensor?, ids: Tensor? = nil, extraTokens: Int = 0, start: [Tensor] = [],
        packing: RowPacking? = nil
    ) {
        self.packing = packing
        self.states = states
        self.mask = mask
        self.ids = ids
        self.extraTokens = extraTokens
        self.start = start
    }

    /// The same with other states, for parts that are computed again; see `Module.recomputed`.
    public func with(states: Tensor) -> EncodedSource {
        var source = EncodedSource(
            states: states, mask: mask, ids: ids, extraTokens: extraTokens, start: start, packing: packing)
        source.targetPacking = targetPacking
        return source
    }

    /// The rows of `indices`.
    func select(_ indices: [Int]) throws -> EncodedSource {
        let indices = try Tensor(indices).to(states.device)
        return EncodedSource(
            states: try states.indexSelect(dim: 0, indices: indices),
            mask: try mask?.indexSelect(dim: 0, indices: indices),
            ids: try ids?.indexSelect(dim: 0, indices: indices), extraTokens: extraTokens,
            start: try start.map { try $0.indexSelect(dim: 0, indices: indices) })
    }
}
