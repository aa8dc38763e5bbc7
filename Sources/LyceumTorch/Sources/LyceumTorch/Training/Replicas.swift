import Dispatch
import Synchronization

/// A learner and copies of it that share its weights but have gradients of their own: a step's batches are divided
/// among them, one for each core.
///
/// For small networks this is the better half of the speed: an operator on few numbers gains nothing from a second
/// thread, a second batch does. What dropout drops does not depend on the division, and the gradients are added up in a
/// fixed order, so a run repeats bit for bit on the same number of cores.
final class Replicas<Trainee: Learner> {
    private let learners: [Trainee]
    /// By learner: where it stands, for its dropout.
    private let passes: [DropoutPass]
    /// By learner: its parameters, in one order.
    private let modules: [[Parameter]]
    /// The weights that all compute with, if not with those that are trained.
    private var working: WorkingWeights?
    private let threads = Torch.threads

    /// Makes as many copies as the machine and the batches are good for.
    ///
    /// - Parameters:
    ///   - learner: the original.
    ///   - limit: the most learners, the original included.
    ///   - random: the random numbers of the run.
    init(_ learner: Trainee, limit: Int, random: RandomSource) throws {
        var learners = [learner]
        while learners.count < limit, let copy = try learner.replica() {
            try copy.network.shareWeights(of: learner.network)
            copy.network.copyDropout(of: learner.network)
            copy.network.setRecomputing(learner.network.recomputes)
            learners.append(copy)
        }
        self.learners = learners
        passes = learners.map { learner in
            let pass = DropoutPass(random)
            learner.network.follow(pass)
            return pass
        }
        modules = learners.map { $0.network.namedParameters().map(\.parameter) }
    }

    /// By learner: the tensors of its parameters, in one order.
    var parameters: [[Tensor]] { modules.map { $0.map(\.tensor) } }

    /// How many work at once.
    var count: Int { learners.count }

    /// Divides the examples of a batch, which are sorted by length: dealt to and fro, so that all have as much to read.
    func divide(_ indices: [Int]) -> [[Int]] {
        var parts = [[Int]](repeating: [], count: count)
        for (place, index) in indices.enumerated() {
            let (round, seat) = (place / count, place % count)
            parts[round % 2 == 0 ? seat : count - 1 - seat].append(index)
        }
        return parts
    }

    /// Leaves the gradients of `scale` times the summed loss in every learner's own parameters; see `gradients`.
    ///
    /// - Parameters:
    ///   - batches: by learner, what it reads one after the other, and the numbers of the examples in it.
    ///   - step: of the run.
    ///   - computeType: what matrices are multiplied in.
    ///   - adder: adds up the gradients, those of other ranks as well, in the original's parameters: called before the
    ///     last backward pass of each learner that has one, with its number, on its thread.
    /// - Returns: the summed loss, not scaled.
    func backward(
        _ batches: [[(rows: [Int], batch: Trainee.Batch)]], step: Int, scale: Double, labelSmoothing: Double,
        computeType: DType, adder: (@Sendable (Int) throws -> Void)? = nil
    ) throws -> Double {
        // Whoever adds up gradients as they come waits for them at the trained weights.
        if computeType != .float32, adder == nil, learners[0].network.device == .cpu {
            let working = try working ?? WorkingWeights(modules, dtype: computeType)
            try working.refresh()
            self.working = working
        }
        let shares = learners.indices.map { index in
            Share(
                learner: learners[index], number: index, working: working, pass: passes[index],
                batches: batches[index], step: step, scale: scale, labelSmoothing: labelSmoothing,
                computeType: computeType, beforeLast: { try adder?(index) })
        }
        if count == 1 { return try shares.reduce(0) { try $0 + $1.run() } }
        let results = Mutex([Result<Double, any Error>?](repeating: nil, count: count))
        let threadsEach = max(1, threads / count)
        DispatchQueue.concurrentPerform(iterations: count) { index in
            let result = Result {
                // The number of threads that an operator may use belongs to the thread that calls it.
                try Torch.setThreads(threadsEach)
                return try shares[index].run()
            }
            results.withLock { $0[index] = result }
        }
        try Torch.setThreads(threads)
        return try results.withLock { try $0.reduce(0.0) { try $0 + ($1?.get() ?? 0) } }
    }

    /// By parameter, what the passes have left; nil where nothing depends on it.
    func gradients() throws -> [GradientParts?] {
        try modules[0].indices.map { place in
            let parts = try learners.indices.flatMap { learner in
                try [
                    modules[learner][place].tensor.grad,
                    working?.gradient(learner: learner, parameter: place),
                ].compactMap { $0 }
            }
            return parts.isEmpty ? nil : GradientParts(parts: parts)
        }
    }

    /// The weights in the type of the passes, by parameter: to be written together with those that are trained.
    var copies: [Tensor]? { working?.copies }

    /// Takes note that `copies` hold the weights as they are now.
    func noteCopies() { working?.noteVersions() }

    /// Forgets what the passes have left.
    func forgetGradients() throws {
        for learner in modules { for parameter in learner { try parameter.tensor.zeroGrad() } }
        try working?.forgetGradients()
    }
}

/// What one core does in a step.
///
/// Sendable because each share is worked on by one thread while the others wait for it: learners have nothing in
/// common but the weights, and nobody changes those meanwhile.
private struct Share<Trainee: Learner>: @unchecked Sendable {
    let learner: Trainee
    /// Among the learners.
    let number: Int
    let working: WorkingWeights?
    let pass: DropoutPass
    let batches: [(rows: [Int], batch: Trainee.Batch)]
    let step: Int
    let scale: Double
    let labelSmoothing: Double
    let computeType: DType
    let beforeLast: @Sendable () throws -> Void

    /// Adds the gradients to the learner's own; gives the summed loss.
    func run() throws -> Double {
        let network = learner.network
        network.train()
        defer {
            network.eval()
            network.dropComputeType()
        }
        if let working {
            try working.use(in: number)
        } else {
            try network.setComputeType(computeType)
        }
        let turn = WorkingWeights.Turn(weights: working, learner: number)
        var sum = 0.0
        for (index, part) in batches.enumerated() {
            pass.begin(step: step, rows: part.rows)
            if index > 0 { try turn.keepGradients() }
            if index == batches.count - 1 { try beforeLast() }
            sum += try WorkingWeights.$turn.withValue(turn) {
                try learner.backward(part.batch, scale: scale, labelSmoothing: labelSmoothing)
            }
        }
        return sum
    }
}
