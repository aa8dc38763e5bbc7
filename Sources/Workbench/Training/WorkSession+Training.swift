import Corpus
import Evaluation
import Lab
import LyceumKit

/// What a student is to learn.
public struct TrainingPlan {
    /// The training pairs.
    public let data: Dataset
    /// The column that the student reads.
    public let input: String
    /// The column that it should write, or the class that it should name.
    public let target: String
    /// Held-out pairs, on which it is measured.
    public let validation: Dataset?
    /// The architecture's options of training, checked; with `input` and `target` for the record, if they are there.
    public let options: Options
    /// What the run is called in lists; nil names it by architecture and data.
    public let name: String?

    /// Plans a training.
    public init(
        _ data: Dataset, input: String, target: String, validation: Dataset? = nil, options: Options,
        name: String? = nil
    ) {
        self.data = data
        self.input = input
        self.target = target
        self.validation = validation
        self.options = options
        self.name = name
    }
}

/// A training that came to its end, or was stopped.
public struct TrainingResult: Sendable {
    /// The number of the lab's run; nil if it was not recorded.
    public let run: Int?
    /// What the student said of it; nil if it was stopped.
    public let report: TrainingReport?
}

extension WorkSession {
    /// Trains a student, and records the run: options, curves, checkpoints, how it ended.
    ///
    /// - Parameter stopped: gets the run if it ended early: what was learned until then stays.
    /// - Throws: what the student throws. A wrong option or column leaves no run behind.
    public func train(
        _ student: OpenStudent, _ plan: TrainingPlan, stopped: (TrainingResult) -> Void = { _ in }
    ) throws -> TrainingResult {
        try plan.data.requireRows("train on")
        let examples = try plan.data.examples(input: plan.input, target: plan.target)
        var validation = try plan.validation?.examples(input: plan.input, target: plan.target)
        let metric = try chosenMetric(plan.options)
        validation?.scorer = Self.scorer(metric)
        let own = try ownOptions(plan.options, of: student, metric)
        let start = student.start(
            .train, name: plan.name, over: plan.data, options: plan.options,
            data: ["train": examples.fingerprint, "valid": validation?.fingerprint], in: self)
        let recording = Recording(start, in: self)
        // Also a run that was stopped or failed has changed the student.
        defer { if recording.hasSteps, Ranks.isMain { student.run = recording.run } }
        do {
            return try recording.during {
                let report = try student.student.train(
                    on: examples, validation: validation, options: own,
                    job: recording.job("training \(student.student.architecture)", in: self))
                recording.complete(with: report)
                student.run = try runOfAllRanks(recording.run)
                return TrainingResult(run: student.run, report: report)
            }
        } catch {
            if recording.hasSteps { stopped(TrainingResult(run: recording.run, report: nil)) }
            guard case LyceumError.cancelled(let kept) = error, let run = recording.run else { throw error }
            throw LyceumError.cancelled(kept.isEmpty ? "it is run \(run)" : "run \(run): \(kept)")
        }
    }

    /// The run that rank 0 records, on every rank that can look it up.
    private func runOfAllRanks(_ run: Int?) throws -> Int? {
        guard let group = Ranks.group else { return run }
        try group.meet("student:train")
        let known = try group.sum([Double(group.place.rank == 0 ? run ?? 0 : 0)])[0]
        return known > 0 && lab.isReadable ? Int(known) : nil
    }

    /// The options of training a student: its architecture's, where the metrics of plugins, too, may select the best
    /// weights.
    public func trainingOptions(of student: OpenStudent) -> [OptionDeclaration] {
        let own = Set(plugins.builtIn.metrics.map(\.id))
        let others = plugins.metrics.map(\.id).filter { !own.contains($0) }
        return student.architecture.trainingOptions.map { option in
            // Only a student that writes texts has them scored.
            guard option.name == "metric_for_best_model", case .choice(let known) = option.kind,
                known.contains("rouge1"), !others.isEmpty
            else { return option }
            return OptionDeclaration(
                option.name, kind: .choice(known + others), default: option.defaultValue, doc: option.doc)
        }
    }

    /// The plugin's metric that is to select the best weights, if one is.
    private func chosenMetric(_ options: Options) throws -> Metric? {
        guard let name = options.optionalString("metric_for_best_model"),
            !plugins.builtIn.metrics.contains(where: { $0.id == name }),
            plugins.metrics.contains(where: { $0.id == name })
        else { return nil }
        return try plugins.metric(named: name)
    }

    /// What the student is told: its own options, and the direction of the metric.
    private func ownOptions(_ options: Options, of student: OpenStudent, _ metric: Metric?) throws -> Options
    {
        let declared = trainingOptions(of: student)
        let own = try options.only(declared)
        let direction = "greater_is_better"
        guard let metric, !metric.largerIsBetter, !own.isGiven(direction),
            declared.contains(where: { $0.name == direction })
        else { return own }
        var values = own.values.filter { own.isGiven($0.key) }
        values[direction] = false
        return try Options(values, declared: declared, function: options.function)
    }

    /// How texts are scored that a student writes about the validation set: ROUGE, and the mean of the first figure of
    /// the metric that selects the best weights, under the metric's id.
    private static func scorer(_ metric: Metric?) -> TextScorer {
        // Students score on the thread that trains them.
        nonisolated(unsafe) let metric = metric
        return { predictions, references in
            let report = try Rouge.score(
                predictions: predictions, references: references, options: RougeOptions(resamples: 1))
            let rouge = report.summaries.map { ($0.kind.name, $0.fmeasure) }
            var figures = Dictionary(rouge, uniquingKeysWith: { first, _ in first })
            guard let metric else { return figures }
            let options = try Options(
                declared: metric.options.filter(\.isPlain), function: "metrics.\(metric.id)")
            let score = try Score(
                metric,
                of: MetricInput(
                    predictions: predictions, references: references.map { [$0] }, options: options,
                    resampling: Resampling(resamples: 1), job: .silent("scoring")))
            figures[metric.id] = score.report.scores.first { !RunText.isDetail($0.name) }?.value
            return figures
        }
    }

    /// Lets a student work through a dataset and records what it wrote: with the run that trained it or, if the lab
    /// knows of none or a name is given, as a run of its own.
    ///
    /// - Parameters:
    ///   - task: what it does.
    ///   - title: of the job.
    ///   - data: what it reads.
    ///   - options: those in force, with `input`, the column.
    ///   - name: what the run is called; nil keeps the output with the run that trained the student.
    ///   - work: gives the answers.
    ///   - predictions: the texts of the answers.
    /// - Returns: the answers, and the run they were recorded with; nil if they were not.
    public func work<Answer>(
        _ student: OpenStudent, _ task: StudentTask, _ title: String, over data: Dataset, options: Options,
        name: String? = nil, work: (Job) throws -> [Answer], predictions: ([Answer]) -> [String]
    ) throws -> (answers: [Answer], run: Int?) {
        guard lab.isOn else { return (try work(job(title)), nil) }
        let fingerprint = Dataset.fingerprint(ofTexts: try data.strings(try options.string("input")))
        let start = student.start(
            .generate, name: name, over: data, options: options, data: ["input": fingerprint], in: self)
        let trained = name == nil ? student.run : nil
        let recording = trained == nil ? Recording(start, in: self) : nil
        func answer() throws -> ([Answer], Int?) {
            let began = Uptime.now
            let answers = try work(job(title))
            let seconds = Uptime.now - began
            let output = RunOutput(
                task: task.rawValue, data: fingerprint, options: options.values,
                seconds: seconds,
                predictions: predictions(answers))
            guard let run = recording?.run ?? trained else { return (answers, nil) }
            let isKept = lab.attempt { try $0.addOutput(output, to: run) } != nil
            return (answers, isKept ? run : nil)
        }
        return try recording?.during(answer) ?? answer()
    }
}

extension Options {
    /// The options of these declarations alone, for someone who knows no others.
    public func only(_ declared: [OptionDeclaration]) throws -> Options {
        let names = Set(declared.map(\.name))
        return try Options(
            values.filter { names.contains($0.key) && given.contains($0.key) }, declared: declared,
            function: function)
    }
}
