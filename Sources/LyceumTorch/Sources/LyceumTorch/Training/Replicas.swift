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
    let parameters: [[Tensor]]
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
        parameters = learners.map { $0.network.namedParameters().map(\.parameter.tensor) }
    }

    /// How many work at once.
    var count: Int { learners.count }

    /// Divides the examples of a batch, so that all have as long ones.
    func divide(_ indices: [Int]) -> [[Int]] {
        (0..<count).map { part in stride(from: part, to: indices.count, by: count).map { indices[$0] } }
    }

    /// Leaves the gradients of `scale` times the summed loss in the original's parameters; in every learner's own, if
    /// somebody else adds them up.
    ///
    /// - Parameters:
    ///   - batches: by learner, what it reads one after the other, and the numbers of the examples in it.
    ///   - step: of the run.
    ///   - computeType: what matrices are multiplied in.
    ///   - adder: adds up the gradients, those of other ranks as well: called before the last backward pass of each
    ///     learner that has one, with its number, on its thread. Nil adds them up here.
    /// - Returns: the summed loss, not scaled.
    func backward(
        _ batches: [[(rows: [Int], batch: Trainee.Batch)]], step: Int, scale: Double, labelSmoothing: Double,
        computeType: DType, adder: (@Sendable (Int) throws -> Void)? = nil
    ) throws -> Double {
        let shares = learners.indices.map { index in
            Share(
                learner: learners[index], pass: passes[index], batches: batches[index], step: step,
                scale: scale, labelSmoothing: labelSmoothing, computeType: computeType,
                beforeLast: { try adder?(index) })
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
        let sum = try results.withLock { try $0.reduce(0.0) { try $0 + ($1?.get() ?? 0) } }
        if adder == nil { for copy in parameters.dropFirst() { try moveGradients(from: copy) } }
        return sum
    }

    /// Adds a copy's gradients to the original's.
    private func moveGradients(from copy: [Tensor]) throws {
        var sums: [Tensor] = []
        var added: [Tensor] = []
        for (original, copy) in zip(parameters[0], copy) {
            guard let gradient = try copy.grad else { continue }
            if let sum = try original.grad {
                sums.append(sum)
                added.append(gradient)
            } else {
                try original.setGrad(gradient)
            }
            try copy.zeroGrad()
        }
        if !sums.isEmpty { try noGrad { try Foreach.add_(sums, added) } }
    }
}

/// What one core does in a step.
///
/// Sendable because each share is worked on by one thread while the others wait for it: learners have nothing in
/// common but the weights, and nobody changes those meanwhile.
private struct Share<Trainee: Learner>: @unchecked Sendable {
    let learner: Trainee
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
        try network.setComputeType(computeType)
        var sum = 0.0
        for (index, part) in batches.enumerated() {
            pass.begin(step: step, rows: part.rows)
            if index == batches.count - 1 { try beforeLast() }
            sum += try learner.backward(part.batch, scale: scale, labelSmoothing: labelSmoothing)
        }
        return sum
    }
}
