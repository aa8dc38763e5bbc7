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
    init?(_ network: Module, _ parameters: [(name: String, parameter: Parameter)]) throws {
        guard let group = Ranks.group as? TorchRankGroup else { return nil }
        self.group = group
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
        reducer = try GradientReducer(parameters.map(\.parameter.tensor), group: group)
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

    /// What rank 0 measures, for all ranks.
    func onMain(_ body: () throws -> [String: Double]) throws -> [String: Double] {
        let own = try Ranks.onMain(body) ?? [:]
        return try merge(own, 0, false).0
    }

    /// The sum of each number over all ranks.
    func sum(_ numbers: [Double]) throws -> [Double] { try group.sum(numbers) }

    /// Whether any rank wants to stop: all of them then stop at the same step.
    func wantsToStop(_ isCancelled: Bool) throws -> Bool { try group.sum([isCancelled ? 1 : 0])[0] > 0 }

    /// Before the last backward pass of a step.
    func begin() throws { try reducer.begin() }

    /// After the backward passes of a step: gives all parameters the gradients of all ranks.
    func finish() throws { try reducer.finish() }

    /// Buckets that left while the last backward pass went on.
    var earlyBuckets: Int { reducer.earlyBuckets }
}
