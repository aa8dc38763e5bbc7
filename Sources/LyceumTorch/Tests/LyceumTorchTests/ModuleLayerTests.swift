import LyceumKit
import LyceumTorch
import Testing

@Suite("Layers compute what PyTorch computes") struct ModuleLayerTests {
    /// Runs a layer as the fixture did: the loss is half the sum of squares of the output.
    private func check<Layer: Module>(
        _ name: String, _ example: Value, _ module: Layer, input dtype: DType = .float32,
        _ forward: (Layer, Tensor) throws -> Tensor
    ) throws {
        let input = try example.tensor("input", dtype: dtype)
        if dtype.isFloatingPoint { try input.requiresGrad(true) }
        let output = try forward(module, input)
        try expectClose(output, example.tensor("output"), "\(name) output")
        try ((output * output).sum() * 0.5).backward()
        if dtype.isFloatingPoint {
            try expectClose(
                #require(try input.grad), example.tensor("inputGradient"), "\(name) input gradient")
        }
        for (path, parameter) in module.namedParameters() {
            try expectClose(
                #require(try parameter.tensor.grad), example.field("gradients").tensor(path),
                "\(name) \(path)")
        }
    }

    @Test func linear() throws {
        let example = try ModuleFixture.read("layers").field("linear")
        let weights = try example.field("parameters")
        let linear = try Linear(weight: weights.tensor("weight"), bias: weights.tensor("bias"))
        try check("linear", example, linear) { try $0($1) }
    }

    @Test func embedding() throws {
        let example = try ModuleFixture.read("layers").field("embedding")
        let embedding = try Embedding(weight: example.field("parameters").tensor("weight"))
        try check("embedding", example, embedding, input: .int64) { try $0($1) }
    }

    @Test func layerNorm() throws {
        let example = try ModuleFixture.read("layers").field("layerNorm")
        let weights = try example.field("parameters")
        let norm = try LayerNorm(6)
        try norm.load(
            ["weight": weights.tensor("weight"), "bias": weights.tensor("bias")], source: "fixture")
        try check("layerNorm", example, norm) { try $0($1) }
    }

    @Test func rmsNorm() throws {
        let example = try ModuleFixture.read("layers").field("rmsNorm")
        let norm = try RMSNorm(6)
        try norm.load(["weight": example.field("parameters").tensor("weight")], source: "fixture")
        try check("rmsNorm", example, norm) { try $0($1) }
    }

    @Test func rmsNormOfBrainFloatsIsTakenInFloat32() throws {
        let x = try Tensor.randn([4, 64])
        let norm = try RMSNorm(64)
        let exact = try norm(x.to(.bfloat16).to(.float32))
        try norm.setComputeType(.bfloat16)
        let rounded = try norm(x.to(.bfloat16))
        #expect(rounded.dtype == .bfloat16)
        // One rounding to 8 bits at the end, none on the way.
        try expectClose(rounded.to(.float32), exact, relative: 1.0 / 128)
    }

    @Test func dropout() throws {
        let dropout = Dropout(0.25)
        let x = try Tensor.ones([100, 100])
        #expect(try dropout(x).equal(x))
        dropout.train()
        try Torch.manualSeed(1)
        let dropped = try dropout(x)
        #expect(try abs(dropped.eq(0).to(.float32).mean().item() - 0.25) < 0.02)
        #expect(try abs(dropped.max().item() - 4.0 / 3) < 1e-6)
        dropout.setDropout(0)
        #expect(try dropout(x).equal(x))
    }

    @Test func attentionIsTheSameOnBothRoads() throws {
        try Torch.manualSeed(2)
        let (q, k, v) = (
            try Tensor.randn([2, 3, 5, 8]), try Tensor.randn([2, 3, 7, 8]), try Tensor.randn([2, 3, 7, 8])
        )
        let bias = try Tensor.randn([1, 3, 5, 7])
        let dropout = Dropout(0.0)
        let fused = try Attention.attend(q, k, v, bias: bias, scale: 0.5, dropout: dropout)
        let mask = try Tensor([0, 0, 0, 0, 0, -1, -1e9] as [Float], shape: [1, 1, 1, 7])
        let masked = try Attention.attend(q, k, v, bias: bias, mask: mask, scale: 0.5, dropout: dropout)
        dropout.train()
        try expectClose(Attention.attend(q, k, v, bias: bias, scale: 0.5, dropout: dropout), fused)
        try expectClose(
            Attention.attend(q, k, v, bias: bias, mask: mask, scale: 0.5, dropout: dropout), masked)
    }

    @Test func headsThatDoNotDivideAreRefused() throws {
        let x = try Tensor.zeros([2, 3, 10])
        let error = #expect(throws: TorchError.self) { try Attention.split(x, heads: 3) }
        #expect(error?.description.contains("[2, 3, 10]") == true)
    }
}
