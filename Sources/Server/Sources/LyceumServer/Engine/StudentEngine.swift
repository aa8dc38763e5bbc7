import Dispatch
import Glibc
import LyceumKit
import Synchronization

/// A student with a thread of its own, on which everything of it happens: loading, decoding, classifying.
///
/// Requests join and leave the running batch between two steps of the decoder, if the student can do that; a student
/// that cannot answers waiting requests of equal options together.
final class StudentEngine: Sendable {
    /// Where the student stands.
    enum State: Sendable {
        case loading
        case ready(ServedStudent)
        case failed(String)
    }

    private struct Shared {
        var state = State.loading
        var queue = FairQueue<Ticket>()
        var isEnding = false
    }

    /// What clients call it.
    let name: String
    let limits: ServerLimits
    let metrics: StudentMetrics
    private let shared = Mutex(Shared())
    private let signal = DispatchSemaphore(value: 0)
    private let ended = DispatchSemaphore(value: 0)

    init(name: String, limits: ServerLimits, metrics: StudentMetrics) {
        self.name = name
        self.limits = limits
        self.metrics = metrics
    }

    /// Starts the thread, which first loads the student.
    func start(_ load: @escaping @Sendable () throws -> OpenedStudent) {
        WorkThread.start { [self] in
            run(load)
            ended.signal()
        }
    }

    var state: State { shared.withLock { $0.state } }

    /// Requests that wait.
    var waiting: Int { shared.withLock { $0.queue.count } }

    /// Ends the thread; what still waits is refused.
    func end() {
        shared.withLock { $0.isEnding = true }
        signal.signal()
    }

    /// Waits for the thread's end.
    func waitForEnd(seconds: Double) { _ = ended.wait(timeout: .now() + seconds) }

    /// Puts several inputs of one request into the queue, all or none.
    ///
    /// - Throws: `APIError` if the queue is full or there is no student.
    func submit(_ works: [Ticket.Work], client: String) throws -> [Ticket] {
        let tickets = works.map { work in
            Ticket(work, client: client, timeout: limits.timeout) { [weak self] in self?.wake() }
        }
        try shared.withLock { shared in
            switch shared.state {
            case .loading: throw APIError.loading
            case .failed(let reason):
                throw APIError(
                    status: 503, message: "the student could not be loaded: \(reason)", type: "server_error")
            case .ready: break
            }
            if shared.isEnding { throw APIError.draining }
            // A request of many inputs may fill an empty queue.
            guard shared.queue.count == 0 || shared.queue.count + tickets.count <= limits.queue else {
                metrics.refused.increment()
                throw APIError.queueFull(
                    shared.queue.count, retryAfter: metrics.secondsToServe(shared.queue.count))
            }
            for ticket in tickets { shared.queue.append(ticket, of: client) }
            metrics.waiting.record(shared.queue.count)
        }
        wake()
        return tickets
    }

    func wake() { signal.signal() }

    // MARK: On the thread

    private func run(_ load: () throws -> OpenedStudent) {
        let opened: OpenedStudent
        do {
            opened = try load()
        } catch {
            shared.withLock { $0.state = .failed("\(error)") }
            return
        }
        let worker: any Worker =
            opened.student is any ServingStudent
            ? DecodingWorker(opened, engine: self) : BatchWorker(opened, engine: self)
        shared.withLock { $0.state = .ready(opened.described) }
        while true {
            if shared.withLock({ $0.isEnding }) { break }
            if !worker.work() { _ = signal.wait(timeout: .now() + .milliseconds(500)) }
        }
        worker.stop()
        for ticket in shared.withLock({ $0.queue.remove { _ in true } }) { ticket.fail(.draining) }
    }

    /// The next request, if it fits: nobody overtakes it. Those that nobody waits for any more are dropped.
    func next(where fits: (Ticket) -> Bool) -> Ticket? {
        let (first, late): (Ticket?, [Ticket]) = shared.withLock { shared in
            let now = ContinuousClock.now
            let late = shared.queue.remove { $0.isCancelled || $0.deadline < now }
            return (shared.queue.first, late)
        }
        for ticket in late {
            if ticket.isCancelled { metrics.cancelled.increment() } else { expire(ticket) }
        }
        // Only this thread takes requests out, so the first stays the first.
        guard let first, fits(first) else { return nil }
        return shared.withLock { shared in
            defer { metrics.waiting.record(shared.queue.count) }
            return shared.queue.popFirst()
        }
    }

    /// Refuses a request that has waited too long.
    func expire(_ ticket: Ticket) {
        metrics.failed.increment()
        ticket.fail(.timedOut(limits.timeout))
    }
}

/// How a student works through its requests. Used on the student's thread.
protocol Worker {
    /// Does a piece of work: a step, or a batch.
    ///
    /// - Returns: false if there was nothing to do.
    func work() -> Bool

    /// Refuses what is not finished.
    func stop()
}

/// A thread of our own: libtorch wants its calls from one, and they take long.
enum WorkThread {
    static func start(_ body: @escaping @Sendable () -> Void) {
        var attributes = pthread_attr_t()
        pthread_attr_init(&attributes)
        // As the main thread has.
        pthread_attr_setstacksize(&attributes, 8 << 20)
        pthread_attr_setdetachstate(&attributes, Int32(PTHREAD_CREATE_DETACHED))
        var thread = pthread_t()
        let box = Unmanaged.passRetained(Box(body))
        let code = pthread_create(
            &thread, &attributes,
            { context in
                guard let context else { return nil }
                Unmanaged<Box>.fromOpaque(context).takeRetainedValue().body()
                return nil
            }, box.toOpaque())
        pthread_attr_destroy(&attributes)
        if code != 0 {
            box.release()
            DispatchQueue.global().async(execute: body)
        }
    }

    private final class Box {
        let body: @Sendable () -> Void
        init(_ body: @escaping @Sendable () -> Void) { self.body = body }
    }
}
