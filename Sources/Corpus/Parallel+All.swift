import Dispatch
import LyceumText
import Synchronization

extension Parallel {
    /// Applies a function that cannot fail to every element, on all cores.
    ///
    /// - Returns: the results, in the order of the elements.
    static func all<Input: Sendable, Output: Sendable>(
        _ inputs: [Input], _ body: @Sendable (Input) -> Output
    ) -> [Output] {
        let slots = Mutex([Output?](repeating: nil, count: inputs.count))
        DispatchQueue.concurrentPerform(iterations: inputs.count) { i in
            let output = body(inputs[i])
            slots.withLock { $0[i] = output }
        }
        return slots.withLock { $0.compactMap(\.self) }
    }
}
