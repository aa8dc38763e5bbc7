internal import CTorch

/// A trainable tensor of a module.
public final class Parameter {
    /// The trained values, float32: what the optimizer changes and a checkpoint holds.
    ///
    /// Of a parameter that is kept in eight bits (`isRounded`) this has only the shape; all elements are NaN. Use `values()`
    /// where such a parameter can come.
    public private(set) var tensor: Tensor
    /// Whether AdamW's weight decay applies; by custom not to biases and norms.
    public let decays: Bool
    /// Whether it is a table that ids look up: such tables may learn at a rate of their own.
    public let isEmbedding: Bool
    private var cast: Tensor?

    /// Its rows in eight bits, if it has no values in another type.
    private(set) var rounded: QuantisedWeight?
    /// Its rows in eight bits, while passes multiply with those.
    private var chosen: QuantisedWeight?
    /// What passes compute in.
    private var computeType = DType.float32

    /// Copies made for passes without gradients, of the values that `stamp` stands for.
    private var copies: [DType: Tensor] = [:]
    private var keptQuantised: QuantisedWeight?
    private var stamp: Stamp?

    /// Which values a tensor holds: changes when they do.
    private struct Stamp: Equatable {
        let version: Int64
        let address: UnsafeRawPointer?
    }

    /// Makes a parameter of initial values, which from then on require gradients.
    public init(_ initial: Tensor, decays: Bool = true, isEmbedding: Bool = false) throws {
        tensor = try initial.detach().to(.float32)
        try tensor.requiresGrad(true)
        self.decays = decays
        self.isEmbedding = isEmbedding
    }

    /// What a forward pass computes with: `tensor`, or its copy in the module's compute type.
    public var value: Tensor { cast ?? tensor }

    /// Its rows in eight bits, if the passes to come multiply with those.
    var quantised: QuantisedWeight? { rounded ?? chosen }

    /// Whether it is kept in eight bits, and cannot be trained.
    var isRounded: Bool { rounded != nil }

    /// The values, float32, also of a parameter that is kept in eight bits.
    func values() throws -> Tensor { try rounded?.values() ?? tensor.detach() }

    /// The vectors of `ids`: [...] to [..., size].
    func lookUp(_ ids: Tensor) throws -> Tensor {
        guard let quantised else { return try Tensor.embedding(value, ids) }
        return try quantised.lookUp(ids, dtype: computeType)
    }

    /// Takes a copy in `dtype` for the passes to come; float32 drops the copy.
    ///
    /// While gradients are recorded the copy is part of the graph, so a backward pass reaches `tensor`. Else it is kept
    /// for the next time, as long as the values stay as they are.
    func setComputeType(_ dtype: DType) throws {
        chosen = nil
        computeType = dtype
        guard dtype != .float32, !isRounded else {
            cast = nil
            return
        }
        if ctorch_grad_mode() {
            forgetCopies()
            cast = try tensor.to(dtype)
            return
        }
        checkCopies()
        let copy = try copies[dtype] ?? tensor.detach().to(dtype)
        copies[dtype] = copy
        cast = copy
    }

    /// Lets the passes to come compute with a copy that somebody keeps, a leaf of its own.
    func use(_ copy: Tensor) {
        (chosen, cast, computeType) = (nil, copy, copy.dtype)
        forgetCopies()
    }

    /// Lets the passes to come multiply with rows in eight bits, and look up such rows; everything else they compute in
    /// `dtype`.
    func quantise(_ dtype: DType) throws {
        (cast, computeType) = (nil, dtype)
        guard !isRounded else { return }
        checkCopies()
        let weight = try keptQuantised ?? QuantisedWeight(tensor)
        keptQuantised = weight
        chosen = weight
    }

    /// Goes back to float32.
    func dropComputeType() {
        cast = nil
        chosen = nil
        computeType = .float32
    }

    /// Forgets copies of values that have changed since.
    private func checkCopies() {
        let version = ctorch_tensor_version(tensor.handle)
        let now = Stamp(version: version, address: ctorch_tensor_data(tensor.handle))
        if now != stamp || version < 0 { forgetCopies() }
        stamp = now
    }

    private func forgetCopies() {
        copies = [:]
        keptQuantised = nil
        stamp = nil
    }

    /// Takes over the values of another parameter: one memory, two gradients.
    func shareValues(of other: Parameter) throws {
        try take(other.tensor)
        rounded = other.rounded
    }

    /// Takes over a float32 tensor as its values, memory and all.
    func take(_ values: Tensor) throws {
        tensor = try values.detach().requiresGrad(true)
        rounded = nil
        forgetCopies()
    }

    /// Takes over a matrix in eight bits in place of values.
    func take(_ weight: QuantisedWeight) throws {
        try take(Tensor.full([], Double.nan).expand(weight.rows.shape))
        rounded = weight
    }

    /// Copies its values together if they do not lie in one piece of memory: fused optimizers read them as if they did.
    func joinPieces() throws {
        guard !isRounded, !tensor.isContiguous else { return }
        let learns = tensor.requiresGrad
        try take(tensor.detach().contiguous())
        try tensor.requiresGrad(learns)
    }

    /// Copies its values out of the file that they lie in, if they do.
    func leaveFile() throws {
        if let weight = rounded {
            return try take(
                QuantisedWeight(rows: weight.rows.detach().clone(), scales: weight.scales.detach().clone()))
        }
        try take(tensor.detach().clone())
    }
}
