import LyceumKit
import Testing

@testable import LyceumTorch

@Suite struct OptimizerTests {
    private final class Regression {
        let linear: Linear
        let inputs: Tensor
        let targets: Tensor
        let parameters: [(name: String, parameter: Parameter)]
        let optimizer: AdamW

        init(_ fixture: Value) throws {
            linear = try Linear(weight: fixture.tensor("weight"), bias: fixture.tensor("bias"))
            inputs = try fixture.tensor("inputs")
            targets = try fixture.tensor("targets")
            parameters = linear.namedParameters()
            optimizer = try AdamW(
                parameters, weightDecay: fixture.number("weightDecay"), epsilon: fixture.number("epsilon"))
        }

        /// One step at the rate of the fixture's schedule; gives the gradient's norm.
        func step(_ index: Int, _ fixture: Value) throws -> Double {
            try optimizer.zeroGradients()
            try (linear(inputs) - targets).square().sum().backward()
            let norm = try GradientClipping.clip(parameters, maximum: fixture.number("maxNorm"))
            let factor = LearningRateSchedule.linear.factor(step: index, warmup: 4, total: 20)
            try optimizer.step(learningRate: fixture.number("learningRate") * factor)
            return norm
        }
    }

    @Test func twentyStepsAreThoseOfPyTorch() throws {
        let fixture = try ModuleFixture.read("adamw")
        let run = try Regression(fixture)
        let norms = try #require(fixture.field("norms").list).compactMap(\.number)
        let trajectory = try #require(fixture.field("trajectory").list)
        #expect(norms.count == 20 && trajectory.count == 20)
        for (index, (norm, expected)) in zip(norms, trajectory).enumerated() {
            #expect(abs(try run.step(index, fixture) - norm) < 1e-5 * norm)
            try expectClose(run.linear.weight.tensor, expected.tensor("weight"), "step \(index)")
            try expectClose(#require(run.linear.bias).tensor, expected.tensor("bias"), "step \(index)")
        }
    }

    @Test func goesOnFromASavedState() throws {
        let fixture = try ModuleFixture.read("adamw")
        let whole = try Regression(fixture)
        for index in 0..<10 { _ = try whole.step(index, fixture) }
        let saved = try Dictionary(
            uniqueKeysWithValues: whole.optimizer.state().map { ($0.name, try $0.tensor.clone()) })
        let resumed = try Regression(fixture)
        try resumed.linear.load(
            Dictionary(
                uniqueKeysWithValues: whole.linear.state().map { ($0.name, try $0.tensor.detach().clone()) }),
            source: "memory")
        try resumed.optimizer.load(saved, source: "memory")
        for index in 10..<20 {
            _ = try whole.step(index, fixture)
            _ = try resumed.step(index, fixture)
        }
        #expect(try whole.linear.weight.tensor.equal(resumed.linear.weight.tensor))
        let error = #expect(throws: LyceumError.self) { try resumed.optimizer.load([:], source: "here") }
        #expect(error?.description.contains("'exp_avg.weight' is missing") == true)
    }

    @Test func parametersWithoutGradientStay() throws {
        let linear = try Linear(weight: .ones([2, 2]))
        try AdamW(linear.namedParameters(), weightDecay: 0.5).step(learningRate: 1)
        #expect(try linear.weight.tensor.floats() == [1, 1, 1, 1])
        #expect(try GradientClipping.clip(linear.namedParameters(), maximum: 1) == 0)
    }

    @Test func embeddingsMayLearnAtTheirOwnRate() throws {
        let table = try Embedding(weight: .ones([3, 2]))
        let linear = try Linear(weight: .ones([1, 2]))
        let module = Module()
        module.register("table", table)
        module.register("linear", linear)
        try linear(table(Tensor([1]))).sum().backward()
        try AdamW(module.namedParameters()).step(learningRate: 0.1, embeddingLearningRate: 0.5)
        // Adam's first step is the rate itself, wherever there is a gradient.
        try expectClose(
            table.weight.tensor.detach(), Tensor([1, 1, 0.5, 0.5, 1, 1] as [Float], shape: [3, 2]))
        try expectClose(linear.weight.tensor.detach(), Tensor([0.9, 0.9] as [Float], shape: [1, 2]))
    }

    /// Shapes around those that the kernels divide: a vector, a strip, a block; matrices of one block and of several.
    private static let shapes = [
        [1], [15], [17, 3], [1024], [1025], [70_000], [300, 257], [3, 2, 5], [1, 2000], [2000, 1],
    ]

    /// Some parameters, and gradients of three parts for all but the third, of which one is bfloat16 throughout.
    private func inParts() throws -> (
        parameters: [(name: String, parameter: Parameter)], [GradientParts?]
    ) {
        var parameters: [(name: String, parameter: Parameter)] = []
        var gradients: [GradientParts?] = []
        for (place, shape) in Self.shapes.enumerated() {
            let weight = try Tensor.normal(shape, key: 1, call: place)
            parameters.append(
                ("\(place)", try Parameter(weight, decays: place % 2 == 0, isEmbedding: place == 4)))
            let parts = try (0..<3).map { part in
                try Tensor.normal(shape, key: 2 + UInt64(part), call: place)
                    .to(part == 0 || place == 3 ? .bfloat16 : .float32)
            }
            gradients.append(place == 2 ? nil : GradientParts(parts: parts))
        }
        return (parameters, gradients)
    }

    private func make(
        _ choice: OptimizerChoice, _ parameters: [(name: String, parameter: Parameter)]
    ) throws -> any PartsOptimizer {
        let optimizer = try choice.make(parameters, TrainingOptions())
        return try #require(optimizer as? any PartsOptimizer)
    }

    /// Against libtorch's operators.
    @Test(arguments: OptimizerChoice.allCases)
    func gradientsInPartsAreAddedUpScaledAndFollowed(_ choice: OptimizerChoice) throws {
        let (parameters, gradients) = try inParts()
        let (others, _) = try inParts()
        let (fused, plain) = (try make(choice, parameters), try make(choice, others))
        #expect(fused.takes(gradients))
        let copies = try Self.shapes.map { try Tensor.zeros($0, dtype: .bfloat16) }
        let before = try parameters.map { try $0.parameter.tensor.detach().clone() }
        for _ in 0..<3 {
            let norm = try GradientParts.norm(gradients.compactMap { $0 })
            for (other, gradient) in zip(others, gradients) {
                try other.parameter.tensor.setGrad(gradient?.sum())
            }
            let expected = try GradientClipping.clip(others, maximum: 0.5)
            #expect(abs(norm - expected) < 1e-5 * expected)
            try fused.step(
                gradients, factor: GradientClipping.factor(norm: norm, maximum: 0.5), learningRate: 0.01,
                embeddingLearningRate: 0.02, copies: copies)
            try plain.stepByOperators(0.01, 0.02)
        }
        for (place, (own, other)) in zip(parameters, others).enumerated() {
            let weight = try own.parameter.tensor.detach()
            try expectClose(
                weight, other.parameter.tensor.detach(), "\(place)", absolute: 1e-6,
                relative: 1e-5)
            let isSame = try weight.equal(before[place])
            #expect(isSame == (place == 2))
            if place != 2 { #expect(try copies[place].equal(weight.to(.bfloat16))) }
        }
        for (own, other) in zip(fused.state(), plain.state()) {
            #expect(own.name == other.name)
            try expectClose(own.tensor, other.tensor, own.name, absolute: 1e-7, relative: 1e-5)
        }
    }

    @Test(arguments: OptimizerChoice.allCases)
    func aStepIsTheSameOnAnyThreads(_ choice: OptimizerChoice) throws {
        func run(threads: Int) throws -> (norm: Double, weights: [Tensor]) {
            let before = Torch.threads
            try Torch.setThreads(threads)
            defer { try? Torch.setThreads(before) }
            let (parameters, gradients) = try inParts()
            let norm = try GradientParts.norm(gradients.compactMap { $0 })
            try make(choice, parameters).step(
                gradients, factor: 0.5, learningRate: 0.01, embeddingLearningRate: nil, copies: nil)
            return (norm, parameters.map(\.parameter.tensor))
        }
        let (one, two) = (try run(threads: 1), try run(threads: 2))
        #expect(one.norm == two.norm)
        for (a, b) in zip(one.weights, two.weights) { #expect(try a.equal(b)) }
    }

    /// Whoever keeps something that is made of the weights looks at their version.
    @Test func aStepIsSeenByThoseWhoKeepCopies() throws {
        let linear = try Linear(weight: .ones([2, 2]))
        try noGrad { try linear.setComputeType(.bfloat16) }
        linear.dropComputeType()
        try linear(Tensor([1, 2] as [Float])).sum().backward()
        try AdamW(linear.namedParameters()).step(learningRate: 0.5)
        try noGrad { try linear.setComputeType(.bfloat16) }
        #expect(try linear.weight.value.floats() == [0.5, 0.5, 0.5, 0.5])
    }

    /// Fused kernels read a weight as if it lay in one piece of memory, as a transposed matrix or every second number does
    /// not.
    @Test(arguments: OptimizerChoice.allCases)
    func weightsThatAreGivenInPiecesLearnToo(_ choice: OptimizerChoice) throws {
        let whole = try Tensor.normal([6, 5, 2], key: 3, call: 1)
        func learned(_ values: Tensor) throws -> Tensor {
            let parameter = try Parameter(values)
            let optimizer = try make(choice, [("weight", parameter)])
            for _ in 0..<3 {
                try parameter.tensor.zeroGrad()
                try parameter.tensor.square().sum().backward()
                try optimizer.step(learningRate: 0.1, embeddingLearningRate: nil)
            }
            return try parameter.tensor.detach()
        }
        for values in [try whole.select(dim: 2, index: 0), try whole.select(dim: 2, index: 1).t()] {
            #expect(!values.isContiguous)
            try expectClose(try learned(values).contiguous(), try learned(values.contiguous()))
        }
    }
}
