import LyceumKit
import LyceumTorch
import Testing

@testable import T5

@Suite("T5 computes where it is put")
struct T5DeviceTests {
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
