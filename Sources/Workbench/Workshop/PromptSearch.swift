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
    public private(set) var endedBy: String?
    private let session: WorkSession
    private var isShare = false
    private var largerIsBetter = true
    private var title = ""

    /// Prepares a search.
    public init(_ plan: Plan, in session: WorkSession) {
        self.plan = plan
        self.session = session
    }

    private struct Parts {
        let train: Dataset
        let valid: Dataset
        let test: Dataset
    }

    private struct Outcome {
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
        let job = session.job("optimizing the prompt")
        let parts = try split()
        let usage = plan.teacher.usage
        let proposerUsage = plan.proposer?.usage
        defer {
            calls = plan.teacher.usage.calls - usage.calls
            cost = plan.teacher.usage.cost.flatMap { now in usage.cost.map { now - $0 } }
            if let proposer = plan.proposer, let before = proposerUsage {
                calls += proposer.usage.calls - before.calls
                cost = cost.flatMap { sum in
                    proposer.usage.cost.flatMap { now in before.cost.map { sum + now - $0 } }
                }
            }
        }
        var generator = SeededGenerator(seed: plan.seed)
        // The last measurement must stay affordable.
        let reserve = 2 * parts.test.count
        let planned = 2 + plan.instructionTrials + plan.exampleTrials
        func spent() -> (calls: Int, cost: Double) {
            let proposed = plan.proposer.map { $0.usage.calls - (proposerUsage?.calls ?? 0) } ?? 0
            let own = plan.teacher.usage
            return (own.calls - usage.calls + proposed, (own.cost ?? 0) - (usage.cost ?? 0))
        }
        func mayAsk(_ count: Int) -> Bool {
            let now = spent()
            if let budget = plan.callBudget, now.calls + count + reserve > budget {
                endedBy = "the budget of \(budget) calls"
                return false
            }
            if let budget = plan.moneyBudget {
                let each = now.calls > 0 ? now.cost / Double(now.calls) : 0
                if now.cost + each * Double(count + reserve) > budget {
                    endedBy = "the budget of \(RunText.money(budget)) USD"
                    return false
                }
            }
            return true
        }
        func attempt(_ kind: String, _ prompt: PromptTemplate) throws -> Bool {
            guard mayAsk(parts.valid.count) else { return false }
            let outcome = try evaluate(prompt, on: parts.valid, "optimize: \(kind)")
            trials.append(Trial(kind: kind, prompt: prompt, score: outcome.mean, run: outcome.run))
            job.update(
                done: trials.count, of: planned, unit: "trials", figures: [("best", shown(bestTrial?.score))])
            return true
        }
        guard try attempt("the prompt itself", plan.prompt) else {
            throw LyceumError.failed(
                "prompt:optimize: \(endedBy ?? "the budget") is too small for \(parts.valid.count) validation and \(parts.test.count) held-out rows",
                remedy: "raise it, or give fewer rows")
        }
        try searchInstructions(parts, &generator, attempt, mayAsk)
        try searchExamples(parts, &generator, attempt, mayAsk)
        job.finish(done: trials.count, of: trials.count, unit: "trials")
        best = bestTrial
        heldOutCount = parts.test.count
        guard let best, best.prompt != plan.prompt else { return }
        try job.checkCancelled(kept: "\(trials.count) trials are in the lab")
        let start = try evaluate(plan.prompt, on: parts.test, "optimize: held out, the prompt itself")
        let winner = try evaluate(best.prompt, on: parts.test, "optimize: held out, the best prompt")
        heldOut = (start.mean, winner.mean)
        gain = try PairedTest.compare(
            winner.values, start.values, confidence: plan.resampling.confidence,
            resamples: plan.resampling.resamples, seed: plan.resampling.seed, job: job)
    }

    /// The best trial so far; of equals the first, which is the simplest.
    private var bestTrial: Trial? {
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
    private func evaluate(_ prompt: PromptTemplate, on data: Dataset, _ name: String) throws -> Outcome {
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

    // MARK: candidates

    /// Instructions that a teacher proposes when it sees what went wrong.
    private func searchInstructions(
        _ parts: Parts, _ generator: inout SeededGenerator,
        _ attempt: (String, PromptTemplate) throws -> Bool,
        _ mayAsk: (Int) -> Bool
    ) throws {
        if plan.instructionTrials == 0 { return }
        let proposer = plan.proposer ?? plan.teacher
        let references = try parts.train.stringLists(plan.reference)
        for number in 0..<plan.instructionTrials {
            guard mayAsk(1 + parts.valid.count) else { return }
            let rows = generator.permutation(parts.train.count).prefix(5)
            let shown = try rows.map { row in
                let question = PromptTemplate.text(
                    of: try plan.prompt.request(for: parts.train.record(at: row)).messages)
                return
                    "Question:\n\(question.prefix(1500))\nThe right answer:\n\((references[row].first ?? "").prefix(500))"
            }
            let wish = [
                "short and strict", "detailed", "about the form of the answer", "with a way to think",
            ]
            let request =
                "A language model gets the questions below and should give the right answers. Write an instruction for it, "
                + "\(wish[number % wish.count]), that makes its answers better. Do not mention these examples. Reply with the instruction only.\n\n"
                + shown.joined(separator: "\n\n")
            let reply: String
            do {
                reply = try session.ask([ChatMessage(.user, request)], of: proposer).text
            } catch LyceumError.cancelled(let kept) {
                throw LyceumError.cancelled(kept)
            } catch {
                session.shortJob("optimizing").note("optimizing the prompt: no instruction came: \(error)")
                continue
            }
            guard let candidate = try? instructed(reply), !trials.contains(where: { $0.prompt == candidate })
            else {
                continue
            }
            guard try attempt("instructions", candidate) else { return }
        }
    }

    /// The prompt with another message of the system.
    private func instructed(_ text: String) throws -> PromptTemplate {
        let trimmed = text.trimmingWhitespace
        if trimmed.isEmpty { return plan.prompt }
        // What a model writes is text, not a template.
        let literal =
            trimmed.contains("{{") || trimmed.contains("{%") || trimmed.contains("{#")
            ? "{% raw %}\(trimmed.replacing("{% endraw %}", with: "")){% endraw %}" : trimmed
        var messages = plan.prompt.messages.filter { $0.role != .system }.map {
            (role: $0.role, content: $0.template.source)
        }
        messages.insert((.system, literal), at: 0)
        return try PromptTemplate(
            messages: messages, examples: plan.prompt.examples, options: plan.prompt.options)
    }

    /// Sets of examples: drawn from the training rows, or of those that the teacher itself answered well.
    private func searchExamples(
        _ parts: Parts, _ generator: inout SeededGenerator,
        _ attempt: (String, PromptTemplate) throws -> Bool,
        _ mayAsk: (Int) -> Bool
    ) throws {
        if plan.exampleTrials == 0 || plan.exampleCount == 0 { return }
        let base = bestTrial?.prompt ?? plan.prompt
        let columns = Set(base.columns + [plan.reference])
        func record(_ row: Int) throws -> [String: Value] {
            let record = try parts.train.record(at: row)
            let fields = Dictionary(
                zip(record.columns, record.values), uniquingKeysWith: { first, _ in first })
            return fields.filter { columns.contains($0.key) }
        }
        var own: [[String: Value]] = []
        if mayAsk(parts.train.count + parts.valid.count) {
            let outcome = try evaluate(base, on: parts.train, "optimize: training rows")
            let limit =
                plan.goodScore ?? (isShare && largerIsBetter ? 1 : outcome.mean)
            for row in outcome.values.indices {
                let value = outcome.values[row]
                guard let answer = outcome.answers[row], largerIsBetter ? value >= limit : value <= limit
                else {
                    continue
                }
                var fields = try record(row)
                fields[plan.reference] = .string(answer)
                own.append(fields)
            }
        }
        let gold = try (0..<parts.train.count).map(record)
        for number in 0..<plan.exampleTrials {
            let usesOwn = number % 2 == 1 && !own.isEmpty
            let pool = usesOwn ? own : gold
            let count = min(pool.count, 1 + generator.index(below: plan.exampleCount))
            let chosen = generator.permutation(pool.count).prefix(count).map { pool[$0] }
            let examples = try FewShotExamples(chosen, answer: "{{ \(plan.reference) }}")
            let candidate = try PromptTemplate(
                messages: base.messages.map { ($0.role, $0.template.source) }, examples: examples,
                options: base.options)
            if trials.contains(where: { $0.prompt == candidate }) { continue }
            guard try attempt(usesOwn ? "the teacher's own answers" : "examples at random", candidate) else {
                return
            }
        }
    }

    // MARK: words

    func shown(_ value: Double?) -> String {
        guard let value, value.isFinite else { return "–" }
        return isShare ? (value * 100).fixed(1) : RunText.number(value)
    }

    /// What the search found, in plain words.
    public var sentence: String {
        guard let best else { return "The search did not come to its end." }
        guard let gain, let heldOut else {
            return "No candidate was better on the validation rows; the prompt stays as it is."
        }
        let unit = isShare ? " points" : ""
        let sign = largerIsBetter ? 1.0 : -1.0
        let start =
            "On \(heldOutCount) held-out rows the best prompt (\(best.kind)) has \(title) \(shown(heldOut.best)) against \(shown(heldOut.start)): "
            + "a difference of \(shown(gain.difference))\(unit) (\((plan.resampling.confidence * 100).fixed(0)) % interval \(shown(gain.interval.lowerBound)) to \(shown(gain.interval.upperBound)), p \(gain.randomizationP.fixed(4)))"
        if gain.difference * sign > 0, gain.randomizationP <= 1 - plan.resampling.confidence {
            return start + ". The gain is established."
        }
        return start + ". No gain is established."
    }

    /// The trials, best first.
    public var table: String {
        let order = trials.enumerated().sorted { a, b in
            let (first, second) = (a.element.score, b.element.score)
            if first == second { return a.offset < b.offset }
            return largerIsBetter ? first > second : first < second
        }
        let rows = order.map { place, trial in
            [
                "\(place + 1)  \(trial.kind)", shown(trial.score),
                "\(trial.prompt.examples?.records.count ?? 0)",
                trial.run.map { "run \($0)" } ?? "–",
            ]
        }
        let money = cost.map { "\(RunText.money($0)) USD" } ?? "price not known"
        return
            (TextTable.lines([["trial", "\(title) (validation)", "examples", "lab"]] + rows) + [
                sentence, "\(calls) calls, \(money)" + (endedBy.map { "; ended by \($0)" } ?? ""),
            ]).joined(separator: "\n")
    }
}

extension String {
    /// Without white space at either end.
    fileprivate var trimmingWhitespace: String {
        guard let first = firstIndex(where: { !$0.isWhitespace }),
            let last = lastIndex(where: { !$0.isWhitespace })
        else { return "" }
        return String(self[first...last])
    }
}
