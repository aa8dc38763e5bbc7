import GRDB
import LyceumKit
import Synchronization

/// Records a run while it goes on, and never stands in its way.
///
/// Every call commits what it is given. If the lab cannot be written (a full disk, another process's lock, a
/// read-only folder) the run goes on: what could not be stored is kept in memory and tried again, and the user is
/// told once. Usable from any thread.
public final class RunRecorder: Sendable {
    private let lab: LabStore
    private let start: RunStart
    private let onProblem: @Sendable (String) -> Void
    private let state: Mutex<State>

    /// How long a lab that could not be written is left alone at first, in seconds; each failure doubles it,
    /// because waiting for another process's lock holds up the run.
    private static let pause = 10.0

    private struct State {
        var id: Int?
        var pending: [Entry] = []
        var started = Timestamp.now
        var retryAt: ContinuousClock.Instant?
        var problem: String?
        var failures = 0
        var isOver = false
    }

    private enum Entry {
        case metric(String, TrainingReport.Point)
        case evaluation(RunEvaluation, Timestamp)
        case artifact(RunArtifact)
        case end(RunState, String?, Timestamp)
    }

    /// Starts recording.
    ///
    /// - Parameters:
    ///   - lab: where.
    ///   - start: what is done.
    ///   - onProblem: told, in one line, when the lab cannot be written; once for each new reason.
    init(lab: LabStore, start: RunStart, onProblem: @escaping @Sendable (String) -> Void) {
        self.lab = lab
        self.start = start
        self.onProblem = onProblem
        state = Mutex(State())
        store(nil)
    }

    deinit {
        finish(.abandoned)
    }

    /// The run's number; nil as long as the lab could not be written.
    public var id: Int? { state.withLock { $0.id } }

    /// Why the lab could not be written the last time; nil if all is stored.
    public var problem: String? { state.withLock { $0.problem } }

    /// Records figures of a step.
    ///
    /// - Parameters:
    ///   - step: optimizer steps done, counted from 1.
    ///   - values: by name ("loss", "learning_rate").
    public func metrics(step: Int, _ values: [String: Double]) {
        store(values.map { .metric($0.key, TrainingReport.Point(step: step, value: $0.value)) })
    }

    /// Records whole curves at once.
    public func curves(_ curves: [String: [TrainingReport.Point]]) {
        store(curves.flatMap { curve in curve.value.map { .metric(curve.key, $0) } })
    }

    /// Records where a checkpoint was written. It is not read: the next ones replace it.
    public func checkpoint(_ path: String, step: Int) {
        store([
            .artifact(
                RunArtifact(
                    kind: "checkpoint", path: LabStore.absolute(path), sha256: nil, byteCount: nil,
                    step: step, created: .now))
        ])
    }

    /// Records scores.
    public func evaluation(_ evaluation: RunEvaluation) { store([.evaluation(evaluation, .now)]) }

    /// Records a file or folder with its SHA-256; it stays where it is.
    ///
    /// - Throws: `LyceumError.file` if it cannot be read.
    public func artifact(kind: String, path: String, step: Int? = nil) throws {
        store([.artifact(try lab.artifact(kind: kind, path: path, step: step))])
    }

    /// Ends the run; what comes after is not recorded.
    ///
    /// - Parameters:
    ///   - end: how it ended.
    ///   - problem: why it failed, in one line.
    public func finish(_ end: RunState, problem: String? = nil) {
        store([.end(end, problem, .now)], force: true)
    }

    /// Tries again to store what could not be stored.
    ///
    /// - Returns: whether everything is stored.
    @discardableResult
    public func retry() -> Bool {
        store(nil, force: true)
        return problem == nil
    }

    /// - Parameter entries: what to store; nil to store the start and what is left over.
    private func store(_ entries: [Entry]?, force: Bool = false) {
        let news: String? = state.withLock { state in
            if let entries {
                if state.isOver { return nil }
                state.pending += entries
                if case .end? = entries.last { state.isOver = true }
            }
            let now = ContinuousClock.now
            if !force, let retryAt = state.retryAt, now < retryAt { return nil }
            do {
                try commit(&state)
                state.problem = nil
                state.retryAt = nil
                state.failures = 0
                return nil
            } catch LyceumError.unknownName {
                // Somebody deleted the run: there is nothing left to record to.
                state.isOver = true
                state.pending = []
                state.problem = "run \(state.id ?? 0) was deleted"
            } catch {
                state.retryAt = .now + .seconds(Self.pause * Double(1 << min(state.failures, 6)))
                state.failures += 1
                let text = "\(error)"
                if state.problem == text { return nil }
                state.problem = text
            }
            return state.problem
        }
        if let news { onProblem("the run goes on, but is not recorded for now: \(news)") }
    }

    private func commit(_ state: inout State) throws {
        if state.id != nil, state.pending.isEmpty { return }
        let origin = state.id == nil ? try lab.origin() : nil
        let (known, pending, started) = (state.id, state.pending, state.started)
        let id = try lab.write { db in
            let id: Int
            if let known {
                id = known
                try LabStore.requireRun(id, db)
            } else {
                let nowhere = RunOrigin(commit: nil, host: "", process: nil)
                id = try LabStore.insert(start, origin: origin ?? nowhere, at: started, db)
            }
            for entry in pending { try store(entry, run: id, db) }
            return id
        }
        state.id = id
        state.pending = []
    }

    private func store(_ entry: Entry, run: Int, _ db: Database) throws {
        switch entry {
        case .metric(let name, let point): try LabStore.insert(point, name: name, run: run, db)
        case .evaluation(let evaluation, let moment):
            try LabStore.insert(evaluation, run: run, at: moment, db)
        case .artifact(let artifact): try lab.insert(artifact, run: run, db)
        case .end(let end, let problem, let moment):
            try LabStore.finish(run, end, problem: problem, at: moment, db)
        }
    }
}

extension LabStore {
    /// Starts a run that this process is doing, and records it while it goes on.
    ///
    /// - Parameters:
    ///   - start: what is done.
    ///   - onProblem: told, in one line, when the lab cannot be written; once for each new reason.
    public func record(_ start: RunStart, onProblem: @escaping @Sendable (String) -> Void) -> RunRecorder {
        RunRecorder(lab: self, start: start, onProblem: onProblem)
    }
}
