import LyceumKit
import LyceumTorch
import Testing

@testable import T5

/// T5 on libtorch's `meta` device: a tensor made on the CPU and not moved is an error there, as it is on a GPU.
@Suite("T5 computes where it is put")
struct T5DeviceTests {
    @Test(arguments: ["relu", "gated-gelu"])
    func everyTensorFollowsTheNetwork(_ name: String) throws {
        let fixture = try T5Fixture(name)
        let model = fixture.model
        // Once on the CPU, so that what the network keeps from there is found.
        let batch = try fixture.batch()
        _ = try noGrad { try model.encode(batch.source) }
        try model.move(to: .meta)
        let moved = try batch.to(model.device)
        model.train()
        let source = try model.encode(moved.source)
        #expect(source.states.device == .meta)
        let states = try model.decode(moved.decoderInput, source: source, cache: nil).flatten(endDim: 1)
            .indexSelect(dim: 0, indices: moved.positions)
        let logits = try model.logits(states)
        #expect(logits.device == .meta && logits.shape == [moved.labels.count, 96])
        try logits.crossEntropy(target: moved.labels).backward()
        for (path, parameter) in model.namedParameters() {
            #expect(try parameter.tensor.grad?.device == .meta, "\(path)")
        }
        model.eval()
        try noGrad {
            let cache = DecoderCache(layers: model.decoderLayerCount)
            for _ in 0..<2 {
                let rows = try Tensor([Int](repeating: 3, count: moved.source.lengths.count)).unsqueeze(1)
                let states = try model.decode(
                    rows.to(model.device), source: model.encode(moved.source), cache: cache)
                #expect(states.device == .meta)
            }
        }
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
