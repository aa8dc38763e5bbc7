/// A table of vectors, looked up by id.
public final class Embedding: Module {
    /// [ids, size].
    @Part("weight") public private(set) var weight: Parameter
    /// Whether `precision = "int8"` rounds it.
    let isRoundable: Bool

    /// Makes a table of initial values.
    ///
    /// - Parameters:
    ///   - weight: [ids, size]; see `Initializer`.
    ///   - decays: whether weight decay applies.
    ///   - isRoundable: whether `precision = "int8"` may round it; not for small tables of numbers that are added up.
    public init(weight: Tensor, decays: Bool = true, isRoundable: Bool = true) throws {
        self.isRoundable = isRoundable
        super.init()
        self.weight = try Parameter(weight, decays: decays, isEmbedding: true)
    }

    /// Makes a table as `torch.nn.Embedding(count, size)` does, normally distributed; `deviation` is 1 there.
    public convenience init(_ count: Int, _ size: Int, deviation: Double = 1) throws {
        try self.init(weight: Initializer.normal([count, size], deviation: deviation))
    }

    /// The products with all vectors: [..., size] to [..., ids]. For a head that is tied to the table.
    public func scores(_ x: Tensor, bias: Tensor? = nil) throws -> Tensor { try weight.linear(x, bias) }

    /// The vectors of `ids`: [...] to [..., size].
    public func callAsFunction(_ ids: Tensor) throws -> Tensor {
        do { return try weight.lookUp(ids) } catch {
            // libtorch does not say which id it was.
            guard ids.count > 0, let largest = try? ids.max().item(), let rows = try? weight.tensor.size(0),
                largest >= Double(rows)
            else { throw error }
            throw TorchError.invalid(
                "the id \(Int(largest)) is beyond a table of \(rows) rows; a network that copies is given such ids, and "
                    + "looks them up with embed(ids, table)")
        }
    }
}
