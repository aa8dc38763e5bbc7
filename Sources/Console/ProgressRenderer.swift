import Glibc
import LyceumKit
import Synchronization

/// Shows the progress of jobs on standard error: a bar on a terminal, a line now and then elsewhere.
public final class ProgressRenderer: Sendable {
    /// How progress is shown.
    public enum Mode: Sendable {
        /// One line that is drawn over again.
        case bar
        /// Plain lines, some seconds apart.
        case lines
        /// Nothing, notes included.
        case silent
    }

    private struct State {
        var title: String?
        var begun: ContinuousClock.Instant
        var firstDone = 0
        var lastDone = 0
        var lastShown: ContinuousClock.Instant
        var isBarOnScreen = false
    }

    private static let barPause = Duration.milliseconds(100)
    private static let linePause = Duration.seconds(5)
    /// Shorter jobs leave no line behind.
    private static let worthALine = Duration.seconds(1)

    private let mode: Mode
    private let write: @Sendable (String) -> Void
    private let width: @Sendable () -> Int
    private let state: Mutex<State>

    /// Makes a renderer.
    ///
    /// - Parameters:
    ///   - write: receives the output; standard error unless given.
    ///   - width: of the screen, in columns.
    public init(
        mode: Mode, width: @escaping @Sendable () -> Int = { Terminal.width },
        write: @escaping @Sendable (String) -> Void = { Terminal.emit($0, to: STDERR_FILENO) }
    ) {
        self.mode = mode
        self.width = width
        self.write = write
        let now = ContinuousClock.now
        state = Mutex(State(begun: now, lastShown: now))
    }

    /// What jobs report to.
    public var listener: Job.Listener {
        Job.Listener(progress: { self.show($0) }, note: { self.note($0) })
    }

    /// Removes a bar that an unfinished job left on the screen.
    public func clear() {
        state.withLock { state in
            erase(&state)
            state.title = nil
        }
    }

    /// Shows a line that matters even to those who want no progress.
    @Sendable public func warn(_ line: String) {
        state.withLock { state in
            erase(&state)
            write("lyceum: \(ShownText.safe(line))\n")
        }
    }

    private func note(_ line: String) {
        if mode == .silent { return }
        state.withLock { state in
            erase(&state)
            write(ShownText.safe(line) + "\n")
        }
    }

    private func show(_ progress: Job.Progress) {
        if mode == .silent { return }
        let progress = Self.safe(progress)
        let now = ContinuousClock.now
        state.withLock { state in
            if state.title != progress.title || progress.done < state.lastDone {
                state.title = progress.title
                state.begun = now
                state.firstDone = progress.done
                // A bar appears at once, a line only when there is something to tell.
                state.lastShown = mode == .bar ? now - Self.barPause : now
            }
            state.lastDone = progress.done
            let elapsed = now - state.begun
            if progress.isFinal {
                erase(&state)
                if elapsed >= Self.worthALine { write(Self.summary(progress, elapsed) + "\n") }
                state.title = nil
                return
            }
            guard now - state.lastShown >= (mode == .bar ? Self.barPause : Self.linePause) else { return }
            state.lastShown = now
            let figures = Self.figures(progress, elapsed, since: state.firstDone)
            if mode == .bar {
                let line = Self.bar(progress, figures: figures, width: width() - 1)
                write("\r\u{1B}[K" + line)
                state.isBarOnScreen = true
            } else {
                write(([Self.position(progress, title: true)] + figures).joined(separator: "  ") + "\n")
            }
        }
    }

    private func erase(_ state: inout State) {
        if state.isBarOnScreen { write("\r\u{1B}[K") }
        state.isBarOnScreen = false
    }

    // MARK: Texts

    /// Titles name files, and figures may come from a plugin: nothing of them may move the cursor.
    private static func safe(_ progress: Job.Progress) -> Job.Progress {
        Job.Progress(
            title: DisplayWidth.oneLine(progress.title), done: progress.done, total: progress.total,
            unit: DisplayWidth.oneLine(progress.unit),
            figures: progress.figures.map { (DisplayWidth.oneLine($0.name), DisplayWidth.oneLine($0.value)) },
            isFinal: progress.isFinal)
    }

    private static func bar(_ progress: Job.Progress, figures: [String], width: Int) -> String {
        var parts = [progress.title]
        if let total = progress.total, total > 0 {
            let cells = 20
            let share = min(max(Double(progress.done) / Double(total), 0), 1)
            let full = Int(share * Double(cells))
            parts.append(
                String(repeating: "█", count: full) + String(repeating: "░", count: cells - full))
        }
        parts.append(position(progress, title: false))
        return DisplayWidth.cut((parts + figures).joined(separator: "  "), to: max(width, 10))
    }

    private static func position(_ progress: Job.Progress, title: Bool) -> String {
        let count = progress.total.map { "\(progress.done)/\($0)" } ?? "\(progress.done)"
        return (title ? "\(progress.title): " : "") + "\(count) \(progress.unit)"
    }

    /// Speed, time left and what the job itself tells.
    static func figures(_ progress: Job.Progress, _ elapsed: Duration, since first: Int) -> [String] {
        var figures: [String] = []
        let seconds = elapsed / .seconds(1)
        let done = progress.done - first
        if done > 0, seconds > 0.2 {
            let rate = Double(done) / seconds
            figures.append("\(rate.fixed(rate < 10 ? 1 : 0))/s")
            if let total = progress.total, total > progress.done {
                figures.append("ETA \(clock(Double(total - progress.done) / rate))")
            }
        }
        return figures + progress.figures.map { "\($0.name) \($0.value)" }
    }

    private static func summary(_ progress: Job.Progress, _ elapsed: Duration) -> String {
        let figures = progress.figures.map { "\($0.name) \($0.value)" }
        return
            (["\(progress.title): \(progress.done) \(progress.unit) in \(clock(elapsed / .seconds(1)))"]
            + figures).joined(separator: "  ")
    }

    /// A time span: "4.2 s", "3:07", "1:02:03".
    static func clock(_ seconds: Double) -> String {
        guard seconds.isFinite, seconds >= 0, seconds < 1e9 else { return "?" }
        if seconds < 10 { return "\(seconds.fixed(1)) s" }
        let whole = Int(seconds.rounded())
        func padded(_ number: Int) -> String { number < 10 ? "0\(number)" : "\(number)" }
        if whole < 3600 { return "\(whole / 60):\(padded(whole % 60))" }
        return "\(whole / 3600):\(padded(whole / 60 % 60)):\(padded(whole % 60))"
    }
}
