import LyceumKit

// Validation: what is measured on held-out examples, the best weights, and the end of a run that gets no better.
extension Trainer {
    /// Whether there is nothing left to do: all steps are done, or validations have not got better for long.
    var isOver: Bool {
        state.step >= totalSteps
            || options.earlyStoppingPatience.map { state.validationsSinceBest >= $0 } ?? false
    }

    /// Measures the validation set, and keeps the weights if its loss is the lowest so far.
    ///
    /// - Throws: `LyceumError.failed` when the loss is no number.
    func validate() throws {
        guard let validation else { return }
        let loss: Double
        do {
            loss = try learner.meanLoss(
                of: validation, batchSize: sampler.batchSize, precision: options.precision, job: job)
        } catch LyceumError.cancelled {
            // The run stops before its next step, and says there what it keeps; resumed, it validates first.
            state.owesValidation = true
            return
        }
        state.owesValidation = false
        guard loss.isFinite else {
            throw LyceumError.failed(
                "training stopped after step \(state.step): the validation loss is \(loss)",
                remedy: "lower learning_rate, or look for faulty rows in the validation data")
        }
        state.record("eval_loss", loss)
        job.record(step: state.step, ["eval_loss": loss])
        guard state.bestLoss.map({ loss < $0 }) ?? true else {
            state.validationsSinceBest += 1
            return
        }
        state.bestLoss = loss
        state.validationsSinceBest = 0
        guard options.loadBestModelAtEnd else { return }
        best = try learner.network.state().map { ($0.name, try $0.tensor.detach().clone()) }
        try saveBest()
    }
}
