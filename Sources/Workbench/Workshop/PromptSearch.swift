import Corpus
import Evaluation
import Lab
import LyceumKit
import Prompting
import Teaching

/// Looks for a better prompt: examples chosen at random, examples that the teacher answered well itself, and instructions
/// that a teacher proposes.
///
/// Candidates are compared on validation rows; what the winner gains is measured on held-out rows that nothing was chosen
/// on.
///
/// Sources: Khattab et al., "DSPy" (2024): BootstrapFewShotWithRandomSearch; Yang et al., "Large language models as
/// optimizers" (2024).
public final class PromptSearch {
    /// What is searched, and how far.
    public struct Plan {
        /// Rows with the prompt's variables and the reference.
        public var data: Dataset
        /// Where it starts.
        public var prompt: PromptTemplate
        /// Who answers.
        public var teacher: OpenTeacher
        /// Who proposes instructions; nil asks the teacher itself.
        public var proposer: OpenTeacher?
        /// How answers are scored: the first figure decides.
        public var measure: WorkshopMeasure
        /// The column of what should be answered.
        public var reference: String
        /// How many examples a prompt shows at most.
        public var exampleCount = 4
        /// How many sets of examples are tried.
        public var exampleTrials = 8
        /// How many instructions are proposed.
        public var instructionTrials = 4
        /// The share of the rows that candidates are compared on.
        public var validationShare = 0.3
        /// The share of the rows that the winner is measured on.
        public var testShare = 0.3
        /// From this score on an answer of the teacher's serves as an example.
        public var goodScore: Double?
        /// The most requests, the measurement on held-out rows included.
        public var callBudget: Int?
        /// The most money, in USD.
        public var moneyBudget: Double?
        /// Decides the split and every choice.
        public var seed = 42
        /// Of intervals and tests.
        public var resampling = Resampling(confidence: 0.95, resamples: 2000, seed: 42)

        /// Plans a search.
        public init(
            data: Dataset, prompt: PromptTemplate, teacher: OpenTeacher, measure: WorkshopMeasure,
            reference: String
        ) {
            self.data = data
            self.prompt = prompt
            self.teacher = teacher
            self.measure = measure
            self.reference = reference
        }
    }

    /// A prompt that was tried.
    public struct Trial {
        /// How it came about: "the prompt itself", "examples at random", "the teacher's own answers", "instructions".
        public let kind: String
        /// The prompt.
        public let prompt: PromptTemplate
        /// The mean score on the validation rows.
        public let score: Double
        /// The lab's run.
        public let run: Int?
    }

    /// What the search is.
    public let plan: Plan
    /// The prompts that were tried, in order.
    public private(set) var trials: [Trial] = []
    /// The best of them on the validation rows.
    public private(set) var best: Trial?
    /// What the best prompt gains over the one it started from, on held-out rows; nil if it is the same prompt.
    public private(set) var gain: PairedDifference?
    /// The mean scores on the held-out rows: of the prompt it started from, and of the best.
    public private(set) var heldOut: (start: Double, best: Double)?
    /// How many held-out rows there are.
    public private(set) var heldOutCount = 0
    /// The requests that were sent.
    public private(set) var calls = 0
    /// What they cost, in USD; nil if that is not known.
    public private(set) var cost: Double?
    /// Why the search ended before all trials; nil if it did not.
    public internal(set) var endedBy: String?
    let session: WorkSession
    private let budget: SearchBudget
    private(set) var isShare = false
    private(set) var largerIsBetter = true
    private(set) var title = ""

    /// Prepares a search.
    public init(_ plan: Plan, in session: WorkSession) {
        self.plan = plan
        self.session = session
        budget = SearchBudget(
            calls: plan.callBudget, cost: plan.moneyBudget,
            teachers: [plan.teacher] + (plan.proposer.map { [$0] } ?? []))
    }

    struct Parts {
        let train: Dataset
        let valid: Dataset
        let test: Dataset
    }

    struct Outcome {
        let values: [Double]
        let answers: [String?]
        let run: Int?
        var mean: Double { values.reduce(0, +) / Double(max(values.count, 1)) }
    }

    /// Searches.
    ///
    /// - Throws: `LyceumError.invalid` for too few rows, what a teacher throws, `LyceumError.cancelled`; the trials until
    ///   then are in `trials` and in the lab.
    public func run() throws {
        if hasBudget, Ranks.count > 1 {
            throw LyceumError.unsupported(
                "prompt:optimize with a budget in \(Ranks.count) processes",
                remedy:
                    "search in one process, or give the teacher the budget: teacher.open { …, budget_usd = … }"
            )
        }
        let job = session.job("optimizing the prompt")
        let parts = try split()
        defer { (calls, cost) = (budget.spentCalls, budget.spentCost) }
        var generator = SeededGenerator(seed: plan.seed)
        guard try attempt("the prompt itself", plan.prompt, parts, job) else {
            throw LyceumError.failed(
                "prompt:optimize: \(endedBy ?? "the budget") is too small for \(parts.valid.count) validation and \(parts.test.count) held-out rows",
                remedy: "raise it, or give fewer rows")
        }
        try searchInstructions(parts, &generator, job)
        try searchExamples(parts, &generator, job)
        job.finish(done: trials.count, of: trials.count, unit: "trials")
        best = bestTrial
        heldOutCount = parts.test.count
        guard let best, best.prompt != plan.prompt else { return }
        try job.checkCancelled(kept: "\(trials.count) trials are in the lab")
        try measure(best, on: parts.test, job)
    }

    /// Measures the best prompt and the one it started from on rows that nothing was chosen on.
    private func measure(_ best: Trial, on test: Dataset, _ job: Job) throws {
        do {
            let start = try spend(keeping: .init(), asking: plan.prompt, on: test) {
                try evaluate(plan.prompt, on: test, "optimize: held out, the prompt itself")
            }
            let winner = try spend(keeping: .init(), asking: best.prompt, on: test) {
                try evaluate(best.prompt, on: test, "optimize: held out, the best prompt")
            }
            heldOut = (start.mean, winner.mean)
            gain = try PairedTest.compare(
                winner.values, start.values, confidence: plan.resampling.confidence,
                resamples: plan.resampling.resamples, seed: plan.resampling.seed, job: job)
        } catch is SearchBudget.Spent {
            endedBy = budget.endedBy
        }
    }

    /// Tries a prompt on the validation rows.
    ///
    /// - Returns: false if the budget has no room for it; then `endedBy` says so.
    func attempt(_ kind: String, _ prompt: PromptTemplate, _ parts: Parts, _ job: Job) throws -> Bool {
        let reserve = try reserve(for: prompt, parts)
        let outcome: Outcome
        do {
            guard try mayAsk(prompt, on: parts.valid, keeping: reserve) else { return false }
            outcome = try spend(keeping: reserve, asking: prompt, on: parts.valid) {
                try evaluate(prompt, on: parts.valid, "optimize: \(kind)")
            }
        } catch is SearchBudget.Spent {
            endedBy = budget.endedBy
            return false
        }
        trials.append(Trial(kind: kind, prompt: prompt, score: outcome.mean, run: outcome.run))
        job.update(
            done: trials.count, of: 1 + plan.instructionTrials + plan.exampleTrials, unit: "trials",
            figures: [("best", shown(bestTrial?.score))])
        return true
    }

    // MARK: the budget

    private var hasBudget: Bool { plan.callBudget != nil || plan.moneyBudget != nil }

    /// What asking a prompt about rows would take; what was answered before costs nothing.
    private func amount(_ prompt: PromptTemplate, on data: Dataset) throws -> SearchBudget.Amount {
        guard hasBudget else { return .init() }
        return budget.amount(
            of: try session.estimate(
                try GenerationPlan(data, prompt: prompt, output: "answer"), by: plan.teacher))
    }

    /// What the measurement at the end takes if a prompt wins.
    func reserve(for prompt: PromptTemplate, _ parts: Parts) throws -> SearchBudget.Amount {
        let start = try amount(plan.prompt, on: parts.test)
        let dearest = try [bestTrial?.prompt, prompt].compactMap(\.self)
            .map { try amount($0, on: parts.test) }
            .max { ($0.calls, $0.cost) < ($1.calls, $1.cost) }
        return start + (dearest ?? .init())
    }

    /// Whether there is room for asking a prompt, for so many requests of one that is not known yet, and for what comes
    /// later.
    func mayAsk(
        _ prompt: PromptTemplate? = nil, on data: Dataset? = nil, andCalls calls: Int = 0,
        keeping reserve: SearchBudget.Amount
    ) throws -> Bool {
        var sum = reserve + budget.amount(calls: calls)
        if let prompt, let data { sum = sum + (try amount(prompt, on: data)) }
        guard let refusal = budget.refusal(of: sum) else { return true }
        endedBy = refusal
        return false
    }

    /// Asks within the budget.
    func spend<T>(
        keeping reserve: SearchBudget.Amount, asking prompt: PromptTemplate, on data: Dataset,
        _ body: () throws -> T
    ) throws -> T {
        try budget.spend(keeping: reserve, asking: try amount(prompt, on: data), body)
    }

    /// Asks one question within the budget.
    ///
    /// - Returns: nil if there is no room for it; then `endedBy` says so.
    func spendOnQuestion<T>(keeping reserve: SearchBudget.Amount, _ body: () throws -> T) throws -> T? {
        let one = SearchBudget.Amount(calls: 1, cost: 0)
        if let refusal = budget.refusal(of: one + reserve) {
            endedBy = refusal
            return nil
        }
        do {
            return try budget.spend(keeping: reserve, asking: one, body)
        } catch is SearchBudget.Spent {
            endedBy = budget.endedBy
            return nil
        }
    }

    // MARK: asking

    /// The best trial so far; of equals the first, which is the simplest.
    var bestTrial: Trial? {
        trials.enumerated().max { a, b in
            let (first, second) = (a.element.score, b.element.score)
            if first == second { return a.offset > b.offset }
            return largerIsBetter ? first < second : first > second
        }?.element
    }

    private func split() throws -> Parts {
        let count = plan.data.count
        let valid = Int((Double(count) * plan.validationShare).rounded())
        let test = Int((Double(count) * plan.testShare).rounded())
        guard valid >= 2, test >= 2, count - valid - test >= 1 else {
            throw LyceumError.invalid(
                "prompt:optimize", expected: "rows enough for training, validation and held-out rows",
                got: "\(count) rows: \(count - valid - test), \(valid) and \(test)", remedy: "give more rows")
        }
        var generator = SeededGenerator(seed: plan.seed)
        let order = generator.permutation(count)
        return Parts(
            train: try plan.data.rows(order[(valid + test)...].sorted()),
            valid: try plan.data.rows(order[..<valid].sorted()),
            test: try plan.data.rows(order[valid..<(valid + test)].sorted()))
    }

    /// Asks a prompt about rows. A row without an answer counts as the worst that there is.
    func evaluate(_ prompt: PromptTemplate, on data: Dataset, _ name: String) throws -> Outcome {
        let result = try session.generate(
            try GenerationPlan(data, prompt: prompt, output: "answer", name: name), by: plan.teacher)
        let references = try data.stringLists(plan.reference)
        let good = result.answers.indices.filter { result.answers[$0].isGood }
        let texts = result.answers.map { $0.isGood ? $0.reply?.reply.text : nil }
        let answers = try good.map { place in
            WorkshopAnswer(
                text: texts[place] ?? "", record: try data.record(at: place), references: references[place])
        }
        var values = [Double](repeating: 0, count: data.count)
        if !answers.isEmpty {
            let figures = try plan.measure.score(answers, session.shortJob("scoring"))
            guard let figure = figures.first else {
                throw LyceumError.failed("'\(plan.measure.name)' gives no figure for each text", remedy: nil)
            }
            (isShare, largerIsBetter, title) = (figure.isShare, figure.largerIsBetter, figure.title)
            let worst =
                figure.largerIsBetter ? min(0, figure.values.min() ?? 0) : max(0, figure.values.max() ?? 0)
            values = [Double](repeating: worst, count: data.count)
            for (place, value) in zip(good, figure.values) { values[place] = value }
        }
        let outcome = Outcome(values: values, answers: texts, run: result.run)
        record(outcome, on: data, references)
        return outcome
    }

    private func record(_ outcome: Outcome, on data: Dataset, _ references: [[String]]) {
        guard let run = outcome.run else { return }
        let name = plan.measure.name
        let evaluation = RunEvaluation(
            name: "optimize", data: data.fingerprint, signature: plan.measure.signature,
            scores: [RunScore(name, outcome.mean)])
        let pairs = outcome.values.indices.map { row in
            EvaluatedPair(
                prediction: outcome.answers[row] ?? "", references: references[row],
                figures: [name: outcome.values[row]])
        }
        session.lab.attempt { store in
            try store.tag(run: run, add: ["optimize"])
            try store.addEvaluation(evaluation, pairs: pairs, to: run)
        }
    }
}
