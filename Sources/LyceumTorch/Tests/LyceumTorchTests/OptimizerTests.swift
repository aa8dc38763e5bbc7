import LyceumKit
import LyceumTorch
import Testing

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
}
