import Testing

@testable import LyceumTorch

/// Tests that seed or draw from libtorch's one CPU generator stand in extensions of this suite: they run one after
/// another.
@Suite(.serialized) struct GlobalGeneratorTests {}

extension GlobalGeneratorTests {
    /// Values of PyTorch 2.11.0 after torch.manual_seed(1234), from scripts/fixtures/torch_ops.py.
    @Suite struct TensorRandomTests {
        @Test func drawsWhatPyTorchDraws() throws {
            let file = try Safetensors.read(fixture("random.safetensors"))
            try Torch.manualSeed(1234)
            try expectClose(Tensor.rand([5]), file.tensor("rand"))
            try expectClose(Tensor.randn([5]), file.tensor("randn"))
            #expect(try Tensor.randint(-3, 10, [6]).equal(file.tensor("randint")))
            #expect(try Tensor.randperm(7).equal(file.tensor("randperm")))
            #expect(try Torch.rngState().equal(file.tensor("state")))
        }

        @Test func goesOnFromAState() throws {
            let file = try Safetensors.read(fixture("random.safetensors"))
            try Torch.restore(rngState: file.tensor("state"))
            try expectClose(Tensor.rand([3]), file.tensor("next"))
            let state = try Torch.rngState()
            let first = try Tensor.randn([20])
            try Torch.restore(rngState: state)
            #expect(try Tensor.randn([20]).equal(first))
            #expect(throws: TorchError.self) { try Torch.restore(rngState: first) }
        }

        @Test func dropoutDropsAndScales() throws {
            try Torch.manualSeed(7)
            let input = try Tensor.ones([10_000])
            let output = try input.dropout(p: 0.25, training: true).floats()
            let dropped = output.count { $0 == 0 }
            #expect((2300...2700).contains(dropped))
            #expect(output.allSatisfy { $0 == 0 || ($0 - 4 / 3).magnitude < 1e-6 })
            #expect(try input.dropout(p: 0.25, training: false) === input)
        }

        @Test func drawsWithinTheirRange() throws {
            try Torch.manualSeed(3)
            let uniform = try Tensor.empty([1000]).uniform_(from: -2, to: 3).floats()
            #expect(uniform.allSatisfy { (-2..<3).contains($0) } && uniform.contains { $0 < -1 })
            let normal = try Tensor.empty([10_000]).normal_(mean: 5, std: 0.5)
            #expect(try (normal.mean().item() - 5).magnitude < 0.05)
            #expect(try (normal.variance().item() - 0.25).magnitude < 0.02)
            let picks = try Tensor([0, 1, 3] as [Float]).multinomial(samples: 4000, replacement: true)
                .integers()
            #expect(!picks.contains(0) && (2800...3200).contains(picks.count { $0 == 2 }))
            #expect((400...600).contains(try Tensor.empty([1000]).bernoulli_(p: 0.5).sum().item()))
        }
    }
}
