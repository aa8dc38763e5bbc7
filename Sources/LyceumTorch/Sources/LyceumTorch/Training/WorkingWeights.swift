internal import CTorch

/// The weights of a run in the type that matrices are multiplied in: one copy for all learners, which the optimizer keeps up
/// to date. The trained weights stay in float32.
///
/// Each learner has leaves of its own over the copy, so that its gradients stay in that type until the optimizer reads
/// them. Where several backward passes add to a gradient, what there is goes to float32 between them.
///
/// Sendable because a learner's leaves are used by the thread that works for it, and nobody changes the copies meanwhile.
final class WorkingWeights: @unchecked Sendable {
    /// A learner at work. (A closure in its place crashes in release builds of Swift 6.3: its metadata is null.)
    struct Turn: Sendable {
        let weights: WorkingWeights?
        let learner: Int

        /// Before another backward pass adds to the gradients.
        func keepGradients() throws { try weights?.moveGradients(of: learner) }
    }

    /// Who computes on this thread.
    @TaskLocal static var turn = Turn(weights: nil, learner: 0)

    /// By learner and parameter.
    private let parameters: [[Parameter]]
    /// By parameter: the trained weights and their copy.
    private let masters: [Tensor]
    let copies: [Tensor]
    /// By learner and parameter.
    private let leaves: [[Tensor]]
    /// Of the trained weights that the copies hold.
    private var versions: [Int64?]

    /// Makes copies, without values yet.
    ///
    /// - Parameters:
    ///   - learners: by learner its parameters, in one order, the original's first; all share their values.
    ///   - dtype: what matrices are multiplied in.
    init(_ learners: [[Parameter]], dtype: DType) throws {
        let masters = learners[0].map(\.tensor)
        let copies = try masters.map { try Tensor.zeros($0.shape, dtype: dtype, device: $0.device) }
        parameters = learners
        self.masters = masters
        self.copies = copies
        leaves = try learners.map { _ in try copies.map { try $0.detach().requiresGrad(true) } }
        versions = masters.map { _ in nil }
    }

    /// Copies the weights that have changed since, by whoever.
    func refresh() throws {
        try noGrad {
            for (place, master) in masters.enumerated()
            where versions[place] != ctorch_tensor_version(master.handle) {
                try copies[place].copy_(master.detach())
            }
        }
        noteVersions()
    }

    /// Takes note that the copies hold the weights as they are now.
    func noteVersions() { versions = masters.map { ctorch_tensor_version($0.handle) } }

    /// Lets a learner compute with the copies.
    func use(in learner: Int) throws {
        for (parameter, leaf) in zip(parameters[learner], leaves[learner]) {
            // Weights may be frozen.
            try leaf.requiresGrad(parameter.tensor.requiresGrad)
            parameter.use(leaf)
        }
    }

    /// The gradient that a learner has left for a parameter's copy.
    func gradient(learner: Int, parameter: Int) throws -> Tensor? { try leaves[learner][parameter].grad }

    /// Adds the gradients of a learner's copies to those of its parameters, in float32: more are to come.
    func moveGradients(of learner: Int) throws {
        try noGrad {
            for (parameter, leaf) in zip(parameters[learner], leaves[learner]) {
                guard let gradient = try leaf.grad else { continue }
                if let sum = try parameter.tensor.grad {
                    try sum.add_(gradient)
                } else {
                    try parameter.tensor.setGrad(gradient.to(.float32))
                }
                try leaf.zeroGrad()
            }
        }
    }

    /// Forgets all gradients.
    func forgetGradients() throws { for learner in leaves { for leaf in learner { try leaf.zeroGrad() } } }
}
