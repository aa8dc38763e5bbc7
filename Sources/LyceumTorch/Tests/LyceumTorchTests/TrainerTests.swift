import LyceumKit
import LyceumTorch
import Testing

@Suite(.serialized) final class TrainerTests: TrainerFixture {
    @Test func learns() throws {
        let learner = try LineLearner()
        let report = try train(
            learner, validation: LineSource(count: 10),
            options: options {
                $0.maxSteps = 400; $0.schedule = .constant; $0.learningRate = 0.1; $0.evalSteps = 100
            })
        let weights = try learner.weights()
        #expect(abs(weights[0] - 3) < 0.05 && abs(weights[1] - 1) < 0.05)
        #expect(report.steps == 400 && report.epochs == 80 && report.tokens == 400 * 16)
        #expect(report.history["loss"]?.count == 400)
        #expect(report.history["eval_loss"]?.map(\.step) == [100, 200, 300, 400])
        #expect(report.checkpoint == nil)
    }

    @Test func accumulatedBatchesCountAsOne() throws {
        // Uneven batches: only a norm over all items makes 3 · 4 equal 1 · 12, of which the last holds 4.
        func weights(_ batchSize: Int, _ accumulation: Int) throws -> [Float] {
            let learner = try LineLearner()
            _ = try train(
                learner, LineSource(count: 40),
                options: options {
                    $0.shuffle = false
                    $0.groupByLength = false
                    $0.batchSize = batchSize
                    $0.accumulationSteps = accumulation
                    $0.maxSteps = nil
                    $0.epochs = 2
                })
            return try learner.weights()
        }
        for (a, b) in zip(try weights(4, 3), try weights(12, 1)) { #expect(abs(a - b) < 1e-6) }
    }

    @Test func replicasShareTheWorkAndNothingElse() throws {
        func weights(_ replicas: Int, dropout: Double = 0) throws -> [Float] {
            let learner = try LineLearner(dropout: dropout, isReplicable: true)
            let recorder = LineSource.Recorder()
            // 41 examples: the last batch of an epoch holds one, which only one replica can read.
            let report = try train(
                learner, LineSource(count: 41, seen: recorder),
                options: options {
                    $0.replicas = replicas
                    $0.accumulationSteps = 2
                    $0.maxSteps = nil
                    $0.epochs = 2
                })
            #expect(recorder.batches.flatMap { $0 }.count == 82 && report.tokens == 164)
            #expect(recorder.batches.allSatisfy { $0.count <= (8 + replicas - 1) / replicas })
            return try learner.weights()
        }
        // What dropout drops does not depend on the division of the work either.
        for dropout in [0, 0.5] {
            let alone = try weights(1, dropout: dropout)
            for replicas in [2, 3] {
                let together = try weights(replicas, dropout: dropout)
                for (a, b) in zip(alone, together) { #expect(abs(a - b) < 1e-6) }
                #expect(try weights(replicas, dropout: dropout) == together)
            }
        }
        #expect(try weights(1, dropout: 0.5) != weights(1))
    }

    @Test func epochsDecideTheSteps() throws {
        let report = try train(
            LineLearner(),
            options: options {
                $0.maxSteps = nil; $0.epochs = 1.5; $0.accumulationSteps = 2
            })
        // 5 batches are 3 steps; one and a half epochs are 4.5 steps, rounded up.
        #expect(report.steps == 5)
        #expect(try train(LineLearner(), options: options { $0.maxSteps = 0 }).steps == 0)
    }

    @Test func resumedRunsGoOnBitForBit() throws {
        let whole = try LineLearner(dropout: 0.3)
        let report = try train(whole, options: options { $0.accumulationSteps = 2 })

        let run = options {
            $0.outputFolder = folder; $0.saveSteps = 5; $0.saveTotalLimit = 1; $0.accumulationSteps = 2
        }
        let first = try LineLearner(dropout: 0.3)
        let job = Job.silent()
        var batches = 0
        first.beforeStep = {
            batches += 1
            if batches == 12 { job.cancel() }
        }
        // Five batches are three steps of two, two and one: the twelfth batch is in step 7.
        let cancelled = #expect(throws: LyceumError.self) { try self.train(first, options: run, job: job) }
        #expect(cancelled?.description.contains("step 7 of 12") == true, "\(String(describing: cancelled))")
        #expect(Files.list(folder) == ["checkpoint-7"])

        let second = try LineLearner(dropout: 0.3)
        let trainer = try Trainer(second, training: LineSource(count: 40), options: run, job: .silent())
        try trainer.restore(folder + "/checkpoint-7")
        let resumed = try trainer.run()
        #expect(resumed.checkpoint == folder + "/checkpoint-12")
        #expect(try second.weights() == whole.weights())
        #expect(resumed.history == report.history)
    }

    @Test func otherDataOrOptionsAreRefused() throws {
        let run = options {
            $0.outputFolder = folder; $0.maxSteps = 3
        }
        _ = try train(LineLearner(), options: run)
        func restore(_ source: LineSource, _ options: TrainingOptions) throws {
            try Trainer(LineLearner(), training: source, options: options, job: .silent())
                .restore(folder + "/checkpoint-3")
        }
        try restore(LineSource(count: 40), run)
        let data = #expect(throws: LyceumError.self) {
            try restore(LineSource(count: 40, fingerprint: "else"), run)
        }
        #expect(data?.description.contains("train data: other rows") == true)
        var other = run
        other.batchSize = 9
        let size = #expect(throws: LyceumError.self) { try restore(LineSource(count: 40), other) }
        #expect(size?.description.contains("batch_size was 8, is 9") == true)
        // Cut short, the optimizer's file is refused, too.
        let path = folder + "/checkpoint-3/optimizer.safetensors"
        try Files.write(Array(Files.read(path).dropLast(10)), to: path)
        #expect(throws: LyceumError.self) { try restore(LineSource(count: 40), run) }
    }

    @Test func aLossThatIsNoNumberStopsTheRun() throws {
        let learner = try LineLearner()
        let source = LineSource(count: 40, bad: [30])
        let run = options {
            $0.shuffle = false; $0.groupByLength = false
        }
        let error = #expect(throws: LyceumError.self) { try self.train(learner, source, options: run) }
        #expect(error?.description.contains("stopped at step 4") == true, "\(String(describing: error))")
        #expect(try learner.weights().allSatisfy(\.isFinite))
        #expect(try learner.weights()[0] != 0)
    }

    @Test func theBestWeightsComeBack() throws {
        let learner = try LineLearner()
        // A rate that grows until it overshoots.
        let report = try train(
            learner, validation: LineSource(count: 10),
            options: options {
                $0.schedule = .constantWithWarmup
                $0.warmupSteps = 5000
                $0.learningRate = 5
                $0.maxGradNorm = 0
                $0.maxSteps = 1000
                $0.evalSteps = 20
                $0.outputFolder = folder
            })
        let losses = try #require(report.history["eval_loss"])
        let best = try #require(losses.min { $0.value < $1.value })
        #expect(best.step < 1000 && best.value < losses[0].value)
        let saved = try Safetensors.read(folder + "/best/model.safetensors").tensor("linear.weight").floats()
        #expect(try Array(learner.weights().prefix(1)) == saved)
    }

    @Test func emptyDataIsRefused() throws {
        let error = #expect(throws: LyceumError.self) {
            try self.train(LineLearner(), LineSource(count: 0), options: self.options())
        }
        #expect(error?.description.contains("the training data is empty") == true)
    }
}
