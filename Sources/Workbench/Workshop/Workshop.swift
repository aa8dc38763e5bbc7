import Corpus
import Evaluation
import Lab
import LyceumKit
import Prompting
import Teaching

/// A prompt asked of a teacher: what a workshop compares.
public struct WorkshopVariant {
    /// What it is called: the prompt's name, with the teacher's where there are several.
    public let name: String
    /// What is asked.
    public let prompt: PromptTemplate
    /// Who answers.
    public let teacher: OpenTeacher
    /// What the prompt and the teacher are called on their own.
    public let promptName: String
    /// See `promptName`.
    public let teacherName: String

    /// Names a variant.
    ///
    /// - Parameters:
    ///   - promptName: nil is the variant's name.
    ///   - teacherName: nil is the teacher's own name.
    public init(
        name: String, prompt: PromptTemplate, teacher: OpenTeacher, promptName: String? = nil,
        teacherName: String? = nil
    ) {
        self.promptName = promptName ?? name
        self.teacherName = teacherName ?? teacher.teacher.name
        self.name = name
        self.prompt = prompt
        self.teacher = teacher
    }
}

/// What a workshop compares, and how.
public struct WorkshopPlan {
    /// The rows that every variant answers.
    public var data: Dataset
    /// What is compared, at least one.
    public var variants: [WorkshopVariant]
    /// Answers of each variant to each row.
    public var samples = 1
    /// The column of what should have been answered.
    public var reference: String?
    /// How answers are scored.
    public var measures: [WorkshopMeasure] = []
    /// The figure that decides; nil takes the first.
    public var decidingFigure: String?
    /// Whether kept replies are ignored.
    public var isFresh = false
    /// How intervals and tests are drawn.
    public var resampling = Resampling(confidence: 0.95, resamples: 2000, seed: 42)

    /// Plans a workshop.
    public init(data: Dataset, variants: [WorkshopVariant]) {
        self.data = data
        self.variants = variants
    }
}

/// Prompts compared like models: every variant answers every row, the answers are scored, and paired tests say which
/// differences are real.
///
/// The answers come through the same cache, budget, limits and lab as every generation; each variant is a run of the lab.
public final class Workshop {
    /// A figure of every variant.
    public struct Figure: Sendable {
        /// Its name: "rouge1", "short".
        public let name: String
        /// What tables call it.
        public let title: String
        /// Whether a larger value is a better one.
        public let largerIsBetter: Bool
        /// Whether values are shares, which tables show × 100.
        public let isShare: Bool
        /// Variant by variant, answer by answer (the samples of a row stand together): nil where there is no answer.
        public let cells: [[Double?]]
        /// Variant by variant, row by row: the mean of the row's samples.
        public let rows: [[Double?]]
        /// Variant by variant the mean of the rows; nil where there is none.
        public let means: [Double?]
        /// The bootstrap intervals of the means.
        public let intervals: [ClosedRange<Double>?]
    }

    /// Two variants in one figure.
    public struct Test: Sendable {
        /// The figure's name.
        public let figure: String
        /// The places of the variants; the difference is the first's mean less the second's, over the rows of both.
        public let first: Int
        /// See `first`.
        public let second: Int
        /// What the paired tests say.
        public let difference: PairedDifference
        /// The p value of approximate randomisation, corrected by Holm for all pairs of variants.
        public let correctedP: Double
        /// The rows that both have answered.
        public let count: Int
        /// The rows with which a difference of this size is found four times in five; nil where there is none.
        public let neededRows: Int?
    }

    /// What was planned.
    public let plan: WorkshopPlan
    /// What each variant answered, in order.
    public internal(set) var results: [GenerationResult] = []
    /// The figures, in the order of the measures.
    public internal(set) var figures: [Figure] = []
    /// Every pair of variants in every figure.
    public internal(set) var tests: [Test] = []
    /// What ended it early; nil if it came to its end.
    public internal(set) var stopped: (any Error)?
    let session: WorkSession

    /// Prepares a workshop; nothing is asked yet.
    ///
    /// - Throws: `LyceumError` for data without rows, a variable or column that the data does not have, names that are
    ///   given twice.
    public init(_ plan: WorkshopPlan, in session: WorkSession) throws {
        self.plan = plan
        self.session = session
        if plan.variants.isEmpty {
            throw LyceumError.empty("the list of prompts", remedy: "give prompts = { a = p1, b = p2 }")
        }
        if let twice = plan.variants.map(\.name).firstRepeated {
            throw LyceumError.invalid(
                "the variants of a workshop", expected: "a name of its own for each", got: "'\(twice)' twice",
                remedy: nil)
        }
        if let reference = plan.reference, !plan.data.columns.contains(reference) {
            throw LyceumError.missingColumn(reference, available: plan.data.columns)
        }
        if plan.reference == nil, let needy = plan.measures.first(where: \.needsReferences) {
            throw LyceumError.badOption(
                function: "workshop", option: "reference",
                expected: "the column that \(needy.name) compares with",
                got: "nothing")
        }
        _ = try plan.variants.map { try generationPlan($0) }
    }

    func generationPlan(_ variant: WorkshopVariant) throws -> GenerationPlan {
        try GenerationPlan(
            plan.data, prompt: variant.prompt, output: "answer", samples: plan.samples,
            reuse: plan.isFresh ? .none : .all, name: "workshop: \(variant.name)")
    }

    /// What it would ask, and cost; asks nothing.
    ///
    /// What a judge would be asked of an answer that is known is known, too; for the others texts as long as the model's
    /// replies so far stand in.
    public func estimate() throws -> WorkshopEstimate {
        let variants = try plan.variants.map { variant in
            (variant.teacher, try session.estimate(try generationPlan(variant), by: variant.teacher))
        }
        let judges = plan.measures.compactMap(\.judge)
        let answers = judges.isEmpty ? [] : try expectedAnswers(variants.map(\.1))
        return WorkshopEstimate(
            variants: variants,
            judges: try judges.map {
                ($0.teacher, try answers.isEmpty ? GenerationEstimate() : $0.estimate(answers))
            })
    }

    private func expectedAnswers(_ estimates: [GenerationEstimate]) throws -> [WorkshopAnswer] {
        let references = try plan.reference.map { try plan.data.stringLists($0) }
        var answers: [WorkshopAnswer] = []
        for (variant, estimate) in zip(plan.variants, estimates) {
            let run = GenerationRun(try generationPlan(variant), by: variant.teacher, in: session)
            let tokens = estimate.completionTokens.map { $0 / max(estimate.calls, 1) } ?? 150
            let kept = try run.keptReplies()
            for (place, kept) in kept.enumerated() where kept?.reply.defect == nil {
                let row = place / plan.samples
                // No two stand-ins are equal, as no two answers need be.
                let text =
                    kept?.reply.text
                    ?? "\(answers.count) " + String(repeating: "word ", count: max(tokens * 4 / 5, 1))
                answers.append(
                    WorkshopAnswer(
                        text: text, record: try plan.data.record(at: row), references: references?[row] ?? [])
                )
            }
        }
        return answers
    }

    /// Asks every variant, and scores what came.
    ///
    /// - Throws: what ended it early. What was answered until then is scored, and is in `results`; the same call goes on
    ///   from there.
    public func run() throws {
        results = []
        for variant in plan.variants {
            let run = GenerationRun(try generationPlan(variant), by: variant.teacher, in: session)
            if stopped == nil {
                do {
                    results.append(try run.ask())
                    continue
                } catch {
                    stopped = error
                }
            }
            results.append(try run.result())
        }
        if let stopped {
            scoreBriefly()
            throw stopped
        }
        try score(job: session.job("scoring"))
        record()
    }

    /// The numbers of the lab's runs, in the order of the variants; nil for those that it does not have.
    public var runs: [Int?] { results.map(\.run) }

    /// The place of a variant.
    ///
    /// - Throws: `LyceumError.unknownName`.
    public func variant(named name: String) throws -> Int {
        guard let place = plan.variants.firstIndex(where: { $0.name == name }) else {
            throw LyceumError.unknownName(
                kind: "variant", name: name, known: plan.variants.map(\.name), remedy: nil)
        }
        return place
    }

    /// The state of one answer; nil if there is no such row or sample.
    public func answer(_ variant: Int, row: Int, sample: Int = 0) -> AnswerState? {
        guard results.indices.contains(variant), (0..<plan.data.count).contains(row),
            (0..<plan.samples).contains(sample)
        else { return nil }
        let place = row * plan.samples + sample
        return results[variant].answers.indices.contains(place) ? results[variant].answers[place] : nil
    }

    /// The question of one cell, as the teacher was asked it.
    public func question(_ variant: Int, row: Int) throws -> String {
        let record = try plan.data.record(at: row)
        return PromptTemplate.text(
            of: try plan.variants[variant].prompt.request(for: record).messages)
    }
}

extension Array where Element: Hashable {
    /// The first element that stands there twice.
    var firstRepeated: Element? {
        var seen: Set<Element> = []
        return first { !seen.insert($0).inserted }
    }
}
