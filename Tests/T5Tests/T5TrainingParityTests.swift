import Foundation
import LyceumKit
import LyceumTorch
import Testing

@testable import T5

/// One run of Fixtures/training.json, which scripts/fixtures/training.py writes.
struct TrainingRun: CustomTestStringConvertible {
    let name: String
    let checkpoint: String
    let options: [String: Value]
    let losses: [Double]
    let norms: [Double]
    let finalLoss: Double
    let pairs: [Example]

    var testDescription: String { "\(checkpoint) \(name)" }

    static let all: [TrainingRun] = {
        let path = T5Fixture.folder + "/training.json"
        guard let bytes = try? Files.read(path), let file = try? JSON.decode(bytes, name: path).object else {
            return []
        }
        let pairs = (file["pairs"]?.list ?? []).map {
            Example(input: $0.object?["input"]?.string ?? "", target: $0.object?["target"]?.string ?? "")
        }
        return (file["runs"]?.list ?? []).compactMap(\.object).map { run in
            TrainingRun(
                name: run["name"]?.string ?? "", checkpoint: run["checkpoint"]?.string ?? "",
                options: (file["base"]?.object ?? [:]).merging(run["options"]?.object ?? [:]) { _, own in own
                },
                losses: run["loss"]?.list?.compactMap(\.number) ?? [],
                norms: run["grad_norm"]?.list?.compactMap(\.number) ?? [],
                finalLoss: run["final_loss"]?.number ?? .nan, pairs: pairs)
        }
    }()

    static func named(_ name: String) throws -> TrainingRun {
        try #require(all.first { $0.name == name && $0.checkpoint == "relu" })
    }

    /// Trains the checkpoint as the fixture's script did.
    func train(_ more: [String: Value] = [:]) throws -> (
        student: SequenceToSequenceStudent<T5>, report: TrainingReport
    ) {
        let student = try SequenceToSequenceStudent<T5>(folder: T5Fixture.folder + "/" + checkpoint)
        let fixed: [String: Value] = [
            "shuffle": false, "group_by_length": false, "dropout": 0, "precision": "fp32",
        ]
        let options = try Options(
            options.merging(fixed) { _, new in new }.merging(more) { _, new in new },
            declared: T5.registration.trainingOptions, function: "student:train")
        let report = try student.train(
            on: ExampleSource(pairs), validation: nil, options: options, job: .silent())
        return (student, report)
    }

    /// What `student:loss` gives for the pairs.
    func loss(of student: SequenceToSequenceStudent<T5>, _ more: [String: Value] = [:]) throws -> Double {
        let given: [String: Value] = ["max_target_length": options["max_target_length"] ?? .null]
        return try student.loss(
            on: ExampleSource(pairs),
            options: Options(
                given.merging(more) { _, new in new }, declared: student.lossOptions, function: "student:loss"
            ),
            job: .silent())
    }
}

/// Fails unless both curves agree at each step, relative to the second and absolutely near zero.
func expectCurve(_ actual: [Double], _ expected: [Double], relative: Double, _ what: String) {
    #expect(actual.count == expected.count && !expected.isEmpty, "\(what)")
    for (index, (a, b)) in zip(actual, expected).enumerated() {
        #expect(abs(a - b) <= relative * abs(b) + 1e-6, "\(what), step \(index + 1): \(a) instead of \(b)")
    }
}

@Suite("T5 learns as it does in transformers", .serialized)
struct T5TrainingParityTests {
    @Test func thereAreRuns() { #expect(TrainingRun.all.count == 12) }

    @Test(arguments: TrainingRun.all)
    func twentySteps(_ run: TrainingRun) throws {
        let (student, report) = try run.train()
        let losses = report.history["loss"]?.map(\.value) ?? []
        #expect(losses.count == 20)
        expectCurve(losses, run.losses, relative: 1e-4, "loss")
        expectCurve(
            report.history["grad_norm"]?.map(\.value) ?? [], run.norms, relative: 5e-3, "gradient norm")
        // One padded batch in transformers; batches of any size here.
        for size in [16, 5] {
            let loss = try run.loss(of: student, ["batch_size": .integer(size)])
            #expect(abs(loss - run.finalLoss) <= 1e-4 * run.finalLoss, "\(loss), not \(run.finalLoss)")
        }
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
        let fixture = try T5Fixture("relu")
        let run = try TrainingRun.named("adamw")
        let before = try fixture.model.state().map { try $0.tensor.detach().clone() }
        let first = try run.loss(of: fixture.student)
        #expect(try run.loss(of: fixture.student) == first)
        for (a, b) in zip(before, fixture.model.state()) { #expect(try a.equal(b.tensor.detach())) }
        // A higher cut counts more tokens of longer targets.
        #expect(try run.loss(of: fixture.student, ["max_target_length": 4]) != first)
    }
}
