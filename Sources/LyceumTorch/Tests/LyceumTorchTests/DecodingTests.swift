import LyceumKit
import Testing

@testable import LyceumTorch

@Suite struct DecodingTests {
    @Test func repeatedNgrams() {
        #expect(LogitsProcessor.repeated(after: [1, 2, 3, 1, 2], size: 3) == [3])
        #expect(LogitsProcessor.repeated(after: [1, 2, 1, 3, 1], size: 2) == [2, 3])
        #expect(LogitsProcessor.repeated(after: [4, 5, 4], size: 1) == [4, 5])
        #expect(LogitsProcessor.repeated(after: [4, 5], size: 3).isEmpty)
        #expect(LogitsProcessor.repeated(after: [4, 5, 4], size: 0).isEmpty)
    }

    @Test func cacheKeepsPositionsAndRows() throws {
        let cache = KeyValueCache()
        var all: [Tensor] = []
        for step in 0..<40 {
            let new = try Tensor.randn([3, 2, 1, 4])
            all.append(new)
            let (keys, values) = try cache.append(new, new * 2)
            let expected = try Tensor.cat(all, dim: 2)
            #expect(try keys.equal(expected) && values.equal(expected * 2), "step \(step)")
        }
        #expect(cache.length == 40)
        try cache.select(Tensor([2, 0, 0, 1]))
        let last = try Tensor.randn([4, 2, 1, 4])
        let keys = try cache.append(last, last).keys
        let kept = try Tensor.cat(all, dim: 2).indexSelect(dim: 0, indices: Tensor([2, 0, 0, 1]))
        #expect(try keys.equal(Tensor.cat([kept, last], dim: 2)))
    }

    @Test func rowsArePaddedAndMasked() throws {
        let batch = try TokenBatch([[5, 6, 7], [], [8]], padID: 0)
        #expect(try batch.ids.integers() == [5, 6, 7, 0, 0, 0, 8, 0, 0])
        let mask = try #require(try batch.paddingMask(dtype: .float32))
        #expect(mask.shape == [3, 1, 1, 3])
        #expect(
            try mask.floats().map { $0 < 0 } == [false, false, false, true, true, true, false, true, true])
        #expect(try TokenBatch([[1], [2]], padID: 0).paddingMask(dtype: .float32) == nil)
        #expect(try TokenBatch([[Int]](), padID: 0).ids.shape == [0, 1])
    }

    @Test func optionsAreChecked() throws {
        func options(_ given: [String: Value]) throws -> DecodingOptions {
            try DecodingOptions(
                Options(given, declared: DecodingOptions.declarations, function: "generate"))
        }
        #expect(throws: LyceumError.self) { try options(["early_stopping": "always"]) }
        #expect(throws: LyceumError.self) { try options(["min_new_tokens": 5, "max_new_tokens": 4]) }
        #expect(throws: LyceumError.self) { try options(["num_beams": 0]) }
        guard case .never = try options(["early_stopping": "never"]).earlyStopping else {
            Issue.record("early_stopping = 'never' was not understood")
            return
        }
    }

    @Test func chunksGiveTheSameLossAndGradients() throws {
        try Torch.manualSeed(4)
        let start = try Tensor.randn([10, 6])
        let weight = try Parameter(Tensor.randn([9, 6]))
        let labels = try Tensor([0, 8, 3, 3, 1, 2, 7, 5, 4, 6])
        var results: [(loss: Double, states: [Float], weight: [Float])] = []
        for limit in [1000, 9 * 4, 1] {
            let states = try start.clone().requiresGrad(true)
            try weight.tensor.zeroGrad()
            let loss = try ChunkedCrossEntropy.backward(
                states: states, labels: labels, vocabulary: 9, scale: 0.1, labelSmoothing: 0.2, limit: limit
            ) { try $0.linear(weight.value) }
            results.append(
                (loss, try #require(try states.grad).floats(), try #require(try weight.tensor.grad).floats()))
        }
        let direct = try start.clone().requiresGrad(true)
        try weight.tensor.zeroGrad()
        let mean = try direct.linear(weight.value).crossEntropy(target: labels, labelSmoothing: 0.2)
        try mean.backward()
        for result in results {
            #expect(abs(result.loss / 10 - (try mean.detach().item())) < 1e-6)
            for (a, b) in zip(result.states, try #require(try direct.grad).floats()) {
                #expect(abs(a - b) < 1e-6)
            }
            for (a, b) in zip(result.weight, try #require(try weight.tensor.grad).floats()) {
                #expect(abs(a - b) < 1e-6)
            }
        }
        #expect(throws: TorchError.self) {
            try ChunkedCrossEntropy.sum(states: start, labels: Tensor([1]), vocabulary: 9) {
                try $0.linear(weight.value)
            }
        }
    }

    @Test func progressFigures() {
        #expect(
            ProgressMeter.round(3.21449, digits: 3) == "3.214"
                && ProgressMeter.round(-0.0501, digits: 2) == "-0.05")
        #expect(
            ProgressMeter.round(12345.6, digits: 0) == "12346"
                && ProgressMeter.round(.nan, digits: 1) == "nan")
    }
}
