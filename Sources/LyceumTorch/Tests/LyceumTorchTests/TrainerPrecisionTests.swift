import LyceumKit
import Testing

@testable import LyceumTorch

/// Training in bfloat16 on the CPU: all learners of a run compute with one copy of the weights, and their gradients stay in
/// bfloat16 until the optimizer reads them.
@Suite(.serialized) final class TrainerPrecisionTests: TrainerFixture {
    private func weights(
        _ learner: LineLearner, _ change: (inout TrainingOptions) -> Void
    ) throws -> [Float] {
        _ = try train(
            learner,
            options: options {
                $0.precision = .bf16
                change(&$0)
            })
        return try learner.weights()
    }

    @Test(arguments: OptimizerChoice.allCases) func learns(_ optimizer: OptimizerChoice) throws {
        for replicas in [1, 2] {
            let found = try weights(LineLearner(isReplicable: true)) {
                $0.optimizer = optimizer
                $0.replicas = replicas
                $0.maxSteps = 400
                $0.learningRate = optimizer == .adamW ? 0.1 : 0.03
            }
            #expect(abs(found[0] - 3) < 0.1 && abs(found[1] - 1) < 0.1, "\(optimizer) \(replicas): \(found)")
        }
    }

    /// Between two batches of a step gradients go to float32: many small ones are not lost in a large one.
    @Test func accumulatedBatchesAreAddedUpInFloat32() throws {
        func norm(_ precision: Precision) throws -> Double {
            let report = try train(
                LineLearner(), LineSource(count: 2000),
                options: options {
                    $0.precision = precision
                    $0.batchSize = 1
                    $0.accumulationSteps = 2000
                    $0.maxSteps = 1
                })
            return try #require(report.history["grad_norm"]?.first?.value)
        }
        let (half, single) = (try norm(.bf16), try norm(.fp32))
        #expect(abs(half - single) < 2e-3 * single, "\(half) \(single)")
    }

    /// The same of a loss that is computed piece by piece.
    @Test func piecesOfALossAreAddedUpInFloat32() throws {
        let (rows, size, vocabulary) = (600, 4, 8)
        let head = try Linear(weight: .zeros([vocabulary, size]))
        let states = try Tensor.normal([rows, size], key: 1, call: 1).to(.bfloat16)
        let labels = try Tensor((0..<rows).map { $0 % 3 })
        func gradient(inPieces: Bool) throws -> Tensor {
            let working = try WorkingWeights([[head.weight]], dtype: .bfloat16)
            try working.refresh()
            try working.use(in: 0)
            defer { head.dropComputeType() }
            let turn = WorkingWeights.Turn(weights: working, learner: 0)
            _ = try WorkingWeights.$turn.withValue(turn) {
                try ChunkedCrossEntropy.backward(
                    states: states.requiresGrad(true), labels: labels, vocabulary: vocabulary, scale: 1,
                    limit: inPieces ? vocabulary : rows * vocabulary, head: { try head($0) })
            }
            try turn.keepGradients()
            let gradient = try #require(try head.weight.tensor.grad)
            try head.weight.tensor.zeroGrad()
            return gradient
        }
        let (pieces, whole) = (try gradient(inPieces: true), try gradient(inPieces: false))
        let error = try (pieces - whole).abs().max().item() / whole.abs().max().item()
        // Six hundred sums in bfloat16 would be off by several percent.
        #expect(error < 0.005, "\(error)")
    }

    @Test func frozenWeightsStay() throws {
        let learner = try LineLearner()
        let bias = try #require(learner.network.namedParameters().last?.parameter)
        try bias.tensor.requiresGrad(false)
        let found = try weights(learner) { $0.learningRate = 0.1 }
        #expect(found[0] != 0 && found[1] == 0)
    }

    /// Weights that somebody else has changed between two steps are copied again.
    @Test func copiesFollowTheWeights() throws {
        let linear = try Linear(weight: .ones([1, 2]))
        let working = try WorkingWeights([[linear.weight]], dtype: .bfloat16)
        try working.refresh()
        #expect(try working.copies[0].floats() == [1, 1])
        try noGrad { _ = try linear.weight.tensor.mul_(3) }
        try working.refresh()
        #expect(try working.copies[0].floats() == [3, 3])
    }
}
