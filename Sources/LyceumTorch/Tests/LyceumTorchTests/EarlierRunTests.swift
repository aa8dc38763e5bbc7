import LyceumKit
import LyceumTorch
import Synchronization
import Testing

/// Runs that meet the checkpoints of other runs in their output_dir.
@Suite(.serialized) final class EarlierRunTests: TrainerFixture {
    /// Four steps, each with its checkpoint.
    override func options(_ change: (inout TrainingOptions) -> Void = { _ in }) -> TrainingOptions {
        super.options {
            $0.maxSteps = 4
            $0.saveSteps = 1
            $0.outputFolder = folder
            change(&$0)
        }
    }

    @Test("a new run among the checkpoints of another is an error that says how to go on")
    func aNewRunIsRefused() throws {
        _ = try trainer(
            options {
                $0.maxSteps = 9; $0.saveSteps = 3
            }
        ).run()
        #expect(Set(Files.list(folder)) == ["checkpoint-6", "checkpoint-9"])
        let error = #expect(throws: LyceumError.self) { _ = try self.trainer(self.options()).run() }
        let text = error?.description ?? ""
        for part in [folder, "checkpoint-6, checkpoint-9", "resume = true", "another output_dir"] {
            #expect(text.contains(part), "\(text)")
        }
        #expect(Set(Files.list(folder)) == ["checkpoint-6", "checkpoint-9"])
    }

    @Test("rotation removes only what this run wrote, and of that only what it wrote")
    func rotationLeavesTheRest() throws {
        let first = try trainer(options { $0.maxSteps = 2 })
        _ = try first.run()
        try Files.write("why", to: folder + "/checkpoint-2/notes.txt")
        // Checkpoints that somebody else put there, one of a run that went further.
        try Files.makeFolder(folder + "/checkpoint-0")
        try Files.makeFolder(folder + "/checkpoint-99/deep")
        try Files.write("theirs", to: folder + "/checkpoint-99/deep/file")
        let second = try trainer(
            options {
                $0.maxSteps = 7; $0.saveTotalLimit = 1
            })
        try second.restore(folder + "/checkpoint-2")
        let report = try second.run()
        #expect(report.checkpoint == folder + "/checkpoint-7")
        #expect(
            Set(Files.list(folder)) == ["checkpoint-0", "checkpoint-2", "checkpoint-7", "checkpoint-99"])
        #expect(Files.list(folder + "/checkpoint-2") == ["notes.txt"])
        #expect(Files.exists(folder + "/checkpoint-99/deep/file"))
    }

    @Test("everything that differs is named when a run is resumed")
    func differencesAreNamed() throws {
        let valid = LineSource(count: 10, fingerprint: "held")
        _ = try trainer(options(), validation: valid).run()
        let checkpoint = folder + "/checkpoint-4"
        func text(
            _ change: (inout TrainingOptions) -> Void = { _ in }, source: LineSource = LineSource(count: 40),
            validation: LineSource? = valid, subject: [String: Value] = ["architecture": "line"]
        ) throws -> String {
            do {
                try trainer(options(change), source, validation: validation, subject: subject)
                    .restore(checkpoint)
                return ""
            } catch let error as LyceumError {
                return error.description
            }
        }
        #expect(try text().isEmpty)
        #expect(
            try text {
                $0.saveSteps = 2; $0.evalSteps = 1; $0.saveTotalLimit = 9
            }.isEmpty)
        let cases: [(String, (inout TrainingOptions) -> Void)] = [
            ("learning_rate was 0.05, is 0.1", { $0.learningRate = 0.1 }),
            ("embedding_learning_rate was not set, is 0.2", { $0.embeddingLearningRate = 0.2 }),
            ("optim was 'adamw', is 'adafactor'", { $0.optimizer = .adafactor }),
            ("scale_parameter was false, is true", { $0.scaleParameter = true }),
            ("lr_scheduler_type was 'linear', is 'constant'", { $0.schedule = .constant }),
            ("warmup_steps was 0, is 2", { $0.warmupSteps = 2 }),
            ("weight_decay was 0.0, is 0.1", { $0.weightDecay = 0.1 }),
            ("max_grad_norm was 1.0, is 2.0", { $0.maxGradNorm = 2 }),
            ("label_smoothing_factor was 0.0, is 0.1", { $0.labelSmoothing = 0.1 }),
            ("batch_size was 8, is 9", { $0.batchSize = 9 }),
            ("gradient_accumulation_steps was 1, is 2", { $0.accumulationSteps = 2 }),
            ("dropout was not set, is 0.1", { $0.dropout = 0.1 }),
            ("seed was 42, is 1", { $0.seed = 1 }), ("shuffle was true, is false", { $0.shuffle = false }),
            ("group_by_length was true, is false", { $0.groupByLength = false }),
            ("precision was 'fp32', is 'bf16'", { $0.precision = .bf16 }),
        ]
        for (part, change) in cases { #expect(try text(change).contains(part), "\(part)") }
        let both = try text {
            $0.seed = 1; $0.batchSize = 9
        }
        #expect(both.contains("seed was 42, is 1") && both.contains("batch_size was 8, is 9"))
        #expect(try text(source: LineSource(count: 40, fingerprint: "x")).contains("train data: other rows"))
        #expect(try text(source: LineSource(count: 39)).contains("train_examples was 40, is 39"))
        #expect(try text(validation: LineSource(count: 10)).contains("valid data: other rows"))
        #expect(try text(validation: nil).contains("valid data"))
        #expect(try text(subject: ["architecture": "curve"]).contains("architecture was 'line', is 'curve'"))
    }

    @Test("a longer plan is allowed, and said")
    func aLongerPlan() throws {
        _ = try trainer(options()).run()
        let notes = Mutex<[String]>([])
        let job = Job(
            "train", obeysInterrupt: false,
            listener: .init(progress: { _ in }, note: { note in notes.withLock { $0.append(note) } }))
        let longer = try trainer(options { $0.maxSteps = 6 }, job: job)
        try longer.restore(folder + "/checkpoint-4")
        #expect(try longer.run().steps == 6)
        #expect(notes.withLock { $0 }.contains { $0.contains("max_steps") && $0.contains("new plan") })
    }

    @Test("a best model of somebody's in the way is said before the first step")
    func aBestFolderInTheWay() throws {
        try Files.makeFolder(folder + "/best")
        try Files.write("mine", to: folder + "/best/model.safetensors")
        let error = #expect(throws: LyceumError.self) { _ = try self.trainer(self.options()).run() }
        #expect(error?.description.contains("model.safetensors") == true)
        #expect(try Files.read(folder + "/best/model.safetensors") == Array("mine".utf8))
        #expect(Files.list(folder) == ["best"])
    }
}
