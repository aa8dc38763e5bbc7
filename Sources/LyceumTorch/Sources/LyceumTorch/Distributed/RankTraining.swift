import LyceumKit

/// What a training run does together with other ranks: the same global batches as one process, divided; gradients
/// summed; one decision when to stop.
final class RankTraining {
    private let group: TorchRankGroup
    private let reducer: GradientReducer

    /// Prepares a network for training by all ranks; nil for a process that runs alone.
    ///
    /// All ranks start from rank 0's weights.
    ///
    /// - Throws: `LyceumError.failed` if the ranks have different networks.
    ///
    /// - Parameter copies: the parameters of the network and of the copies that this rank works with.
    init?(_ network: Module, copies: [[Tensor]], job: Job) throws {
        guard let group = Ranks.group as? TorchRankGroup else { return nil }
        self.group = group
        try group.meet("student:train")
        if case .cuda(let index) = network.device, let reason = try group.openNCCL(device: index) {
            job.note("gradients are summed through main memory: \(reason)")
        }
        let state = network.state()
        let form = state.map { "\($0.name) \($0.tensor.shape)" }.joined(separator: "\n")
        let forms = try group.gather(Array(form.utf8))
        if let other = forms.firstIndex(where: { $0 != forms[0] }) {
            throw LyceumError.failed(
                "rank \(other) has another network than rank 0",
                remedy: "let every rank make its student with the same options and data")
        }
        for (_, tensor) in state {
            let host = try tensor.detach().to(.cpu).contiguous()
            // Gloo sums and copies no bfloat16 and no half.
            let isNarrow = host.dtype == .bfloat16 || host.dtype == .float16
            let sent = try isNarrow ? host.to(.float32) : host
            try group.send(sent, from: 0)
            try noGrad { _ = try tensor.copy_(sent) }
        }
        reducer = try GradientReducer(copies, group: group)
    }

    /// This rank's examples of a global batch.
    func share(of batch: [Int]) -> [Int] {
        stride(from: group.place.rank, to: batch.count, by: group.place.count).map { batch[$0] }
    }

    /// This rank's part of a list of batches that are read once, such as those of a validation set.
    func everyOther(of starts: [Int]) -> [Int] { share(of: starts) }

    /// Sums over all ranks of what each has measured, and whether any of them was cancelled.
    func merge(_ sums: [String: Double], _ items: Int, _ isCancelled: Bool) throws -> (
        [String: Double], Int, Bool
    ) {
        let own: Value = .object([
            // As bits: a text would round.
            "sums": .object(
                sums.mapValues { .integer(Int(bitPattern: UInt(truncatingIfNeeded: $0.bitPattern))) }),
            "items": .integer(items), "cancelled": .bool(isCancelled),
        ])
        var total: [String: Double] = [:]
        var (count, anyCancelled) = (0, false)
        for bytes in try group.gather(Array(JSON.encode(own).utf8)) {
            let document = try JSON.decode(bytes, name: "another rank's sums").object ?? [:]
            for (name, value) in document["sums"]?.object ?? [:] {
                total[name, default: 0] += Double(bitPattern: UInt64(bitPattern: Int64(value.integer ?? 0)))
            }
            count += document["items"]?.integer ?? 0
            anyCancelled = anyCancelled || document["cancelled"] == .bool(true)
        }
        return (total, count, anyCancelled)
    }

    /// The sum of each number over all ranks.
    func sum(_ numbers: [Double]) throws -> [Double] { try group.sum(numbers) }

    /// Whether any rank wants to stop: all of them then stop at the same step.
    func wantsToStop(_ isCancelled: Bool) throws -> Bool { try group.sum([isCancelled ? 1 : 0])[0] > 0 }

    /// Before the backward passes of a step, of which so many copies of the network have one.
    func start(active: Int) throws { try reducer.start(active: active) }

    /// Before the last backward pass of a copy.
    var begin: @Sendable (Int) throws -> Void { { [reducer] copy in try reducer.begin(copy: copy) } }

    /// After the backward passes of a step: gives all parameters the gradients of all ranks.
    func finish() throws { try reducer.finish() }
}
