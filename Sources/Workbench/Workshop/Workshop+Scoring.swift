import Corpus
import Dispatch
import Evaluation
import Lab
import LyceumKit

extension Workshop {
    /// Scores what came before an interruption, as far as that takes no time: a judge is not asked any more, functions of
    /// the user's do not run any more, and what takes long is left out.
    func scoreBriefly() {
        let job = Job("scoring", obeysInterrupt: false)
        // Not a task: those share a few threads with whoever calls this.
        DispatchQueue.global().asyncAfter(deadline: .now() + .milliseconds(500)) { job.cancel() }
        try? score(job: job, leavesOut: true)
    }

    /// Scores what was answered, and tests every two variants.
    ///
    /// - Parameter leavesOut: whether a measure that cannot be taken is left out instead of ending it all.
    func score(job: Job, leavesOut: Bool = false) throws {
        let references = try plan.reference.map { try plan.data.stringLists($0) }
        var figures: [Figure] = []
        for measure in plan.measures {
            do {
                figures += try self.figures(of: measure, references, job)
            } catch {
                if !leavesOut { throw error }
            }
        }
        self.figures = figures
        tests = try figures.flatMap { try test($0, job) }
    }

    private func figures(of measure: WorkshopMeasure, _ references: [[String]]?, _ job: Job) throws
        -> [Figure]
    {
        var byVariant: [(places: [Int], figures: [MetricFigure])] = []
        for result in results {
            let places = result.answers.indices.filter { result.answers[$0].isGood }
            let answers = try places.map { place in
                let state = result.answers[place]
                return WorkshopAnswer(
                    text: state.reply?.reply.text ?? "", record: try plan.data.record(at: state.row),
                    references: references?[state.row] ?? [])
            }
            byVariant.append((places, answers.isEmpty ? [] : try measure.score(answers, job)))
        }
        let shape = byVariant.first { !$0.figures.isEmpty }?.figures ?? []
        return try shape.map { try figure($0, byVariant, job) }
    }

    private func figure(
        _ shape: MetricFigure, _ scored: [(places: [Int], figures: [MetricFigure])], _ job: Job
    ) throws -> Figure {
        let cellCount = plan.data.count * plan.samples
        var cells: [[Double?]] = []
        var rows: [[Double?]] = []
        for (places, figures) in scored {
            var own = [Double?](repeating: nil, count: cellCount)
            let values = figures.first { $0.name == shape.name }?.values ?? []
            for (place, value) in zip(places, values) { own[place] = value }
            cells.append(own)
            rows.append(
                (0..<plan.data.count).map { row in
                    let known = own[(row * plan.samples)..<((row + 1) * plan.samples)].compactMap(\.self)
                    return known.isEmpty ? nil : known.reduce(0, +) / Double(known.count)
                })
        }
        let known = rows.map { $0.compactMap(\.self) }
        return Figure(
            name: shape.name, title: shape.title, largerIsBetter: shape.largerIsBetter,
            isShare: shape.isShare,
            cells: cells, rows: rows,
            means: known.map { $0.isEmpty ? nil : $0.reduce(0, +) / Double($0.count) },
            intervals: try known.map { values in
                values.isEmpty
                    ? nil
                    : try Bootstrap.meanIntervals(
                        values, columns: 1, confidence: plan.resampling.confidence,
                        resamples: plan.resampling.resamples, seed: plan.resampling.seed, job: job
                    ).first
            })
    }

    private func test(_ figure: Figure, _ job: Job) throws -> [Test] {
        let count = plan.variants.count
        let pairCount = count * (count - 1) / 2
        var found: [(first: Int, second: Int, difference: PairedDifference, count: Int, needed: Int?)] = []
        for a in 0..<count {
            for b in (a + 1)..<max(count, a + 1) {
                let both = zip(figure.rows[a], figure.rows[b]).compactMap { first, second in
                    first.flatMap { first in second.map { (first, $0) } }
                }
                if both.isEmpty { continue }
                let difference = try PairedTest.compare(
                    both.map(\.0), both.map(\.1), confidence: plan.resampling.confidence,
                    resamples: plan.resampling.resamples, seed: plan.resampling.seed, job: job)
                found.append(
                    (
                        a, b, difference, both.count,
                        SampleSize.pairs(
                            toEstablish: both.map { $0.0 - $0.1 },
                            alpha: (1 - plan.resampling.confidence) / Double(max(pairCount, 1)))
                    ))
            }
        }
        let corrected = PairedTest.holm(found.map(\.difference.randomizationP))
        return zip(found, corrected).map { pair, p in
            Test(
                figure: figure.name, first: pair.first, second: pair.second, difference: pair.difference,
                correctedP: p, count: pair.count, neededRows: pair.needed)
        }
    }

    /// The figure that decides.
    public var decidingFigure: Figure? {
        plan.decidingFigure.map { name in figures.first { $0.name == name } } ?? figures.first
    }

    /// The places of the variants, the best in the deciding figure first; those without answers are left out.
    public var ranking: [Int] {
        guard let figure = decidingFigure else { return [] }
        return plan.variants.indices.filter { figure.means[$0] != nil }.sorted { a, b in
            let (first, second) = (figure.means[a] ?? 0, figure.means[b] ?? 0)
            if first == second { return a < b }
            return figure.largerIsBetter ? first > second : first < second
        }
    }

    /// Whether the best variant is better than the next, at the level of the intervals.
    public var isEstablished: Bool {
        guard let test = decidingTest else { return false }
        return test.correctedP <= 1 - plan.resampling.confidence
    }

    /// The test of the best variant and the next.
    public var decidingTest: Test? {
        let order = ranking
        guard let figure = decidingFigure, order.count >= 2 else { return nil }
        return tests.first {
            $0.figure == figure.name && Set([$0.first, $0.second]) == Set(order.prefix(2))
        }
    }

    // MARK: what it took

    /// What the answers of a variant cost when they were bought, in USD; nil if the price of one is not known.
    public func cost(_ variant: Int) -> Double? {
        results[variant].answers.compactMap(\.reply).reduce(Double?(0)) { sum, reply in
            sum.flatMap { sum in reply.cost.map { sum + $0 } }
        }
    }

    /// The mean time of an answer in seconds, and its mean tokens; nil without answers.
    public func effort(_ variant: Int) -> (seconds: Double, tokens: Double?)? {
        let replies = results[variant].answers.compactMap(\.reply)
        if replies.isEmpty { return nil }
        let tokens = replies.compactMap { $0.reply.completionTokens }
        return (
            replies.reduce(0) { $0 + $1.reply.seconds } / Double(replies.count),
            tokens.isEmpty ? nil : Double(tokens.reduce(0, +)) / Double(tokens.count)
        )
    }

    // MARK: the lab

    /// Records the scores with each variant's run, so that runs.compare shows them, and the page of the whole, which
    /// runs.report of any of its runs shows.
    func record() {
        session.lab.attempt {
            try $0.keepWorkshop(WorkshopPage(self).value, runs: runs.compactMap(\.self))
        }
        let signature =
            "workshop of \(plan.variants.count)|" + plan.measures.map(\.signature).joined(separator: "|")
        let references = plan.reference.flatMap { try? plan.data.stringLists($0) }
        for (variant, result) in results.enumerated() {
            guard let run = result.run else { continue }
            session.lab.attempt { try $0.tag(run: run, add: ["workshop"]) }
            if figures.isEmpty { continue }
            let evaluation = RunEvaluation(
                name: "workshop", data: plan.data.fingerprint, signature: signature,
                scores: figures.compactMap { figure in
                    figure.means[variant].map {
                        RunScore(
                            figure.name, $0, low: figure.intervals[variant]?.lowerBound,
                            high: figure.intervals[variant]?.upperBound)
                    }
                })
            let pairs = (0..<plan.data.count).map { row in
                let answer = answer(variant, row: row)
                return EvaluatedPair(
                    input: try? question(variant, row: row), prediction: answer?.reply?.reply.text ?? "",
                    references: references?[row] ?? [],
                    figures: Dictionary(
                        figures.compactMap { figure in figure.rows[variant][row].map { (figure.name, $0) } },
                        uniquingKeysWith: { first, _ in first }))
            }
            session.lab.attempt { try $0.addEvaluation(evaluation, pairs: pairs, to: run) }
        }
    }
}
