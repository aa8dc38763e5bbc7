import LyceumKit

/// What text that a model wrote must be like to be learned from.
///
/// Nothing is tested that is not asked for. Characters are Unicode scalars, words are runs between white space.
public struct Curation {
    /// What happens to words around the answer: "Sure, here is the article: …", "I hope this helps!".
    public enum Boilerplate: String, SettingChoice {
        /// They are taken off.
        case strip
        /// The row is dropped.
        case drop
        /// They stay.
        case keep
    }

    /// The column that is judged.
    public let column: String
    /// Words around the answer.
    public var boilerplate = Boilerplate.keep
    /// What a model thought before its answer (`<think>…</think>`), which older runs left in the text.
    public var reasoning = Boilerplate.strip
    /// Whether rows in which the model refused are dropped.
    public var dropsRefusals = false
    /// The range of lengths in characters.
    public var characters: ClosedRange<Int>?
    /// The range of lengths in words.
    public var words: ClosedRange<Int>?
    /// The range of lengths in tokens, and what counts them.
    public var tokens: (range: ClosedRange<Int>, count: (String) throws -> Int)?
    /// The range of the words of the column for each word of another: the compression of Grusky et al.,
    /// "Newsroom" (2018).
    public var compression: (range: ClosedRange<Double>, column: String)?
    /// The least share of letters in a script.
    public var script: (Script, share: Double)?
    /// Whether a text that an earlier row has is dropped.
    public var dropsDuplicates = false
    /// The share of runs of words in common from which on a later text is dropped.
    public var near: (similarity: Double, words: Int)?
    /// Texts of which no run of so many words may occur: those of the test set.
    public var contamination: (texts: [String], words: Int)?

    /// Curation of a column that lets everything pass until something is set.
    public init(_ column: String) { self.column = column }
}

extension Curation {
    /// What came of it.
    public struct Result: Sendable {
        /// The rows that passed, stripped where that was asked for.
        public let kept: Dataset
        /// The other rows, with a column `reason`.
        public let dropped: Dataset
        /// How many rows each filter dropped, in the order of the filters; those that dropped none are there.
        public let counts: [(filter: String, rows: Int)]
        /// How many rows were stripped of words around the answer.
        public let stripped: Int
        /// How many rows were stripped of reasoning before the answer.
        public let thoughts: Int

        /// The report for a person, in one paragraph.
        public var report: String {
            var parts = ["\(kept.count) of \(kept.count + dropped.count) rows kept"]
            if thoughts > 0 { parts.append("\(thoughts) stripped of reasoning") }
            if stripped > 0 { parts.append("\(stripped) stripped of words around the answer") }
            let losses = counts.filter { $0.rows > 0 }.map { "\($0.rows) \($0.filter)" }
            if !losses.isEmpty { parts.append("dropped: " + losses.joined(separator: ", ")) }
            let idle = counts.filter { $0.rows == 0 }.map(\.filter)
            if !idle.isEmpty { parts.append("none for: " + idle.joined(separator: ", ")) }
            return parts.joined(separator: "; ")
        }
    }
}

extension Dataset {
    /// The rows fit to be learned from, and the others with the reason. A row is dropped for the first reason found;
    /// the filters come in the order in which `Curation` lists them.
    ///
    /// - Throws: `LyceumError.missingColumn`, `LyceumError.invalid` for a row without text,
    ///   `LyceumError.cancelled`.
    public func curate(_ curation: Curation, job: Job = .silent("curate")) throws -> Curation.Result {
        let source = try strings(curation.column)
        var pass = CurationPass(texts: source)
        try pass.reasoning(curation, job)
        try pass.strip(curation, job)
        try pass.lengths(curation, against: try curation.compression.map { try strings($0.column) }, job)
        try pass.script(curation, job)
        if curation.dropsDuplicates { pass.exactDuplicates() }
        let current = pass.isStripped ? try adding(column: curation.column, values: pass.values) : self
        if let near = curation.near {
            let duplicates = try current.nearDuplicates(
                in: curation.column, rows: pass.left, similarity: near.similarity, words: near.words, job: job
            )
            pass.drop("near-duplicates", duplicates.mapValues { "near-duplicate of row \($0 + 1)" })
        }
        if let (texts, words) = curation.contamination {
            pass.drop("contaminated", try pass.contaminated(by: texts, words: words, job))
        }
        let dropped = pass.reasons.keys.sorted()
        return Curation.Result(
            kept: current.choosing(pass.left, HistoryStep("curate", curation.column)),
            dropped: try rows(dropped).adding(
                column: "reason", values: dropped.map { .string(pass.reasons[$0] ?? "") }),
            counts: pass.counts, stripped: pass.stripped, thoughts: pass.thoughts)
    }
}
