import LyceumKit
import LyceumTorch

/// y = w · x + b with dropout on x, learned from numbers: the smallest thing that a `Trainer` trains.
final class LineLearner: Learner {
    struct Batch: TrainingBatch {
        let inputs: Tensor
        let targets: Tensor
        var itemCount: Int { inputs.count }
        var tokenCount: Int { 2 * inputs.count }
    }

    private final class Network: Module {
        let linear: Linear
        let dropout: Dropout

        init(dropout rate: Double) throws {
            linear = try Linear(weight: .zeros([1, 1]), bias: .zeros([1]))
            dropout = Dropout(rate)
            super.init()
            register("linear", linear)
            register("dropout", dropout)
        }
    }

    private let parts: Network
    private let isReplicable: Bool
    var network: Module { parts }
    /// Called before each backward pass.
    var beforeStep: () throws -> Void = {}

    init(dropout: Double = 0, isReplicable: Bool = false) throws {
        parts = try Network(dropout: dropout)
        self.isReplicable = isReplicable
    }

    /// Its dropout is 0: the trainer gives it the original's.
    func replica() throws -> LineLearner? { isReplicable ? try LineLearner(isReplicable: true) : nil }

    func backward(_ batch: Batch, scale: Double, labelSmoothing: Double) throws -> Double {
        try beforeStep()
        let loss = try summed(batch)
        try (loss * scale).backward()
        return try loss.detach().item()
    }

    func loss(_ batch: Batch) throws -> Double { try summed(batch).item() }

    func write(into folder: String) throws {
        try Safetensors.write(
            parts.state().map { ($0.name, try $0.tensor.detach()) }, to: folder + "/model.safetensors")
    }

    private func summed(_ batch: Batch) throws -> Tensor {
        let inputs = try batch.inputs.to(parts.linear.weight.value.dtype)
        return try (parts.linear(parts.dropout(inputs)).to(.float32) - batch.targets).square().sum()
    }

    /// All weights.
    func weights() throws -> [Float] { try parts.state().flatMap { try $0.tensor.floats() } }
}

/// Numbers x with y = 3 x + 1; `bad` examples have no number as their y.
struct LineSource: BatchSource {
    let lengths: [Int]
    let fingerprint: String
    let bad: Set<Int>
    /// Receives the indices of every batch that is made.
    let seen: Recorder?

    final class Recorder {
        var batches: [[Int]] = []
    }

    init(count: Int, fingerprint: String = "line", bad: Set<Int> = [], seen: Recorder? = nil) {
        lengths = (0..<count).map { $0 % 7 + 1 }
        self.fingerprint = fingerprint
        self.bad = bad
        self.seen = seen
    }

    func batch(of indices: [Int]) throws -> LineLearner.Batch {
        seen?.batches.append(indices)
        let inputs = indices.map { Float($0) / Float(lengths.count) - 0.5 }
        let targets = zip(indices, inputs).map { bad.contains($0) ? Float.nan : 3 * $1 + 1 }
        return try LineLearner.Batch(
            inputs: Tensor(inputs, shape: [indices.count, 1]),
            targets: Tensor(targets, shape: [indices.count, 1]))
    }
}

/// A folder for runs, and what they have in common: what the tests of trainers begin with.
class TrainerFixture {
    let folder = Files.join(
        Environment.temporaryFolder, "trainer-\(UInt64.random(in: 0...UInt64.max).hexadecimal)")

    deinit { Files.removeTree(folder) }

    /// Twelve quick steps in float32.
    func options(_ change: (inout TrainingOptions) -> Void = { _ in }) -> TrainingOptions {
        var options = TrainingOptions()
        options.precision = .fp32
        options.learningRate = 0.05
        options.batchSize = 8
        options.maxSteps = 12
        change(&options)
        return options
    }

    func trainer(
        _ options: TrainingOptions, _ source: LineSource = LineSource(count: 40),
        validation: LineSource? = nil, subject: [String: Value] = ["architecture": "line"],
        job: Job = .silent()
    ) throws -> Trainer<LineLearner, LineSource> {
        try Trainer(
            LineLearner(), training: source, validation: validation, options: options, job: job,
            subject: subject)
    }

    func train(
        _ learner: LineLearner, _ source: LineSource = LineSource(count: 40), validation: LineSource? = nil,
        options: TrainingOptions, job: Job = .silent()
    ) throws -> TrainingReport {
        try Trainer(learner, training: source, validation: validation, options: options, job: job).run()
    }
}
