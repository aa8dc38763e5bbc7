internal import CTorch

// Gradient checkpointing: what a part of the network computes on its way is not kept but computed again when its gradients
// are due. That costs a second forward pass and saves most of the memory of long inputs.
extension Module {
    /// Computes a part of a forward pass: `body(inputs)`. When the run asks for it (`gradient_checkpointing`), nothing but
    /// the inputs is kept, and `body` is called again in the backward pass.
    ///
    /// - Parameters:
    ///   - inputs: every tensor of the pass that the part reads and that gradients flow to. Weights need not be named.
    ///   - body: gives the same for the same inputs; what it drops is the same both times if it is dropped by a `Dropout`
    ///     in this module.
    public final func recomputed(
        _ inputs: [Tensor], _ body: @escaping ([Tensor]) throws -> Tensor
    ) throws -> Tensor {
        guard recomputes, isTraining else { return try body(inputs) }
        let dropouts = dropouts
        guard dropouts.allSatisfy(\.canRewind) else { return try body(inputs) }
        let part = RecomputedPart(dropouts, body)
        var result: OpaquePointer?
        let status = inputs.map { Optional($0.handle) }.withUnsafeBufferPointer { handles in
            withExtendedLifetime(inputs) {
                ctorch_recomputed(
                    handles.baseAddress, handles.count, Unmanaged.passRetained(part).toOpaque(),
                    { context, inputs, count in
                        guard let context else { return nil }
                        let part = Unmanaged<RecomputedPart>.fromOpaque(context).takeUnretainedValue()
                        return part.run(UnsafeBufferPointer(start: inputs, count: count))
                    },
                    { context in
                        if let context { Unmanaged<RecomputedPart>.fromOpaque(context).release() }
                    }, &result)
            }
        }
        if let failure = part.failure { throw failure }
        try TorchError.check(status, "recomputed", inputs)
        guard let result else { throw TorchError.last("recomputed") }
        return try Tensor(owning: result)
    }
}

/// A part of a forward pass that can be run again. Used from the one thread that runs the passes.
private final class RecomputedPart {
    private let dropouts: [Dropout]
    /// How often each dropout had been called before.
    private let calls: [Int]
    private let body: ([Tensor]) throws -> Tensor
    private var isFirst = true
    private(set) var failure: (any Error)?

    init(_ dropouts: [Dropout], _ body: @escaping ([Tensor]) throws -> Tensor) {
        self.dropouts = dropouts
        self.body = body
        calls = dropouts.map(\.callsInPass)
    }

    /// Takes over the inputs; gives a tensor that the caller owns, or nil after a failure.
    func run(_ inputs: UnsafeBufferPointer<OpaquePointer?>) -> OpaquePointer? {
        let taken = inputs.map { handle in handle.map { handle in Result { try Tensor(owning: handle) } } }
        let now = dropouts.map(\.callsInPass)
        let isAgain = !isFirst
        isFirst = false
        if isAgain { for (dropout, calls) in zip(dropouts, calls) { dropout.rewind(to: calls) } }
        defer { if isAgain { for (dropout, calls) in zip(dropouts, now) { dropout.rewind(to: calls) } } }
        do {
            let output = try body(taken.compactMap { try $0?.get() })
            let handle = ctorch_tensor_share(output.handle)
            withExtendedLifetime(output) {}
            return handle
        } catch {
            failure = error
            return nil
        }
    }
}
