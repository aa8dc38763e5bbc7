internal import CTorch
import LyceumKit

/// Sums the gradients of a network over all ranks, in flat buckets, while the backward pass goes on.
///
/// Source of the scheme: PyTorch's DistributedDataParallel (torch/csrc/distributed/c10d/reducer.cpp): buckets of
/// 25 MB in the reverse order of the parameters. Unlike there, parameters that get their gradient in several parts
/// (tied embeddings, a loss in chunks) are found out in the first step and leave last.
///
/// Sendable: the copies' threads call `begin`, and what is behind it locks.
final class GradientReducer: @unchecked Sendable {
    /// Bytes of a bucket.
    static let bucketBytes = 25 << 20

    private let handle: OpaquePointer
    private let group: TorchRankGroup

    /// Prepares the parameters.
    ///
    /// - Parameter copies: the parameters of the network, which get the sums, and of the copies that this rank works
    ///   with as well; all in one order.
    init(_ copies: [[Tensor]], group: TorchRankGroup, bucketBytes: Int = GradientReducer.bucketBytes) throws {
        var handle: OpaquePointer?
        let handles: [OpaquePointer?] = copies.joined().map(\.handle)
        try TorchError.check(
            ctorch_reducer_create(
                group.groupHandle, handles, copies.first?.count ?? 0, copies.count, bucketBytes, &handle),
            "gradients")
        guard let handle else { throw TorchError.last("gradients") }
        self.handle = handle
        self.group = group
    }

    deinit { ctorch_reducer_release(handle) }

    /// Before the backward passes of a step.
    ///
    /// - Parameter active: how many copies will have one.
    func start(active: Int) throws {
        try TorchError.check(ctorch_reducer_start(handle, active), "gradients")
    }

    /// Before the last backward pass of a copy, on its thread: buckets may leave once all copies have begun it.
    func begin(copy: Int) throws { try TorchError.check(ctorch_reducer_begin(handle, copy), "gradients") }

    /// After them: every parameter that has a gradient on any rank gets the sum over all ranks.
    func finish() throws {
        try TorchError.check(ctorch_reducer_send(handle), "gradients")
        try group.finish { ctorch_reducer_wait(handle, $0, &$1) }
    }

    /// Buckets that left before the last step's backward pass was over.
    var earlyBuckets: Int { ctorch_reducer_early(handle) }
}
