import Testing

@testable import LyceumTorch

/// The texts are `str(tensor)` of PyTorch 2.11.0, kept in the fixture's metadata by scripts/fixtures/torch_ops.py.
@Suite struct TensorPrintingTests {
    @Test func printsAsPyTorchDoes() throws {
        let file = try Safetensors.read(fixture("printing.safetensors"))
        try #require(file.names.count > 30)
        for name in file.names {
            #expect(try file.tensor(name).description == file.metadata[name], "\(name)")
        }
    }

    @Test func saysHowItIsRecorded() throws {
        let leaf = try Tensor([1, 2] as [Float]).requiresGrad(true)
        #expect(leaf.description == "tensor([1., 2.], requires_grad=True)")
        #expect(try (leaf + 1).description == "tensor([2., 3.], grad_fn=<AddBackward0>)")
        #expect(try leaf.detach().description == "tensor([1., 2.])")
    }
}
