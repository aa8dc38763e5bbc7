import LyceumKit

/// What is minimised.
struct Objective: Sendable {
    /// XGBoost's parameters: "objective", "num_class", "eval_metric".
    let parameters: [(name: String, value: String)]
    /// Whether the metric is better the higher it is; its loss is then one minus it.
    let isScore: Bool

    /// The loss of a metric.
    func loss(_ metric: Double) -> Double { isScore ? 1 - metric : metric }
}

/// One run of boosting, round after round: losses, early stopping (which the C interface lacks), cancellation.
struct BoostingRun {
    /// The loss after each round.
    struct History: Equatable {
        /// On the training examples.
        var training: [TrainingReport.Point] = []
        /// On the validation examples; empty without any.
        var validation: [TrainingReport.Point] = []

        /// What was measured last, if it was after this round.
        func figures(ofRound round: Int) -> [String: Double] {
            let last = ["loss": training.last, "eval_loss": validation.last]
            return last.compactMapValues { $0?.step == round ? $0?.value : nil }
        }

        /// The round of the lowest validation loss, the first of equal ones.
        var best: TrainingReport.Point? { validation.min { $0.value < $1.value } }
    }

    /// What a run ended with.
    struct Outcome {
        /// The trees to keep; nil if no round was finished.
        var booster: Booster?
        /// The losses, those before a resumption included.
        var history: History
        /// Why it ended before its time: cancelled, or the loss was not a number.
        var failure: (any Error)?
    }

    let options: BoostingOptions
    let objective: Objective
    let training: DMatrix
    let validation: DMatrix?
    /// Rounds that were there before this run, those before a resumption not counted.
    let firstRound: Int
    /// Called with whole rounds when a checkpoint is due.
    let checkpoint: (Booster, History) throws -> Void

    /// Boosts until the rounds are done or the run is stopped.
    ///
    /// - Parameters:
    ///   - start: trees to go on from.
    ///   - history: the losses since `firstRound`, if this is a resumption.
    ///   - job: progress; cancellation is looked at between rounds.
    /// - Throws: `LyceumError.failed` before the first round.
    func run(from start: Booster?, history: History, job: Job) throws -> Outcome {
        let parameters = options.parameters + objective.parameters
        let booster = try start ?? Booster(parameters, for: training)
        try booster.set(parameters)
        var outcome = Outcome(booster: start, history: history)
        let last = firstRound + options.rounds
        var round = try booster.rounds
        do {
            while round < last, !isExhausted(outcome.history, after: round) {
                try job.checkCancelled(kept: "the trees of \(round) rounds were grown")
                try booster.update(round: round, on: training)
                try measure(booster, round: round, &outcome.history)
                round += 1
                job.record(step: round, outcome.history.figures(ofRound: round))
                outcome.booster = booster
                job.update(
                    done: round - firstRound, of: options.rounds, unit: "rounds",
                    figures: figures(outcome.history))
                if (round - firstRound) % options.saveSteps == 0, round < last {
                    try checkpoint(booster, outcome.history)
                }
            }
        } catch {
            outcome.failure = error
            // A round that failed is not part of what is kept.
            if round > 0, try booster.rounds > round { outcome.booster = try booster.prefix(round) }
        }
        if let kept = outcome.booster {
            // With all rounds: a resumption must see that the run had ended.
            try checkpoint(kept, outcome.history)
            if stopsEarly, let best = outcome.history.best, best.step < round {
                outcome.booster = try kept.prefix(best.step)
                let isEarly = outcome.failure == nil && round < last
                job.note(
                    (isEarly
                        ? "gbdt: stopped early after round \(round) of \(last)" : "gbdt: \(round) rounds")
                        + ": best eval_loss \(best.value.fixed(4)) at round \(best.step), whose trees are kept"
                        + (isEarly ? "; early_stopping_rounds = 0 goes on to the end" : ""))
            }
        }
        job.finish(
            done: round - firstRound, of: options.rounds, unit: "rounds", figures: figures(outcome.history))
        return outcome
    }

    private var stopsEarly: Bool { options.earlyStoppingRounds > 0 && validation != nil }

    private func isExhausted(_ history: History, after round: Int) -> Bool {
        guard stopsEarly, let best = history.best else { return false }
        return round - best.step >= options.earlyStoppingRounds
    }

    private func measure(_ booster: Booster, round: Int, _ history: inout History) throws {
        let training = objective.loss(try booster.evaluate(round: round, on: training))
        let validation = try validation.map { objective.loss(try booster.evaluate(round: round, on: $0)) }
        guard training.isFinite, validation?.isFinite ?? true else {
            throw LyceumError.failed(
                "the loss is not a number after round \(round + 1); the rounds before it are kept",
                remedy: "lower learning_rate, or raise reg_lambda or min_child_weight")
        }
        history.training.append(.init(step: round + 1, value: training))
        if let validation { history.validation.append(.init(step: round + 1, value: validation)) }
    }

    private func figures(_ history: History) -> [(name: String, value: String)] {
        [("loss", history.training), ("eval_loss", history.validation)].compactMap { name, points in
            points.last.map { (name, $0.value.fixed(4)) }
        }
    }
}
