import LyceumTorch
import NetworkTesting
import TestSupport
import Testing

@testable import BERT

@Suite("BERT computes where it is put")
struct BERTDeviceTests {
    @Test func everyTensorFollowsTheNetwork() throws {
        let fixture = try BERTFixture("classifier")
        let batch = try TokenBatch(fixture.rows(), padID: 0)
        try DeviceTrial.expectTensorsFollow(#require(fixture.student.module)) { device in
            let logits = try fixture.student.logits(batch.to(device))
            #expect(logits.device == device)
            let loss = try logits.crossEntropy(target: fixture.tensor("labels").to(device))
            try loss.backward()
            return try loss.detach().item()
        }
    }

    @Test(.disabled(if: Torch.hasCUDA)) func cudaWithoutCUDAIsAnError() throws {
        let student = try BERTFixture("classifier").student
        DeviceTrial.expectNoCUDA {
            _ = try BERTFixture.trial.classify(student, ["a game"], ["device": "cuda"])
        }
    }
}
