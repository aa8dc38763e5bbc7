import LyceumKit
import LyceumTorch
import Testing

/// Two layers that share one weight, and a buffer.
private final class Pair: Module {
    @Part("layer.0.first") var first: Linear
    @Part("second") var second: Linear
    @Part("count") private var count: Tensor

    init(inputs: Int = 2) throws {
        super.init()
        first = try Linear(weight: .ones([3, inputs]), bias: .zeros([3]))
        second = try Linear(weight: .ones([1, 3]))
        count = try .zeros([1])
        register("again", first)
    }
}

@Suite struct ModuleTests {
    @Test func pathsAndSharedParameters() throws {
        let pair = try Pair()
        #expect(
            pair.namedParameters().map(\.name) == [
                "layer.0.first.weight", "layer.0.first.bias", "second.weight",
            ])
        #expect(pair.namedParameters().map(\.parameter.decays) == [true, false, true])
        #expect(pair.state().map(\.name).last == "count")
        #expect(pair.parameterCount == 12)
    }

    @Test func loadReportsEverythingThatDoesNotFit() throws {
        let pair = try Pair()
        let error = #expect(throws: LyceumError.self) {
            try pair.load(
                Checkpoint(
                    [
                        "layer.0.first.weight": .zeros([2, 3]), "layer.0.first.bias": .full([3], Double.nan),
                        "third.weight": .zeros([1]), "count": .zeros([1], dtype: .int64),
                    ], source: "x/model.safetensors"))
        }
        let text = try #require(error?.description)
        for part in [
            "x/model.safetensors", "missing: second.weight", "third.weight", "[2, 3] instead of [3, 2]",
            "count (int64 instead of float32)", "not finite: layer.0.first.bias",
        ] {
            #expect(text.contains(part), "\(text)")
        }
        #expect(try pair.first.weight.tensor.floats() == [1, 1, 1, 1, 1, 1])
    }

    @Test func loadConvertsAndIgnores() throws {
        let pair = try Pair()
        try pair.load(
            Checkpoint(
                [
                    "layer.0.first.weight": .full([3, 2], 0.5, dtype: .bfloat16),
                    "layer.0.first.bias": .ones([3]),
                    "second.weight": .full([1, 3], 2), "old": .zeros([1]),
                ], source: "x"),
            names: WeightNames(ignored: ["old"], optional: ["count"]))
        #expect(try pair.first.weight.tensor.floats() == [0.5, 0.5, 0.5, 0.5, 0.5, 0.5])
        #expect(pair.first.weight.tensor.requiresGrad && pair.first.weight.tensor.dtype == .float32)
        #expect(try pair.second(pair.first(Tensor([1, 1] as [Float]))).floats() == [12])
    }

    @Test func aCastWeightCarriesGradientsOfSeveralPasses() throws {
        let pair = try Pair()
        try pair.setComputeType(.bfloat16)
        let x = try Tensor([1, 2] as [Float]).to(.bfloat16)
        for _ in 0..<2 { try pair.second(pair.first(x)).to(.float32).sum().backward() }
        let gradient = try #require(try pair.first.weight.tensor.grad)
        #expect(gradient.dtype == .float32)
        #expect(try gradient.floats() == [2, 4, 2, 4, 2, 4])
        pair.dropComputeType()
        #expect(pair.first.weight.value.dtype == .float32)
    }

    @Test func dyingModulesLeaveNoTensors() throws {
        weak var module: Pair?
        weak var weight: Tensor?
        do {
            let pair = try Pair()
            module = pair
            weight = pair.first.weight.tensor
            try pair.second(pair.first(.ones([4, 2]))).sum().backward()
            #expect(weight != nil)
        }
        #expect(module == nil && weight == nil)
    }
}
