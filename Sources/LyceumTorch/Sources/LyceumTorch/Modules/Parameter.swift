internal import CTorch

/// A trainable tensor of a module.
public final class Parameter {
    /// The trained values, float32: what the optimizer changes and a checkpoint holds.
    public private(set) var tensor: Tensor
    /// Whether AdamW's weight decay applies; by custom not to biases and norms.
    public let decays: Bool
    /// Whether it is a table that ids look up: such tables may learn at a rate of their own.
    public let isEmbedding: Bool
    private var cast: Tensor?

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
    private(set) var quantised: QuantisedWeight?

    /// Copies made for passes without gradients, of the values that `stamp` stands for.
    private var copies: [DType: Tensor] = [:]
    private var keptQuantised: QuantisedWeight?
    private var stamp: Stamp?

    /// Which values a tensor holds: changes when they do.
    private struct Stamp: Equatable {
        let version: Int64
        let address: UnsafeRawPointer?
    }

    /// Takes a copy in `dtype` for the passes to come; float32 drops the copy.
    ///
    /// While gradients are recorded the copy is part of the graph, so a backward pass reaches `tensor`. Else it is kept
    /// for the next time, as long as the values stay as they are.
    func setComputeType(_ dtype: DType) throws {
        quantised = nil
        guard dtype != .float32 else {
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

    /// Lets the passes to come multiply with rows in eight bits; `value` stays what it is.
    func quantise() throws {
        guard tensor.rank == 2, tensor.device == .cpu, Tensor.hasDecoderKernels else { return }
        checkCopies()
        let weight = try keptQuantised ?? QuantisedWeight(tensor)
        keptQuantised = weight
        quantised = weight
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
        tensor = try other.tensor.detach().requiresGrad(true)
        forgetCopies()
    }

    /// Goes back to float32.
    func dropComputeType() {
        cast = nil
        quantised = nil
    }
}
