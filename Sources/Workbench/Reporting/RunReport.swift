import Lab
import LyceumKit

/// What a page about runs says; `html` writes it.
public struct RunReport {
    /// One row that was answered by several runs.
    struct Sample {
        /// The dataset's row, counted from 0.
        let row: Int
        /// What was read; nil if it was not kept.
        let input: String?
        /// What humans wrote.
        let references: [String]
        /// What each run wrote; nil for a run that was not scored on this row.
        let predictions: [EvaluatedPair?]
    }

    /// The heading.
    let title: String
    /// The settings and scores.
    let comparison: RunComparison
    /// Each run's curves by name.
    let curves: [[String: [TrainingReport.Point]]]
    /// What each run's teachers cost; nil where none was asked.
    let spendings: [Spending?]
    /// The tests of each group of scores, in the order of `comparison.scoreGroups`.
    let tests: [[RunTest]]
    /// Rows side by side.
    let samples: [Sample]
    /// How many rows there are to draw samples from.
    let sampledRows: Int
    /// The workshops that compared any of the runs, oldest first.
    let workshops: [WorkshopPage]

    /// Runs, in the order of the columns.
    var runs: [RunRecord] { comparison.runs }

    /// Trials of either test.
    static let resamples = 1000

    /// Reads all that the page needs.
    ///
    /// - Parameters:
    ///   - numbers: of the runs.
    ///   - sampleCount: rows to show side by side.
    ///   - seed: decides which, and the trials of the tests.
    ///   - text: only rows in which it stands are drawn; empty for all.
    ///   - knownTests: the tests, if they were made before of the same scores.
    ///   - job: cancellation.
    /// - Throws: `LyceumError.unknownName` if there is no such run, `LyceumError.cancelled`.
    public init(
        _ numbers: [Int], in session: WorkSession, title: String, sampleCount: Int, seed: Int,
        containing text: String = "", knownTests: [[RunTest]]? = nil, job: Job
    ) throws {
        let lab = try session.lab.store
        self.title = title
        comparison = try lab.compare(numbers)
        workshops = try lab.workshops(of: numbers).compactMap(WorkshopPage.init)
        curves = try numbers.map { try lab.history(of: $0) }
        spendings = try numbers.map { try lab.spending(ofRun: $0) }
        tests =
            try knownTests
            ?? session.tests(
                of: comparison, resampling: Resampling(resamples: Self.resamples, seed: seed), job: job)
        var samples: (drawn: [Sample], of: Int) = ([], 0)
        // The first scores with rows are those of the samples.
        for group in comparison.scoreGroups where samples.drawn.isEmpty {
            let pairs = try numbers.map {
                try lab.pairs(of: $0, evaluation: group.evaluation, data: group.data)
            }
            samples = Self.draw(sampleCount, of: pairs, seed: seed, containing: text)
        }
        self.samples = samples.drawn
        sampledRows = samples.of
    }

    /// Draws rows by chance among those whose inputs were kept, or among all if none was.
    private static func draw(
        _ count: Int, of pairs: [[EvaluatedPair]], seed: Int, containing text: String
    ) -> (drawn: [Sample], of: Int) {
        let rowCount = pairs.map(\.count).max() ?? 0
        let all = (0..<rowCount).filter { row in pairs.contains { row < $0.count } }
        let withInput = all.filter { row in pairs.contains { row < $0.count && $0[row].input != nil } }
        var candidates = withInput.isEmpty ? all : withInput
        if !text.isEmpty {
            candidates = candidates.filter { row in
                pairs.contains { row < $0.count && $0[row].contains(text) }
            }
        }
        var generator = SeededGenerator(seed: seed)
        let chosen = generator.permutation(candidates.count).prefix(max(count, 0)).map { candidates[$0] }
        let samples = chosen.sorted().map { row in
            let answers = pairs.map { row < $0.count ? $0[row] : nil }
            let known = answers.compactMap { $0 }
            return Sample(
                row: row, input: known.compactMap(\.input).first, references: known.first?.references ?? [],
                predictions: answers)
        }
        return (samples, text.isEmpty ? rowCount : candidates.count)
    }
}

extension EvaluatedPair {
    /// Whether a text stands in any of its texts, without regard to case.
    fileprivate func contains(_ text: String) -> Bool {
        let wanted = text.lowercased()
        return ([input ?? "", prediction] + references).contains { $0.lowercased().contains(wanted) }
    }
}
