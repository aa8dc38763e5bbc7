import LyceumKit
import LyceumTorch
import NetworkTesting
import TestSupport
import Testing

@testable import T5

@Suite("T5 computes where it is put")
struct T5DeviceTests {
    @Test(arguments: ["relu", "gated-gelu"]) func everyTensorFollowsTheNetwork(_ name: String) throws {
        try T5Fixture.load(name).expectTensorsFollow()
    }

    @Test(arguments: ["relu", "flan"]) func everySearchFollowsTheNetwork(_ name: String) throws {
        try DecodingParity<T5>(folder: T5Fixture.folder + "/" + name).expectSearchesFollow()
    }

    @Test func autoPrecisionAsksTheDevice() {
        // An extension's abilities are unknown, whatever the processor's.
        #expect(Precision.auto.computeType(on: .extended(0)) == .float32)
        #expect(Precision.bf16.computeType(on: .extended(0)) == .bfloat16)
        #expect(Precision.fp32.computeType(on: .cuda(0)) == .float32)
    }

    @Test(.disabled(if: Torch.hasCUDA)) func cudaWithoutCUDAIsAnError() throws {
        let student = try T5Fixture.trial.make(["device": "cuda"])
        DeviceTrial.expectNoCUDA {
            try T5Fixture.trial.train(
                student, pairs: [.init(input: "a b", target: "a"), .init(input: "c", target: "c")])
        }
    }
}
