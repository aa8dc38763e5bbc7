/// A part of a network: parameters, buffers and smaller modules under names, as `torch.nn.Module`.
///
/// A subclass makes its parts in `init`, calls `super.init()` and registers them. Paths join names with dots
/// ("block.0.layer.1.DenseReluDense.wi.weight"); a name may hold dots itself, so that paths can be exactly those
/// of the checkpoints that a model reads. Used from one thread.
open class Module {
    private var ownParameters: [(name: String, parameter: Parameter)] = []
    private var ownBuffers: [(name: String, tensor: Tensor)] = []
    private var children: [(name: String, module: Module)] = []
    /// Whether dropout is on; set it on the root with `train()` and `eval()`.
    public private(set) var isTraining = false

    /// Makes a module without parts.
    public init() {}

    /// Adds a parameter under a name.
    public final func register(_ name: String, _ parameter: Parameter) {
        ownParameters.append((name, parameter))
    }

    /// Adds a module under a name.
    public final func register(_ name: String, _ module: Module) { children.append((name, module)) }

    /// Adds a tensor that is saved and loaded but not trained.
    public final func register(buffer name: String, _ tensor: Tensor) { ownBuffers.append((name, tensor)) }

    /// Every parameter with its path, in order of registration, depth first; a shared one once, under the path
    /// that comes first. Walks the tree: whoever needs it often keeps the list.
    public final func namedParameters() -> [(name: String, parameter: Parameter)] {
        var seen: Set<ObjectIdentifier> = []
        var list: [(name: String, parameter: Parameter)] = []
        visit { prefix, module in
            for (name, parameter) in module.ownParameters
            where seen.insert(ObjectIdentifier(parameter)).inserted {
                list.append((prefix + name, parameter))
            }
        }
        return list
    }

    /// Every buffer with its path, depth first.
    public final func namedBuffers() -> [(name: String, tensor: Tensor)] {
        var list: [(name: String, tensor: Tensor)] = []
        visit { prefix, module in list += module.ownBuffers.map { (prefix + $0.name, $0.tensor) } }
        return list
    }

    /// This module and all below it, depth first.
    public final func modules() -> [Module] {
        var list: [Module] = []
        visit { _, module in list.append(module) }
        return list
    }

    /// How many trainable numbers there are.
    public final var parameterCount: Int { namedParameters().reduce(0) { $0 + $1.parameter.tensor.count } }

    /// Turns dropout on, here and below.
    public final func train() { visit { _, module in module.isTraining = true } }

    /// Turns dropout off, here and below.
    public final func eval() { visit { _, module in module.isTraining = false } }

    /// Sets the rate of every `Dropout` here and below; nil gives each the one that it was made with.
    public final func setDropout(_ rate: Double?) {
        visit { _, module in
            guard let dropout = module as? Dropout else { return }
            dropout.rate = rate ?? dropout.initialRate
        }
    }

    /// Lets the passes to come compute in `dtype`: takes a copy of every parameter in it, once.
    public final func setComputeType(_ dtype: DType) throws {
        for (_, parameter) in namedParameters() { try parameter.setComputeType(dtype) }
    }

    /// Goes back to float32; never fails, because it only drops the copies.
    public final func dropComputeType() {
        for (_, parameter) in namedParameters() { parameter.dropComputeType() }
    }

    /// Takes over the weights of a module of the same shape: what changes there changes here. Gradients stay
    /// apart. Buffers are not shared.
    ///
    /// - Throws: `TorchError.invalid` if the modules differ.
    public final func shareWeights(of other: Module) throws {
        let (own, others) = (namedParameters(), other.namedParameters())
        guard own.map(\.name) == others.map(\.name),
            zip(own, others).allSatisfy({ $0.parameter.tensor.shape == $1.parameter.tensor.shape })
        else { throw TorchError.invalid("shareWeights: the modules have different parameters") }
        for (mine, theirs) in zip(own, others) { try mine.parameter.shareValues(of: theirs.parameter) }
    }

    private func visit(prefix: String = "", _ body: (_ prefix: String, _ module: Module) -> Void) {
        body(prefix, self)
        for (name, module) in children { module.visit(prefix: "\(prefix)\(name).", body) }
    }
}
