import CExtensionDevice
import LyceumKit
import LyceumTorch
import Testing

@testable import BERT

/// BERT on a second device that every machine has: a tensor that stays behind on the CPU is an error there as it is on
/// a GPU.
@Suite("BERT computes where it is put")
struct BERTDeviceTests {
    @Test func everyTensorFollowsTheNetwork() throws {
        let fixture = try BERTFixture("classifier")
        let network = try #require(fixture.student.module)
        let batch = try TokenBatch(fixture.rows(), padID: 0)
        func loss() throws -> (value: Double, gradient: Tensor) {
            let device = fixture.model.device
            fixture.model.train()
            fixture.model.setDropout(0)
            defer { fixture.model.eval() }
            let logits = try fixture.student.logits(batch.to(device))
            #expect(logits.device == device)
            let loss = try logits.crossEntropy(target: fixture.tensor("labels").to(device))
            try loss.backward()
            let parameters = network.namedParameters().map(\.parameter.tensor)
            for tensor in parameters { #expect(try tensor.grad?.device == device) }
            return (try loss.detach().item(), try #require(try parameters.first?.grad).to(.cpu))
        }
        // First on the CPU, so that what the network keeps from there is found.
        let expected = try loss()
        for (_, parameter) in network.namedParameters() { try parameter.tensor.zeroGrad() }
        let before = cextension_device_calls()
        try network.move(to: .extended(0))
        let found = try loss()
        #expect(cextension_device_calls() > before)
        #expect(abs(found.value - expected.value) < 1e-5 * expected.value)
        try expectClose(found.gradient, expected.gradient, relative: 1e-4, "the gradient of the first weight")
    }

    @Test(.disabled(if: Torch.hasCUDA)) func cudaWithoutCUDAIsAnError() throws {
        let student = try BERTFixture("classifier").student
        let error = #expect(throws: LyceumError.self) {
            try BERTFixture.classify(student, ["a game"], ["device": "cuda"])
        }
        #expect(error?.description.contains("CUDA is not available") == true)
    }
}
