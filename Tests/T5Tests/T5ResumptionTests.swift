import Foundation
import LyceumKit
import LyceumTorch
import NetworkTesting
import TestSupport
import Testing

@testable import T5

@Suite("T5 runs that were stopped, and data that hardly is any", .serialized) final class T5ResumptionTests {
    let folder = FileManager.default.temporaryDirectory.appendingPathComponent("t5-resume-\(UUID())").path

    deinit { Files.removeTree(folder) }

    private func weights(_ student: SequenceToSequenceStudent<T5>) throws -> [UInt8] {
        try student.save(to: folder + "/saved")
        return try Files.read(folder + "/saved/model.safetensors")
    }

    private func student(_ folder: String = T5Fixture.folder + "/relu") throws -> SequenceToSequenceStudent<
        T5
    > {
        try SequenceToSequenceStudent<T5>(folder: folder)
    }

    private func train(
        _ student: SequenceToSequenceStudent<T5>, _ options: [String: Value], pairs: [Example],
        job: Job = .silent()
    ) throws -> TrainingReport {
        try student.train(
            on: ExampleSource(pairs), validation: ExampleSource(Array(pairs.prefix(5))),
            options: Options(
                options, declared: T5.registration.trainingOptions, function: "student:train"),
            job: job)
    }

    /// Validations are due at even steps: a run that is stopped at one has not made it yet.
    @Test(arguments: [("adamw", 5), ("adamw", 4), ("adafactor", 5)])
    func resumedRunsEndWithTheSameWeights(_ optimizer: String, stop: Int) throws {
        let pairs = try TrainingRun.named("adamw").pairs
        // Random order, batches in the middle of an epoch, accumulation, validation, a schedule: all must go on.
        let options: [String: Value] = [
            "optim": .string(optimizer), "max_steps": 9, "batch_size": 3, "gradient_accumulation_steps": 2,
            "warmup_steps": 2, "learning_rate": 0.005, "weight_decay": 0.01, "dropout": 0, "seed": 4,
            "precision": "fp32", "label_smoothing_factor": 0.1, "eval_steps": 2,
        ]
        let whole = try student()
        let expected = try train(whole, options, pairs: pairs)

        // Stopped by the user, and the process ends: nothing is left but the folder.
        let stopped = options.merging(["output_dir": .string(folder + "/run")]) { _, new in new }
        let error = #expect(throws: LyceumError.self) {
            try self.train(self.student(), stopped, pairs: pairs, job: .cancelled(atStep: stop))
        }
        #expect(error?.description.contains("step \(stop) of 9") == true)
        let resumed = try student()
        let report = try train(
            resumed, stopped.merging(["resume": true]) { _, new in new }, pairs: pairs)
        #expect(report.history == expected.history)
        #expect(try weights(resumed) == weights(whole))

        // Killed rather than stopped: the newest checkpoint is older than the last step.
        let killed = folder + "/killed"
        try Files.makeFolder(killed)
        let early = options.merging(["output_dir": .string(killed), "save_steps": 3]) { _, new in new }
        _ = try? train(student(), early, pairs: pairs, job: .cancelled(atStep: stop))
        Files.removeTree(killed + "/checkpoint-\(stop)")
        #expect(Files.list(killed).contains("checkpoint-3"))
        let again = try student()
        _ = try train(again, early.merging(["resume": true]) { _, new in new }, pairs: pairs)
        #expect(try weights(again) == weights(whole))
    }

    @Test func emptyTextsAndFewPairs() throws {
        let student = try student()
        // An empty text is its end token: it can be read, written and learned.
        let pairs = [
            Example(input: "", target: ""), Example(input: "small tool", target: ""),
            Example(input: "", target: "files"),
        ]
        let options: [String: Value] = ["max_steps": 3, "batch_size": 64, "precision": "fp32", "dropout": 0]
        let report = try train(student, options, pairs: pairs)
        #expect(report.steps == 3 && report.history["loss"]?.allSatisfy { $0.value.isFinite } == true)
        func loss(_ pairs: [Example]) throws -> Double {
            try student.loss(
                on: ExampleSource(pairs),
                options: Options([:], declared: student.lossOptions, function: "student:loss"), job: .silent()
            )
        }
        #expect(try loss(pairs) < 10)
        let error = #expect(throws: LyceumError.self) { try loss([]) }
        #expect(error?.description.contains("is empty") == true)
        #expect(try loss([pairs[0]]).isFinite)
    }

    @Test func anUntrainedStudentHasNoLoss() throws {
        let options = try Options([:], declared: T5.registration.configuration, function: "student.new")
        let student = try #require(try T5.registration.make(options) as? any LossMeasuringStudent)
        let error = #expect(throws: LyceumError.self) {
            try student.loss(
                on: ExampleSource([Example(input: "a", target: "b")]),
                options: Options([:], declared: student.lossOptions, function: "student:loss"), job: .silent()
            )
        }
        #expect(error?.description.contains("train it first") == true)
    }

    /// A job that cancels itself when a step is done.
}
