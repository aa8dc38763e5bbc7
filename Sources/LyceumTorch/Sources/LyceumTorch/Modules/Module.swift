/// A part of a network: parameters, buffers and smaller modules under names, as `torch.nn.Module`.
///
/// A subclass declares its parts with `@Part("name")`, calls `super.init()` in its `init` and then makes them. Paths
/// join names with dots ("block.0.layer.1.DenseReluDense.wi.weight"); a name may hold dots itself, so that paths can
/// be exactly those of the checkpoints that a model reads. Used from one thread.
open class Module {
    /// The declared parts, in the order of the properties, those of a superclass first.
    private var parts: [any AnyPart] = []
    /// What `register` added.
    private var others: [(name: String, element: ModuleElement)] = []
    /// Whether dropout is on; set it on the root with `train()` and `eval()`.
    public private(set) var isTraining = false
    /// Whether parts are computed again in the backward pass; see `recomputed`.
    private(set) var recomputes = false

    /// Makes a module; its parts come after this.
    public init() {
        var mirror: Mirror? = Mirror(reflecting: self)
        var parts: [any AnyPart] = []
        while let reflected = mirror, reflected.subjectType != Module.self {
            parts = reflected.children.compactMap { $0.value as? any AnyPart } + parts
            mirror = reflected.superclassMirror
        }
        self.parts = parts
    }

    /// Adds a parameter under a name, where `@Part` will not do.
    public final func register(_ name: String, _ parameter: Parameter) {
        others.append((name, .parameter(parameter)))
    }

    /// Adds a module under a name, where `@Part` will not do.
    public final func register(_ name: String, _ module: Module) { others.append((name, .module(module))) }

    /// Adds a tensor that is saved and loaded but not trained, where `@Part` will not do.
    public final func register(buffer name: String, _ tensor: Tensor) {
        others.append((name, .buffer(tensor)))
    }

    /// What it is made of, by name: declared parts first, then registered ones.
    final var elements: [(name: String, element: ModuleElement)] { parts.flatMap(\.elements) + others }

    /// The names of the declared parts that have not been set.
    final var missingParts: [String] { parts.filter(\.isMissing).map(\.name) }

    /// Every parameter with its path, in order of registration, depth first; a shared one once, under the path
    /// that comes first. Walks the tree: whoever needs it often keeps the list.
    public final func namedParameters() -> [(name: String, parameter: Parameter)] {
        var seen: Set<ObjectIdentifier> = []
        var list: [(name: String, parameter: Parameter)] = []
        visit { prefix, module in
            for case (let name, .parameter(let parameter)) in module.elements
            where seen.insert(ObjectIdentifier(parameter)).inserted {
                list.append((prefix + name, parameter))
            }
        }
        return list
    }

    /// Every buffer with its path, depth first.
    public final func namedBuffers() -> [(name: String, tensor: Tensor)] {
        var list: [(name: String, tensor: Tensor)] = []
        visit { prefix, module in
            for case (let name, .buffer(let tensor)) in module.elements {
                list.append((prefix + name, tensor))
            }
        }
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

    /// Sets whether parts are computed again in the backward pass, here and below.
    final func setRecomputing(_ recomputes: Bool) {
        visit { _, module in module.recomputes = recomputes }
    }

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
        for case (let name, .module(let module)) in elements {
            module.visit(prefix: "\(prefix)\(name).", body)
        }
    }
}
