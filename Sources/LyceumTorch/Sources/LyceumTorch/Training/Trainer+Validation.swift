import LyceumKit

// Validation: what is measured on held-out examples, the best weights, and the end of a run that gets no better.
extension Trainer {
    /// Whether there is nothing left to do: all steps are done, or validations have not got better for long.
    var isOver: Bool {
        state.step >= totalSteps
            || options.earlyStoppingPatience.map { state.validationsSinceBest >= $0 } ?? false
    }

    /// Says where the run stopped, if it was early, and which step was the best one.
    func noteBest() {
        let name = "eval_\(options.metricForBestModel)"
        guard let best = state.bestMetric, state.step > 0,
            let step = state.history[name]?.first(where: { $0.value == best })?.step
        else { return }
        let isEarly = state.step < totalSteps
        guard isEarly || (options.loadBestModelAtEnd && step < state.step) else { return }
        job.note(
            (isEarly ? "stopped early after step \(state.step) of \(totalSteps)" : "\(state.step) steps")
                + ": best \(name) \(best.fixed(4)) at step \(step)"
                + (options.loadBestModelAtEnd ? ", whose weights are kept" : ""))
    }

    /// Measures the validation set, and keeps the weights if it is the best so far.
    ///
    /// - Throws: `LyceumError.failed` when the metric that decides is not a number.
    func validate() throws {
        guard let validation else { return }
        var further: [String: Double]
        do {
            further = try learner.means(
                of: validation, batchSize: sampler.batchSize, precision: options.precision, job: job,
                ranks: ranks)
            if let measure { further.merge(try measure(job.part("validating"))) { _, own in own } }
        } catch LyceumError.cancelled {
            // The run stops before its next step, and says there what it keeps; resumed, it validates first.
            state.owesValidation = true
            return
        }
        state.owesValidation = false
        let loss = further.removeValue(forKey: TrainingOptions.loss) ?? .nan
        let name = options.metricForBestModel
        let isLoss = name == TrainingOptions.loss
        guard loss.isFinite, let metric = isLoss ? loss : further[name], metric.isFinite else {
            let figure =
                loss.isFinite
                ? "\(name) is \(further[name].map { String($0) } ?? "not measured")" : "loss is \(loss)"
            throw LyceumError.failed(
                "training stopped after step \(state.step): the validation \(figure)",
                remedy: "lower learning_rate, or look for faulty rows in the validation data")
        }
        var figures = ["eval_loss": loss]
        for (name, value) in further { figures["eval_\(name)"] = value }
        for (name, value) in figures { state.record(name, value) }
        job.record(step: state.step, figures)
        let isGreaterBetter = options.greaterIsBetter ?? !isLoss
        guard state.bestMetric.map({ isGreaterBetter ? metric > $0 : metric < $0 }) ?? true else {
            state.validationsSinceBest += 1
            return
        }
        state.bestMetric = metric
        state.validationsSinceBest = 0
        guard options.loadBestModelAtEnd else { return }
        best = try learner.network.state().map { ($0.name, try $0.tensor.detach().clone()) }
        try saveBest()
    }
}
