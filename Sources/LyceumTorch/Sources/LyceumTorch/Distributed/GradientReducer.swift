internal import CTorch
import LyceumKit

/// Sums the gradients of a network over all ranks, in flat buckets, while the backward pass goes on.
///
/// Source of the scheme: PyTorch's DistributedDataParallel (torch/csrc/distributed/c10d/reducer.cpp): buckets of
/// 25 MB in the reverse order of the parameters. Unlike there, parameters that get their gradient in several parts
/// (tied embeddings, a loss in chunks) are found out in the first step and leave last.
final class GradientReducer {
    /// Bytes of a bucket.
    static let bucketBytes = 25 << 20

    private let handle: OpaquePointer
    private let group: TorchRankGroup

    /// Prepares the parameters.
    init(_ parameters: [Tensor], group: TorchRankGroup, bucketBytes: Int = GradientReducer.bucketBytes) throws
    {
        var handle: OpaquePointer?
        let handles: [OpaquePointer?] = parameters.map(\.handle)
        try TorchError.check(
            ctorch_reducer_create(group.groupHandle, handles, handles.count, bucketBytes, &handle),
            "gradients")
        guard let handle else { throw TorchError.last("gradients") }
        self.handle = handle
        self.group = group
    }

    deinit { ctorch_reducer_release(handle) }

    /// Before the last backward pass of a step: buckets may leave from now on.
    func begin() throws { try TorchError.check(ctorch_reducer_begin(handle), "gradients") }

    /// After it: every parameter that has a gradient on any rank gets the sum over all ranks.
    func finish() throws {
        try TorchError.check(ctorch_reducer_send(handle), "gradients")
        try group.finish { ctorch_reducer_wait(handle, $0, &$1) }
    }

    /// Buckets that left before the last step's backward pass was over.
    var earlyBuckets: Int { ctorch_reducer_early(handle) }
}
