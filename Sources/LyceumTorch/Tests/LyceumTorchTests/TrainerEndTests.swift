import LyceumKit
import LyceumTorch
import Testing

/// How runs end: early, faultily, with little data.
@Suite(.serialized) final class TrainerEndTests: TrainerFixture {
    /// A run whose loss falls until its growing rate makes it overshoot.
    private func overshooting(_ change: (inout TrainingOptions) -> Void = { _ in }) -> TrainingOptions {
        var options = TrainingOptions()
        options.precision = .fp32
        options.schedule = .constantWithWarmup
        options.warmupSteps = 5000
        options.learningRate = 5
        options.maxGradNorm = 0
        options.maxSteps = 2000
        options.evalSteps = 20
        options.earlyStoppingPatience = 3
        change(&options)
        return options
    }

    private func train(_ learner: LineLearner, _ options: TrainingOptions) throws -> TrainingReport {
        try train(learner, validation: LineSource(count: 10), options: options)
    }

    @Test func stopsWhenValidationsGetNoBetter() throws {
        let learner = try LineLearner()
        let report = try train(learner, overshooting())
        let losses = try #require(report.history["eval_loss"])
        let best = try #require(losses.min { $0.value < $1.value })
        // Three validations after the lowest, none of them lower, and no fourth.
        #expect(report.steps < 2000 && report.steps == best.step + 60)
        #expect(losses.last?.step == report.steps && losses.count == report.steps / 20)
        // The weights are those of the lowest loss: they give it again.
        let again = try learner.loss(LineSource(count: 10).batch(of: Array(0..<10))) / 10
        #expect(abs(again - best.value) < 1e-6 * best.value + 1e-12)
    }

    @Test func aMeasureOfTheCallersDecidesWhatIsBest() throws {
        let learner = try LineLearner()
        let options = overshooting {
            $0.metricForBestModel = "closeness"
            $0.evalSteps = 5
        }
        // Best on the way, where the slope passes 2; the loss goes on falling to a slope of 3.
        let report = try Trainer(
            learner, training: LineSource(count: 40), validation: LineSource(count: 10), options: options,
            job: .silent(), measure: { _ in ["closeness": -Double(abs(try learner.weights()[0] - 2))] }
        ).run()
        let curve = try #require(report.history["eval_closeness"])
        let best = try #require(curve.max { $0.value < $1.value })
        let losses = try #require(report.history["eval_loss"])
        #expect(report.steps == best.step + 15)
        #expect(
            losses.last.map { last in losses.contains { $0.step == best.step && $0.value > last.value } }
                == true)
        #expect(-Double(abs(try learner.weights()[0] - 2)) == best.value)
    }

    @Test func aMeasureThatIsMissingOrNoNumberStopsTheRun() throws {
        for (figures, words) in [
            ([:], "closeness is not measured"), (["closeness": Double.nan], "closeness is nan"),
        ] {
            let error = #expect(throws: LyceumError.self) {
                try Trainer(
                    LineLearner(), training: LineSource(count: 40), validation: LineSource(count: 10),
                    options: self.overshooting { $0.metricForBestModel = "closeness" }, job: .silent(),
                    measure: { _ in figures }
                ).run()
            }
            #expect(error?.description.contains(words) == true, "\(error?.description ?? "")")
        }
    }

    @Test func patienceIsPartOfACheckpoint() throws {
        let whole = try train(LineLearner(), overshooting())
        // Cut in the middle of the patience, at a checkpoint, and resumed.
        let cut = whole.steps - 20
        let kept = overshooting {
            $0.outputFolder = folder; $0.saveSteps = 20
        }
        _ = try train(
            LineLearner(),
            overshooting {
                $0.outputFolder = folder; $0.maxSteps = cut
            })
        let learner = try LineLearner()
        let trainer = try Trainer(
            learner, training: LineSource(count: 40), validation: LineSource(count: 10), options: kept,
            job: .silent())
        try trainer.restore(folder + "/checkpoint-\(cut)")
        let report = try trainer.run()
        #expect(report.steps == whole.steps && report.history == whole.history)
        // Resumed after its end, there is nothing left to do.
        let ended = try Trainer(
            LineLearner(), training: LineSource(count: 40), validation: LineSource(count: 10), options: kept,
            job: .silent())
        try ended.restore(folder + "/checkpoint-\(whole.steps)")
        #expect(try ended.run().steps == whole.steps)
    }

    @Test func patienceNeedsAValidationSet() throws {
        let error = #expect(throws: LyceumError.self) {
            try Trainer(
                LineLearner(), training: LineSource(count: 40), options: self.overshooting(), job: .silent())
        }
        #expect(error?.description.contains("early_stopping_patience") == true)
    }

    @Test func aValidationLossThatIsNoNumberStopsTheRun() throws {
        let learner = try LineLearner()
        let error = #expect(throws: LyceumError.self) {
            try Trainer(
                learner, training: LineSource(count: 40), validation: LineSource(count: 10, bad: [3]),
                options: self.overshooting(), job: .silent()
            ).run()
        }
        #expect(error?.description.contains("step 20: the validation loss is nan") == true)
        #expect(try learner.weights().allSatisfy(\.isFinite))
    }

    @Test(arguments: [OptimizerChoice.adamW, .adafactor])
    func aFaultKeepsTheLastCheckpointAndTheWeightsBeforeIt(_ optimizer: OptimizerChoice) throws {
        let learner = try LineLearner()
        let options = overshooting {
            $0.optimizer = optimizer
            $0.shuffle = false
            $0.groupByLength = false
            $0.earlyStoppingPatience = nil
            $0.outputFolder = folder
            $0.saveSteps = 1
        }
        // Example 30 is in the fourth batch of eight.
        let error = #expect(throws: LyceumError.self) {
            try Trainer(
                learner, training: LineSource(count: 40, bad: [30]), options: options, job: .silent()
            ).run()
        }
        #expect(error?.description.contains("stopped at step 4") == true)
        #expect(error?.description.contains("weights of step 3 are kept") == true)
        let saved = try Safetensors.read(folder + "/checkpoint-3/model.safetensors")
        #expect(try saved.tensor("linear.weight").floats() == [learner.weights()[0]])
        #expect(Files.list(folder).contains("checkpoint-4") == false)
    }

    @Test func fewerExamplesThanABatch() throws {
        let options = overshooting {
            $0.batchSize = 64
            $0.accumulationSteps = 4
            $0.maxSteps = nil
            $0.epochs = 3
            $0.earlyStoppingPatience = nil
        }
        let report = try Trainer(
            LineLearner(isReplicable: true), training: LineSource(count: 3), options: options, job: .silent()
        ).run()
        // One short batch is one step, and one step is an epoch.
        #expect(report.steps == 3 && report.tokens == 3 * 3 * 2)
    }
}
