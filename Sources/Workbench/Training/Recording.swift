import Lab
import LyceumKit
import Synchronization

/// A run of the lab that goes on while a student works.
public final class Recording: Sendable {
    private let recorder: RunRecorder?
    private let lab: LabSession
    /// The first step that was told of each figure.
    private let firstSteps = Mutex<[String: Int]>([:])

    /// Starts to record, if this session has a lab.
    public init(_ start: RunStart, in session: WorkSession) {
        lab = session.lab
        recorder = session.lab.record(start)
    }

    /// The run's number; nil if it is not recorded.
    public var run: Int? { recorder?.id }

    /// Whether the student has learned something.
    public var hasSteps: Bool { firstSteps.withLock { !$0.isEmpty } }

    /// A job that this program shows, whose figures and checkpoints are recorded as they come.
    public func job(_ title: String, in session: WorkSession) -> Job {
        let shown = session.listener
        return Job(
            title,
            listener: Job.Listener(
                progress: { shown?.progress($0) }, note: { shown?.note($0) },
                record: { step, figures in
                    self.firstSteps.withLock { first in
                        for name in figures.keys { first[name] = min(first[name] ?? step, step) }
                    }
                    self.recorder?.metrics(step: step, figures)
                },
                checkpoint: { path, step in self.recorder?.checkpoint(path, step: step) }))
    }

    /// Does the work, and records how it ends.
    public func during<T>(_ work: () throws -> T) throws -> T {
        do {
            let result = try work()
            recorder?.finish(.finished)
            return result
        } catch {
            if case LyceumError.cancelled = error {
                recorder?.finish(.cancelled)
            } else {
                recorder?.finish(.failed, problem: LyceumError.text(of: error))
                if !hasSteps, Self.isMisuse(error) { forget() }
            }
            throw error
        }
    }

    /// Whether an error says that the call was wrong: nothing was done.
    private static func isMisuse(_ error: any Error) -> Bool {
        switch error {
        case LyceumError.unknownOptions, LyceumError.badOption, LyceumError.missingColumn,
            LyceumError.unknownName, LyceumError.invalid, LyceumError.empty, LyceumError.unsupported:
            return true
        default: return false
        }
    }

    /// Takes the run out of the lab.
    private func forget() {
        guard let run else { return }
        lab.attempt { try $0.deleteRun(run) }
    }

    /// Records what a report tells beyond the steps that were told: what came before a resumption, all curves of
    /// a student that tells no steps, and the totals.
    public func complete(with report: TrainingReport) {
        let first = firstSteps.withLock { $0 }
        var curves = report.history
        for (name, points) in report.history {
            guard let first = first[name] else { continue }
            curves[name] = points.filter { $0.step < first }
        }
        curves["epochs"] = [.init(step: report.steps, value: report.epochs)]
        curves["tokens"] = [.init(step: report.steps, value: Double(report.tokens))]
        recorder?.curves(curves)
    }
}

extension LabSession {
    /// Starts a run and records it while it goes on; nil if this session has no lab.
    func record(_ start: RunStart) -> RunRecorder? {
        guard isOn, let store = try? store else { return nil }
        var start = start
        start.versions.merge(versions) { own, _ in own }
        return store.record(start) { self.report($0) }
    }
}
