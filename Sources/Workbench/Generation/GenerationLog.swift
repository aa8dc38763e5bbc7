import Lab
import LyceumKit

/// Writes down in the lab what a teacher answers, each reply as it arrives.
///
/// A lab that cannot be written is tried again after a pause; what it has not taken yet stays here.
final class GenerationLog {
    private let lab: LabSession
    private let start: GenerationStart
    private var pending: [GenerationRow] = []
    private var retryAt: ContinuousClock.Instant?

    /// The number of the generation's run; nil without a lab.
    private(set) var run: Int?

    /// How long a lab that could not be written is left alone.
    private static let pause = Duration.seconds(10)

    init(_ start: GenerationStart, lab: LabSession) {
        self.start = start
        self.lab = lab
    }

    /// Commits rows.
    ///
    /// - Returns: whether they, and all before them, are in the lab now.
    func keep(_ rows: [GenerationRow]) -> Bool {
        guard lab.isOn else { return false }
        pending += rows
        if let retryAt, retryAt > .now { return false }
        return commit()
    }

    /// Ends the generation.
    ///
    /// - Parameters:
    ///   - state: how it ended.
    ///   - problem: why it failed, in one line.
    ///   - output: the fingerprint of the dataset it made; evaluated only with a lab.
    func finish(_ state: RunState, problem: String? = nil, output: @autoclosure () -> String?) {
        guard lab.isOn, commit(), let run else { return }
        let output = output()
        _ = lab.attempt { store in
            if let output { try store.setOutput(output, of: run) }
            try store.finishRun(run, state, problem: problem)
        }
    }

    private func commit() -> Bool {
        if run == nil { run = lab.attempt { try $0.startGeneration(start) } }
        guard let run, lab.attempt({ try $0.keep(pending, of: run) }) != nil else {
            retryAt = .now + Self.pause
            return false
        }
        pending = []
        retryAt = nil
        return true
    }
}
