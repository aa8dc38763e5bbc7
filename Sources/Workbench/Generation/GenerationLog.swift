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
    /// - Returns: the numbers of their replies in the lab, nil for a row without one; nil altogether if they, and all
    ///   before them, are not in the lab now.
    func keep(_ rows: [GenerationRow]) -> [Int?]? {
        guard lab.isOn else { return nil }
        pending += rows
        if let retryAt, retryAt > .now { return nil }
        return commit().map { Array($0.suffix(rows.count)) }
    }

    /// Ends the generation.
    ///
    /// - Parameters:
    ///   - state: how it ended.
    ///   - problem: why it failed, in one line.
    ///   - output: the fingerprint of the dataset it made; evaluated only with a lab.
    func finish(_ state: RunState, problem: String? = nil, output: @autoclosure () -> String?) {
        guard lab.isOn, commit() != nil, let run else { return }
        let output = output()
        _ = lab.attempt { store in
            if let output { try store.setOutput(output, of: run) }
            try store.finishRun(run, state, problem: problem)
        }
    }

    private func commit() -> [Int?]? {
        if run == nil { run = lab.attempt { try $0.startGeneration(start) } }
        guard let run, let numbers = lab.attempt({ try $0.keep(pending, of: run) }) else {
            retryAt = .now + Self.pause
            return nil
        }
        pending = []
        retryAt = nil
        return numbers
    }
}
