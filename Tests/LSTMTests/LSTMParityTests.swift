import LyceumKit
import LyceumTorch
import NetworkTesting
import Testing

@testable import LSTM

/// The tiny networks of scripts/fixtures/lstm.py, and what PyTorch computed with them.
enum LSTMFixture {
    static let folder = Files.parent(of: #filePath) + "/Fixtures"

    static func load(_ name: String) throws -> NetworkFixture<PointerGenerator> {
        try NetworkFixture(folder + "/" + name)
    }
}

@Suite("The pointer-generator computes what PyTorch computes")
struct LSTMParityTests {
    static let names = ["attention", "pointer", "coverage"]

    @Test(arguments: names) func scores(_ name: String) throws {
        let fixture = try LSTMFixture.load(name)
        try fixture.expectSameScores()
        #expect(try fixture.scores().size(1) == (name == "attention" ? 24 : 27))
    }

    /// As in training: padded further, and with the loss in one piece or in several.
    @Test(arguments: names, [ChunkedCrossEntropy.limit, 24 * 5]) func lossAndGradients(
        _ name: String, limit: Int
    ) throws {
        let fixture = try LSTMFixture.load(name)
        let configuration = fixture.model.configuration
        let weight = configuration.hasCoverage ? configuration.coverageWeight : 0
        try fixture.expectSameGradients(multiple: 8, surplus: weight * fixture.number("repetition")) {
            try fixture.model.backward($0, scale: $1, labelSmoothing: 0, limit: limit)
        }
    }

    /// Words outside the vocabulary are written too: greedily, and by beams so many that none of the texts of two tokens is
    /// missed.
    @Test(arguments: names) func generatedTokens(_ name: String) throws {
        let fixture = try LSTMFixture.load(name)
        try fixture.expectSameTexts(["max_new_tokens": 8], fixture.lists("greedy"), "greedy")
        try fixture.expectSameTexts(
            ["max_new_tokens": 2, "num_beams": 27], fixture.lists("best_of_two"), "beams")
        let copied = try fixture.lists("greedy").joined().contains { $0 >= 24 }
        #expect(copied == (name != "attention"))
    }

    /// A step of many beams sees what a whole text does.
    @Test func stepsSeeWhatTextsSee() throws {
        let fixture = try LSTMFixture.load("coverage")
        let sources = try TokenBatch(fixture.lists("sources"), padID: 0)
        try noGrad {
            let source = try fixture.model.encode(sources)
            let twice = try Tensor([
                3, 24, 7, 3, 24, 7, 5, 1, 26, 5, 1, 26, 8, 8, 2, 8, 8, 2, 4, 5, 6, 4, 5, 6,
            ])
            .view(8, 3)
            let cache = DecoderCache(layers: 1, rowsPerSource: 2)
            var steps: [Tensor] = []
            for step in 0..<3 {
                let token = try twice.narrow(dim: 1, start: step, length: 1)
                steps.append(try fixture.model.decode(token, source: source, cache: cache))
            }
            let whole = try fixture.model.decode(twice, source: source, cache: nil)
            try expectClose(Tensor.cat(steps, dim: 1), whole, "steps")
            let once = try fixture.model.decode(
                twice.indexSelect(dim: 0, indices: Tensor([0, 2, 4, 6])), source: source, cache: nil)
            try expectClose(whole.indexSelect(dim: 0, indices: Tensor([1, 3, 5, 7])), once, "beams")
        }
    }
}
