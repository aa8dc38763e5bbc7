import CExtensionDevice
import LyceumKit
import LyceumTorch
import Testing

@testable import T5

/// T5 on a second device that every machine has: a tensor that stays behind on the CPU is an error there as it is on
/// a GPU.
@Suite("T5 computes where it is put")
struct T5DeviceTests {
    @Test(arguments: ["relu", "gated-gelu"])
    func everyTensorFollowsTheNetwork(_ name: String) throws {
        let fixture = try T5Fixture(name)
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
                states: states, labels: batch.labels, vocabulary: 96, scale: 1, head: model.logits)
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

    @Test(arguments: ["relu", "flan"])
    func everySearchFollowsTheNetwork(_ name: String) throws {
        let parity = try DecodingParity<T5>(folder: T5Fixture.folder + "/" + name)
        try parity.model.move(to: .extended(0))
        let before = cextension_device_calls()
        try parity.expectSameTokens()
        try parity.expectRepeatableDraws()
        #expect(cextension_device_calls() > before)
    }

    @Test func autoPrecisionAsksTheDevice() {
        // An extension's abilities are unknown, whatever the processor's.
        #expect(Precision.auto.computeType(on: .extended(0)) == .float32)
        #expect(Precision.bf16.computeType(on: .extended(0)) == .bfloat16)
        #expect(Precision.fp32.computeType(on: .cuda(0)) == .float32)
    }

    @Test(.disabled(if: Torch.hasCUDA)) func cudaWithoutCUDAIsAnError() throws {
        let configuration = try Options(
            ["device": "cuda"], declared: T5.registration.configuration, function: "student.new")
        let student = try T5.registration.make(configuration)
        let training = try Options([:], declared: T5.registration.trainingOptions, function: "train")
        let error = #expect(throws: LyceumError.self) {
            try student.train(
                on: ExampleSource([.init(input: "a b", target: "a"), .init(input: "c", target: "c")]),
                validation: nil, options: training,
                job: .silent())
        }
        #expect(error?.description.contains("CUDA is not available") == true)
    }
}
