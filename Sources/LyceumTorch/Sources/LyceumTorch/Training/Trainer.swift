import LyceumKit

/// Trains a network on batches: the loop that all neural students share.
///
/// A step draws `gradient_accumulation_steps` batches, adds up the gradients of their losses divided by the
/// number of target items in all of them, clips, and lets the optimizer change the weights (transformers ≥ 4.46
/// does the same). Between two steps the run can be cancelled, checkpointed and resumed bit for bit.
public final class Trainer<Trainee: Learner, Source: BatchSource> where Trainee.Batch == Source.Batch {
    let learner: Trainee
    let training: Source
    let validation: Source?
    let options: TrainingOptions
    let job: Job
    let sampler: BatchSampler
    let optimizer: any Optimizer
    let parameters: [(name: String, parameter: Parameter)]
    var state = TrainingState()
    /// What is measured on the validation set besides the loss, by name.
    let measure: ((Job) throws -> [String: Double])?
    /// The weights of the best validation, by path.
    var best: [(name: String, tensor: Tensor)]?
    /// What else shapes the weights: the architecture and its own options, by name.
    let subject: [String: Value]
    /// Where checkpoints go.
    let folder: RunFolder?
    /// Whether it goes on from a checkpoint.
    var isRestored = false
    private let replicas: Replicas<Trainee>
    /// The other ranks that train the same network; nil for a process that runs alone.
    let ranks: RankTraining?
    private var meter = ProgressMeter()
    private var plan: (epoch: Int, batches: [[Int]])?

    /// Prepares a run.
    ///
    /// - Parameters:
    ///   - learner: what is trained.
    ///   - training: the examples.
    ///   - validation: held-out examples, if any.
    ///   - options: how to train.
    ///   - job: progress and cancellation.
    ///   - subject: what shapes the weights besides data and options: a checkpoint of another shape is not resumed.
    ///   - measure: what is measured at every validation besides the loss: figures by name, the larger the better.
    ///     Each becomes a curve `eval_<name>`, and may be `metric_for_best_model`.
    /// - Throws: `LyceumError.empty` without examples, or without those that early stopping needs.
    public init(
        _ learner: Trainee, training: Source, validation: Source? = nil, options: TrainingOptions, job: Job,
        subject: [String: Value] = [:], measure: ((Job) throws -> [String: Double])? = nil
    ) throws {
        guard !training.lengths.isEmpty else {
            throw LyceumError.empty("the training data", remedy: "give at least one example")
        }
        self.learner = learner
        self.training = training
        self.validation = validation.flatMap { $0.lengths.isEmpty ? nil : $0 }
        if self.validation == nil,
            let needy = options.earlyStoppingPatience != nil
                ? "early_stopping_patience"
                : options.metricForBestModel != TrainingOptions.loss ? "metric_for_best_model" : nil
        {
            throw LyceumError.empty(
                "the validation data that \(needy) needs", remedy: "give valid = a dataset")
        }
        self.measure = measure
        self.subject = subject
        folder = options.outputFolder.map { RunFolder($0) }
        self.options = options
        self.job = job
        sampler = BatchSampler(
            lengths: training.lengths, batchSize: options.batchSize, shuffle: options.shuffle,
            groupByLength: options.groupByLength, seed: options.seed)
        // Shares of fewer than four examples are not worth a core of their own.
        let isOnCPU = learner.network.device == .cpu
        let limit =
            options.replicas ?? (isOnCPU ? min(Torch.threads, options.batchSize / Ranks.count / 4, 8) : 1)
        learner.network.setRecomputing(options.gradientCheckpointing)
        for (_, parameter) in learner.network.namedParameters() { try parameter.joinPieces() }
        replicas = try Replicas(learner, limit: limit, random: RandomSource(seed: options.seed))
        parameters = learner.network.namedParameters()
        ranks = try RankTraining(learner.network, copies: replicas.parameters, job: job)
        optimizer = try options.optimizer.make(parameters, options)
    }

    /// Optimizer steps in an epoch; the last one may draw fewer batches.
    var stepsPerEpoch: Int {
        (sampler.batchesPerEpoch + options.accumulationSteps - 1) / max(1, options.accumulationSteps)
    }

    /// Optimizer steps in the whole run.
    public var totalSteps: Int {
        options.maxSteps ?? Int((options.epochs * Double(stepsPerEpoch)).rounded(.up))
    }

    /// Trains until the last step.
    ///
    /// - Throws: `LyceumError.cancelled` between two steps, `LyceumError.failed` when the loss is no longer a
    ///   number, and what batches, network and files throw. The weights are then those of the last whole step.
    public func run() throws -> TrainingReport { try Torch.keepingMemory { try runAll() } }

    private func runAll() throws -> TrainingReport {
        let start = Uptime.now
        if !isRestored, let outputFolder = options.outputFolder {
            try Ranks.onMain { try RunFolder.checkUnused(outputFolder) }
        }
        defer { learner.network.eval() }
        meter.start()
        if state.owesValidation { try validate() }
        while !isOver {
            if try ranks?.wantsToStop(job.isCancelled) ?? job.isCancelled { try stop() }
            try step()
            let endsEpoch = state.batchesDone == 0
            if Self.isDue(options.evalSteps, state.step, endsEpoch) || isOver { try validate() }
            if Self.isDue(options.saveSteps, state.step, endsEpoch) || isOver { try saveCheckpoint() }
        }
        if let best, options.loadBestModelAtEnd {
            try noGrad {
                for (target, saved) in zip(learner.network.state(), best) {
                    try target.tensor.copy_(saved.tensor)
                }
            }
        }
        noteBest()
        let seconds = Uptime.now - start
        job.finish(
            done: state.step, of: totalSteps, unit: "steps",
            figures: meter.figures(of: state))
        return TrainingReport(
            steps: state.step, epochs: Double(state.step) / Double(max(1, stepsPerEpoch)), seconds: seconds,
            tokens: meter.tokens, history: state.history, checkpoint: newestCheckpoint())
    }

    /// One optimizer step.
    private func step() throws {
        if plan?.epoch != state.epoch { plan = (state.epoch, sampler.batches(epoch: state.epoch)) }
        let batches = plan?.batches ?? []
        let end = min(state.batchesDone + options.accumulationSteps, batches.count)
        let parts = batches[min(state.batchesDone, end)..<end].map { batch in
            replicas.divide(ranks?.share(of: batch) ?? batch)
        }
        // By replica, the batches it reads; the last batch of an epoch may be too small to be shared by all.
        let drawn = try (0..<replicas.count).map { replica in
            try parts.map { $0[replica] }.filter { !$0.isEmpty }.map { ($0, try training.batch(of: $0)) }
        }
        let all = drawn.flatMap { $0.map(\.1) }
        // Of all ranks: the loss of a step is one mean over all its items, not a mean of means.
        var tokens = all.reduce(0) { $0 + $1.tokenCount }
        var items = all.reduce(0) { $0 + $1.itemCount }
        if let sums = try ranks?.sum([Double(items), Double(tokens)]) {
            (items, tokens) = (Int(sums[0]), Int(sums[1]))
        }
        // A pass that failed may have left some.
        try replicas.forgetGradients()
        try ranks?.start(active: drawn.count { !$0.isEmpty })
        var sum = try replicas.backward(
            drawn, step: state.step, scale: 1 / Double(max(1, items)), labelSmoothing: options.labelSmoothing,
            computeType: options.precision.computeType(on: learner.network.device),
            adder: ranks?.begin)
        if let ranks {
            try ranks.finish()
            sum = try ranks.sum([sum])[0]
        }
        let loss = sum / Double(max(1, items))
        let factor = options.schedule.factor(step: state.step, warmup: options.warmupSteps, total: totalSteps)
        let rate = options.learningRate * factor
        let norm = try change(
            loss: loss, rate: rate, embeddingRate: options.embeddingLearningRate.map { $0 * factor })
        try replicas.forgetGradients()

        state.step += 1
        state.batchesDone = end
        if end >= batches.count {
            state.epoch += 1
            state.batchesDone = 0
        }
        let figures = ["loss": loss, "learning_rate": rate, "grad_norm": norm]
        for (name, value) in figures { state.record(name, value) }
        job.record(step: state.step, figures)
        meter.add(tokens: tokens, loss: loss)
        job.update(
            done: state.step, of: totalSteps, unit: "steps",
            figures: meter.figures(of: state))
    }

    /// Lets the optimizer change the weights by the gradients that the passes have left, clipped; gives their norm.
    ///
    /// - Throws: `LyceumError.failed` if the loss or the norm is not finite; the weights then stay as they are.
    private func change(loss: Double, rate: Double, embeddingRate: Double?) throws -> Double {
        func check(_ norm: Double) throws {
            guard loss.isFinite, norm.isFinite else {
                throw LyceumError.failed(
                    "training stopped at step \(state.step + 1): the loss is \(loss), the gradient's norm \(norm); "
                        + "the weights of step \(state.step) are kept",
                    remedy: "lower learning_rate, or give warmup_steps")
            }
        }
        let gradients = try replicas.gradients()
        if let optimizer = optimizer as? any PartsOptimizer, optimizer.takes(gradients) {
            let norm = try GradientParts.norm(gradients.compactMap { $0 })
            try check(norm)
            try optimizer.step(
                gradients, factor: GradientClipping.factor(norm: norm, maximum: options.maxGradNorm),
                learningRate: rate, embeddingLearningRate: embeddingRate, copies: replicas.copies)
            replicas.noteCopies()
            return norm
        }
        for ((_, parameter), gradient) in zip(parameters, gradients) {
            try parameter.tensor.setGrad(gradient?.sum())
        }
        let norm = try GradientClipping.clip(parameters, maximum: options.maxGradNorm)
        try check(norm)
        try optimizer.step(learningRate: rate, embeddingLearningRate: embeddingRate)
        return norm
    }

    /// Ends a cancelled run: what was learned stays, and is written if checkpoints are kept.
    private func stop() throws -> Never {
        // Whoever presses Ctrl-C a second time does not want to wait for files.
        if !Interrupt.isUrgent { try saveCheckpoint() }
        let kept = newestCheckpoint().map { " (checkpoint \($0); go on with resume = true)" } ?? ""
        throw LyceumError.cancelled("the weights of step \(state.step) of \(totalSteps) are kept\(kept)")
    }

    private static func isDue(_ every: Int?, _ step: Int, _ endsEpoch: Bool) -> Bool {
        every.map { step % $0 == 0 } ?? endsEpoch
    }
}
