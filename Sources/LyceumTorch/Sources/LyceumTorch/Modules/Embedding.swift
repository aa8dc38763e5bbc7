/// A table of vectors, looked up by id.
public final class Embedding: Module {
    /// [ids, size].
    @Part("weight") public private(set) var weight: Parameter

    /// Makes a table of initial values.
    ///
    /// - Parameters:
    ///   - weight: [ids, size]; see `Initializer`.
    ///   - decays: whether weight decay applies.
    public init(weight: Tensor, decays: Bool = true) throws {
        super.init()
        self.weight = try Parameter(weight, decays: decays, isEmbedding: true)
    }

    /// Makes a table as `torch.nn.Embedding(count, size)` does, normally distributed; `deviation` is 1 there.
    public convenience init(_ count: Int, _ size: Int, deviation: Double = 1) throws {
        try self.init(weight: Initializer.normal([count, size], deviation: deviation))
    }

    /// The vectors of `ids`: [...] to [..., size].
    public func callAsFunction(_ ids: Tensor) throws -> Tensor {
        try Tensor.embedding(weight.value, ids)
    }
}
