import LyceumKit
import LyceumTorch
import Testing

/// A short training that the reference implementation did, with its curves: one of the `runs` of a JSON file, next to
/// the `pairs` and the options that all have (`base`).
public struct RecordedTraining: CustomTestStringConvertible, Sendable {
    /// What it is called.
    public let name: String
    /// The checkpoint that it began with; empty if the file says none.
    public let checkpoint: String
    /// What it was trained on.
    public let pairs: [Example]
    /// The options of the run.
    public let options: [String: Value]
    /// The loss of each step.
    public let losses: [Double]
    /// The norm of the gradients of each step.
    public let norms: [Double]
    /// The loss of all pairs afterwards.
    public let finalLoss: Double

    /// Its checkpoint and name.
    public var testDescription: String { "\(checkpoint) \(name)" }

    /// The runs of a file; none if it cannot be read, which a test of their number notices.
    public static func all(in path: String) -> [RecordedTraining] {
        guard let bytes = try? Files.read(path), let file = try? JSON.decode(bytes, name: path).object else {
            return []
        }
        let pairs = (file["pairs"]?.list ?? []).map {
            Example(input: $0.object?["input"]?.string ?? "", target: $0.object?["target"]?.string ?? "")
        }
        return (file["runs"]?.list ?? []).compactMap(\.object).map { run in
            let own = run["options"]?.object ?? [:]
            return RecordedTraining(
                name: run["name"]?.string ?? "", checkpoint: run["checkpoint"]?.string ?? "", pairs: pairs,
                options: (file["base"]?.object ?? [:]).merging(own) { _, own in own },
                losses: run["loss"]?.list?.compactMap(\.number) ?? [],
                norms: run["grad_norm"]?.list?.compactMap(\.number) ?? [],
                finalLoss: run["final_loss"]?.number ?? .nan)
        }
    }

    /// Trains as the reference did: in the order of the file, without dropout, in float32.
    public func train(_ student: any Student, declared: [OptionDeclaration], _ more: [String: Value] = [:])
        throws
        -> TrainingReport
    {
        let fixed: [String: Value] = [
            "shuffle": false, "group_by_length": false, "dropout": 0, "precision": "fp32",
        ]
        return try student.train(
            on: ExampleSource(pairs), validation: nil,
            options: Options(
                options.merging(fixed) { _, new in new }.merging(more) { _, new in new }, declared: declared,
                function: "student:train"),
            job: .silent())
    }

    /// What `student:loss` gives for the pairs.
    public func loss(of student: any LossMeasuringStudent, _ more: [String: Value] = [:]) throws -> Double {
        let names = Set(student.lossOptions.map(\.name))
        let given = options.filter { $0.key == "max_target_length" && names.contains($0.key) }
        return try student.loss(
            on: ExampleSource(pairs),
            options: Options(
                given.merging(more) { _, new in new }, declared: student.lossOptions, function: "student:loss"
            ),
            job: .silent())
    }

    /// Fails unless each step had the reference's loss and norm.
    public func expectSameCurves(_ report: TrainingReport) {
        expectCurve(report.history["loss"]?.map(\.value) ?? [], losses, relative: 1e-4, "loss")
        expectCurve(
            report.history["grad_norm"]?.map(\.value) ?? [], norms, relative: 5e-3, "gradient norm")
    }

    /// Fails unless the student has the reference's loss afterwards.
    public func expectFinalLoss(_ student: any LossMeasuringStudent, _ more: [String: Value] = [:]) throws {
        let loss = try loss(of: student, more)
        #expect(abs(loss - finalLoss) <= 1e-4 * finalLoss, "\(loss), not \(finalLoss)")
    }
}
