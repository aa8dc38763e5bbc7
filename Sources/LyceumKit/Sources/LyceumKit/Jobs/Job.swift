import Synchronization

/// The process-wide wish of the user to stop: set by Ctrl-C, polled by everything long.
public enum Interrupt {
    private static let flag = Atomic<Bool>(false)
    private static let urgency = Atomic<Bool>(false)
    private static let signal = Atomic<Int32>(0)

    /// Asks the running job to stop. Safe in a signal handler once `prepare()` has run.
    ///
    /// - Parameter isUrgent: whether even the work of keeping results is to be left out.
    public static func raise(isUrgent: Bool = false) {
        if isUrgent { urgency.store(true, ordering: .relaxed) }
        flag.store(true, ordering: .relaxed)
    }

    /// Asks the running job to stop for good: the program ends when it has kept its results. Safe in a signal
    /// handler once `prepare()` has run.
    ///
    /// - Parameter number: of the signal that asked.
    public static func leave(_ number: Int32) {
        signal.store(number, ordering: .relaxed)
        raise()
    }

    /// Clears a pending interrupt; the prompt does so before it runs the next line. The wish to leave stays.
    public static func clear() {
        urgency.store(false, ordering: .relaxed)
        flag.store(leaving != nil, ordering: .relaxed)
    }

    /// Whether the user asked to stop.
    public static var isRaised: Bool { flag.load(ordering: .relaxed) }

    /// Whether the user asked a second time: whoever stops should not stay to write files.
    public static var isUrgent: Bool { urgency.load(ordering: .relaxed) }

    /// The number of the signal that asked the program to end; nil if none has.
    public static var leaving: Int32? {
        let number = signal.load(ordering: .relaxed)
        return number == 0 ? nil : number
    }

    /// Creates the flags, so that a signal handler never runs Swift's lazy initialisation.
    public static func prepare() { clear() }
}

/// One long piece of work, as the person who waits for it sees it: progress, notes, cancellation.
///
/// Whoever does the work calls `update` often (the renderer thins it out) and `checkCancelled` between steps,
/// where nothing is half done. Usable from any thread.
public final class Job: Sendable {
    /// Where a job stands.
    public struct Progress: Sendable {
        /// What is going on: "training t5".
        public let title: String
        /// Units done so far.
        public let done: Int
        /// Units in all; nil if unknown.
        public let total: Int?
        /// The unit, in the plural: "steps", "replies".
        public let unit: String
        /// The figures that matter, in order: ("loss", "3.21"), ("tokens/s", "5210").
        public let figures: [(name: String, value: String)]
        /// Whether this is the last report of this job.
        public let isFinal: Bool

        /// Makes a report.
        public init(
            title: String, done: Int, total: Int?, unit: String, figures: [(name: String, value: String)],
            isFinal: Bool
        ) {
            self.title = title
            self.done = done
            self.total = total
            self.unit = unit
            self.figures = figures
            self.isFinal = isFinal
        }
    }

    /// Receives what a job says; the console draws it, a test records it.
    public struct Listener: Sendable {
        /// Called with every report of progress.
        public let progress: @Sendable (Progress) -> Void
        /// Called with a line that should stay on the screen.
        public let note: @Sendable (String) -> Void
        /// Called with the figures of a step, by name, for whoever keeps curves.
        public let record: @Sendable (_ step: Int, _ figures: [String: Double]) -> Void
        /// Called with the folder of a checkpoint that has just been written.
        public let checkpoint: @Sendable (_ path: String, _ step: Int) -> Void

        /// Makes a listener of closures.
        public init(
            progress: @escaping @Sendable (Progress) -> Void, note: @escaping @Sendable (String) -> Void,
            record: @escaping @Sendable (_ step: Int, _ figures: [String: Double]) -> Void = { _, _ in },
            checkpoint: @escaping @Sendable (_ path: String, _ step: Int) -> Void = { _, _ in }
        ) {
            self.progress = progress
            self.note = note
            self.record = record
            self.checkpoint = checkpoint
        }
    }

    /// What the work is: "training t5".
    public let title: String
    private let listener: Listener?
    private let cancelled = Atomic<Bool>(false)
    private let obeysInterrupt: Bool
    /// The last report.
    private let stand = Mutex<Progress?>(nil)
    /// What this job is a part of.
    private let whole: Job?

    /// Starts a job.
    ///
    /// - Parameters:
    ///   - title: what the work is, in a few words.
    ///   - obeysInterrupt: whether Ctrl-C cancels it, as well as `cancel()`.
    ///   - listener: receives progress and notes; nil is silent.
    public convenience init(_ title: String, obeysInterrupt: Bool = true, listener: Listener? = nil) {
        self.init(title, obeysInterrupt: obeysInterrupt, listener: listener, whole: nil)
    }

    private init(_ title: String, obeysInterrupt: Bool, listener: Listener?, whole: Job?) {
        self.whole = whole
        self.title = title
        self.listener = listener
        self.obeysInterrupt = obeysInterrupt
    }

    /// A job that nobody watches and that only `cancel()` stops.
    public static func silent(_ title: String = "job") -> Job { Job(title, obeysInterrupt: false) }

    /// Reports progress.
    public func update(
        done: Int, of total: Int?, unit: String, figures: [(name: String, value: String)] = []
    ) {
        send(done, total, unit, figures, isFinal: false)
    }

    /// Reports that the work is over; the renderer leaves a last line or clears the bar.
    public func finish(
        done: Int, of total: Int?, unit: String, figures: [(name: String, value: String)] = []
    ) {
        send(done, total, unit, figures, isFinal: true)
    }

    /// Says one line that stays on the screen.
    public func note(_ line: String) { listener?.note(line) }

    /// Tells the figures of a step, which the lab keeps as points of curves while the work goes on.
    ///
    /// - Parameters:
    ///   - step: steps done, counted from 1.
    ///   - figures: by name: "loss", "eval_loss", "learning_rate".
    public func record(step: Int, _ figures: [String: Double]) { listener?.record(step, figures) }

    /// Tells that a checkpoint was written.
    ///
    /// - Parameters:
    ///   - path: its folder.
    ///   - step: steps done when it was.
    public func keptCheckpoint(_ path: String, step: Int) { listener?.checkpoint(path, step) }

    /// A piece of this work ("validating") that is cancelled with it. Its progress is shown as a figure of this
    /// job, which stands still meanwhile.
    public func part(_ title: String) -> Job {
        let shown = listener.map { listener in
            Listener(
                progress: { part in
                    guard let stand = self.stand.withLock({ $0 }) else { return }
                    let done = "\(part.done)" + (part.total.map { "/\($0)" } ?? "") + " \(part.unit)"
                    listener.progress(
                        Progress(
                            title: stand.title, done: stand.done, total: stand.total, unit: stand.unit,
                            figures: [(part.title, done)], isFinal: false))
                }, note: listener.note)
        }
        return Job(title, obeysInterrupt: obeysInterrupt, listener: shown, whole: self)
    }

    /// Asks this job to stop at its next step.
    public func cancel() { cancelled.store(true, ordering: .relaxed) }

    /// Whether this job should stop.
    public var isCancelled: Bool {
        cancelled.load(ordering: .relaxed) || (obeysInterrupt && Interrupt.isRaised)
            || whole?.isCancelled ?? false
    }

    /// Throws if this job should stop.
    ///
    /// - Parameter kept: says what was kept, for the error; evaluated only when it is needed.
    /// - Throws: `LyceumError.cancelled`.
    public func checkCancelled(kept: @autoclosure () -> String = "") throws {
        if isCancelled { throw LyceumError.cancelled(kept()) }
    }

    private func send(
        _ done: Int, _ total: Int?, _ unit: String, _ figures: [(name: String, value: String)], isFinal: Bool
    ) {
        guard let listener else { return }
        let progress = Progress(
            title: title, done: done, total: total, unit: unit, figures: figures, isFinal: isFinal)
        stand.withLock { $0 = progress }
        listener.progress(progress)
    }
}
