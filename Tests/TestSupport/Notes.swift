import LyceumKit
import Synchronization

/// What jobs said, and jobs that say it.
public final class Notes: Sendable {
    private let lines = Mutex<[String]>([])

    /// Nothing was said yet.
    public init() {}

    /// The lines, in order.
    public var all: [String] { lines.withLock { $0 } }

    /// Takes a line.
    public func add(_ line: String) { lines.withLock { $0.append(line) } }

    /// A job whose notes come here; nothing interrupts it.
    public func job() -> Job {
        Job(
            "test", obeysInterrupt: false,
            listener: Job.Listener(progress: { _ in }, note: { self.add($0) }))
    }
}

extension Job {
    /// A job that cancels itself at a step, as somebody's Ctrl-C at that moment would.
    public static func cancelled(atStep step: Int) -> Job {
        let box = Mutex<Job?>(nil)
        let listener = Job.Listener(
            progress: { progress in
                if progress.done == step { box.withLock { $0?.cancel() } }
            }, note: { _ in })
        let job = Job("train", obeysInterrupt: false, listener: listener)
        box.withLock { $0 = job }
        return job
    }
}
