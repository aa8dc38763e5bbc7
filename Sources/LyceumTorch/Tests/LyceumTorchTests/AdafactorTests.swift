import LyceumKit
import LyceumTorch
import Testing

@Suite struct AdafactorTests {
    /// The regression of Fixtures/adafactor.json, which scripts/fixtures/training.py writes.
    private final class Regression {
        let linear: Linear
        let optimizer: Adafactor
        let trajectory: [Value]
        private let inputs: Tensor
        private let targets: Tensor
        private let learningRate: Double

        init(_ section: String) throws {
            let path = try fixture("adafactor.json")
            let values = try #require(JSON.decode(Files.read(path), name: path).object?[section])
            linear = try Linear(weight: values.tensor("weight"), bias: values.tensor("bias"))
            inputs = try values.tensor("inputs")
            targets = try values.tensor("targets")
            learningRate = try values.number("learningRate")
            trajectory = try #require(values.field("trajectory").list)
            optimizer = try Adafactor(
                linear.namedParameters(), weightDecay: values.number("weightDecay"),
                scaleParameter: values.field("scaleParameter") == .bool(true))
        }

        func step() throws {
            try optimizer.zeroGradients()
            try (linear(inputs) - targets).square().sum().backward()
            try optimizer.step(learningRate: learningRate)
        }
    }

    @Test(arguments: ["scaled", "unscaled"]) func twentyStepsAreThoseOfTransformers(_ section: String) throws
    {
        let run = try Regression(section)
        #expect(run.trajectory.count == 20)
        for (index, expected) in run.trajectory.enumerated() {
            try run.step()
            try expectClose(run.linear.weight.tensor, expected.tensor("weight"), "step \(index)")
            try expectClose(#require(run.linear.bias).tensor, expected.tensor("bias"), "step \(index)")
        }
    }

    @Test func goesOnFromASavedState() throws {
        let whole = try Regression("scaled")
        for _ in 0..<10 { try whole.step() }
        let resumed = try Regression("scaled")
        try resumed.linear.load(
            Dictionary(
                uniqueKeysWithValues: whole.linear.state().map { ($0.name, try $0.tensor.detach().clone()) }),
            source: "memory")
        let saved = try whole.optimizer.state().map { ($0.name, try $0.tensor.clone()) }
        try resumed.optimizer.load(Dictionary(uniqueKeysWithValues: saved), source: "memory")
        for _ in 10..<20 {
            try whole.step()
            try resumed.step()
        }
        #expect(try whole.linear.weight.tensor.equal(resumed.linear.weight.tensor))
        // A matrix of 4 × 3 has moments of 4 and 3 elements, not of 12.
        #expect(saved.map { $0.1.shape } == [[4], [3], [], [4], []])
    }

    @Test func aCheckpointOfAnotherOptimizerIsRefused() throws {
        let run = try Regression("scaled")
        let other = try AdamW(run.linear.namedParameters())
        let state = Dictionary(uniqueKeysWithValues: other.state().map { ($0.name, $0.tensor) })
        let error = #expect(throws: LyceumError.self) { try run.optimizer.load(state, source: "here") }
        #expect(error?.description.contains("'exp_avg_sq_row.weight' is missing") == true)
        #expect(error?.description.contains("optim") == true)
    }

    @Test func parametersWithoutGradientStay() throws {
        let linear = try Linear(weight: .ones([2, 2]))
        try Adafactor(linear.namedParameters(), weightDecay: 0.5).step(learningRate: 1)
        #expect(try linear.weight.tensor.floats() == [1, 1, 1, 1])
    }
}
