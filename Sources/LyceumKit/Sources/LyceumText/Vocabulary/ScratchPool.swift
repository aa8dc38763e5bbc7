import Synchronization

/// Buffers and caches that outlive a call: each is used by one call at a time, and there come to be as many as
/// there were calls at once.
final class ScratchPool<Scratch: AnyObject & Sendable>: Sendable {
    private let idle = Mutex<[Scratch]>([])
    private let make: @Sendable () -> Scratch

    /// Makes an empty pool; `make` is called whenever no scratch is idle.
    init(_ make: @escaping @Sendable () -> Scratch) { self.make = make }

    /// Calls `body` with a scratch that nobody else uses meanwhile.
    func withScratch<R>(_ body: (Scratch) throws -> R) rethrows -> R {
        let scratch = idle.withLock { $0.popLast() } ?? make()
        defer { idle.withLock { $0.append(scratch) } }
        return try body(scratch)
    }
}
