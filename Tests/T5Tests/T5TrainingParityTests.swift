import LyceumKit
import LyceumTorch
import NetworkTesting
import Testing

@testable import T5

/// The runs of Fixtures/training.json, which scripts/fixtures/training.py writes.
enum TrainingRun {
    static let all = RecordedTraining.all(in: T5Fixture.folder + "/training.json")

    static func named(_ name: String) throws -> RecordedTraining {
        try #require(all.first { $0.name == name && $0.checkpoint == "relu" })
    }
}

extension RecordedTraining {
    /// Trains the run's checkpoint.
    func train(_ more: [String: Value] = [:]) throws -> (
        student: SequenceToSequenceStudent<T5>, report: TrainingReport
    ) {
        let student = try SequenceToSequenceStudent<T5>(folder: T5Fixture.folder + "/" + checkpoint)
        return (student, try train(student, declared: T5.registration.trainingOptions, more))
    }
}

@Suite("T5 learns as it does in transformers", .serialized)
struct T5TrainingParityTests {
    @Test func thereAreRuns() { #expect(TrainingRun.all.count == 12) }

    @Test(arguments: TrainingRun.all)
    func twentySteps(_ run: RecordedTraining) throws {
        let (student, report) = try run.train()
        #expect(report.history["loss"]?.count == 20)
        run.expectSameCurves(report)
        // One padded batch in transformers; batches of any size here.
        for size in [16, 5] { try run.expectFinalLoss(student, ["batch_size": .integer(size)]) }
    }

    @Test func accumulatedBatchesAreOneBatch() throws {
        let run = try TrainingRun.named("adamw")
        func losses(_ size: Int, _ accumulation: Int) throws -> [Double] {
            let (student, report) = try run.train([
                "batch_size": .integer(size), "gradient_accumulation_steps": .integer(accumulation),
                "max_steps": 10,
            ])
            return (report.history["loss"] ?? []).map(\.value) + [try run.loss(of: student)]
        }
        // The last batch of an epoch is smaller, and batches differ in their tokens.
        expectCurve(try losses(2, 4), try losses(8, 1), relative: 1e-5, "loss")
    }

    @Test func bf16StaysNearFP32() throws {
        let run = try TrainingRun.named("adamw")
        let (student, report) = try run.train(["precision": "bf16"])
        expectCurve(report.history["loss"]?.map(\.value) ?? [], run.losses, relative: 0.02, "loss")
        let bf16 = try run.loss(of: student, ["precision": "bf16"])
        #expect(abs(bf16 - run.finalLoss) < 0.02 * run.finalLoss)
        // Eight bits of precision must show, or it was not bf16.
        #expect(try bf16 != run.loss(of: student))
    }

    @Test func lossLeavesTheStudentAsItWas() throws {
        let fixture = try T5Fixture.load("relu")
        let run = try TrainingRun.named("adamw")
        let before = try fixture.model.state().map { try $0.tensor.detach().clone() }
        let first = try run.loss(of: fixture.student)
        #expect(try run.loss(of: fixture.student) == first)
        for (a, b) in zip(before, fixture.model.state()) { #expect(try a.equal(b.tensor.detach())) }
        // A higher cut counts more tokens of longer targets.
        #expect(try run.loss(of: fixture.student, ["max_target_length": 4]) != first)
    }
}
