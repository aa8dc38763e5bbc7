import CExtensionDevice
import LyceumKit
import LyceumTorch
import Testing

@testable import BART

/// BART on a second device that every machine has: a tensor that stays behind on the CPU is an error there as it is on
/// a GPU.
@Suite("BART computes where it is put")
struct BARTDeviceTests {
    @Test func everyTensorFollowsTheNetwork() throws {
        let fixture = try BARTFixture()
        let model = fixture.model
        let batch = try fixture.batch()
        func loss() throws -> (value: Double, gradient: Tensor) {
            let batch = try batch.to(model.device)
            model.train()
            model.setDropout(0)
            defer { model.eval() }
            let states = try model.decode(
                batch.decoderInput, source: model.encode(batch.source), cache: nil
            ).flatten(endDim: 1).indexSelect(dim: 0, indices: batch.positions)
            #expect(states.device == model.device)
            let sum = try ChunkedCrossEntropy.backward(
                states: states, labels: batch.labels, vocabulary: model.configuration.vocabularySize,
                scale: 1, head: model.logits)
            let parameters = model.namedParameters().map(\.parameter.tensor)
            for tensor in parameters { #expect(try tensor.grad?.device == model.device) }
            return (sum, try #require(try parameters.first?.grad).to(.cpu))
        }
        // First on the CPU, so that what the network keeps from there is found.
        let expected = try loss()
        try model.move(to: .extended(0))
        let found = try loss()
        #expect(abs(found.value - expected.value) < 1e-5 * expected.value)
        try expectClose(found.gradient, expected.gradient, "the gradient of the first weight")
    }

    @Test func everySearchFollowsTheNetwork() throws {
        let parity = try DecodingParity<BART>(folder: BARTFixture.folder)
        try parity.model.move(to: .extended(0))
        let before = cextension_device_calls()
        try parity.expectSameTokens()
        try parity.expectRepeatableDraws()
        #expect(cextension_device_calls() > before)
    }
}
