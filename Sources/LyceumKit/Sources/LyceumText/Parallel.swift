import Dispatch
import LyceumKit
import Synchronization

/// Work on all cores.
public enum Parallel {
    /// Applies a function to every element, on all cores.
    ///
    /// - Parameters:
    ///   - inputs: the elements.
    ///   - job: cancellation, looked at between pieces of the work.
    ///   - body: called from several threads at once.
    /// - Returns: the results, in the order of the elements.
    /// - Throws: what `body` throws for the first element that fails, or `LyceumError.cancelled`.
    public static func map<Input: Sendable, Output: Sendable>(
        _ inputs: [Input], job: Job = .silent(), _ body: @Sendable (Input) throws -> Output
    ) throws -> [Output] {
        // Short pieces keep all cores busy to the end and let a cancellation through soon.
        let length = max(1, min(256, inputs.count / 32))
        let starts = Array(stride(from: 0, to: inputs.count, by: length))
        let slots = Mutex([Result<[Output], any Error>?](repeating: nil, count: starts.count))
        DispatchQueue.concurrentPerform(iterations: starts.count) { piece in
            let result = Result<[Output], any Error> {
                try job.checkCancelled()
                let start = starts[piece]
                return try inputs[start..<min(start + length, inputs.count)].map(body)
            }
            slots.withLock { $0[piece] = result }
        }
        return try slots.withLock { filled in
            var outputs: [Output] = []
            outputs.reserveCapacity(inputs.count)
            for case let result? in filled { outputs += try result.get() }
            return outputs
        }
    }
}
