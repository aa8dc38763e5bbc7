import LyceumKit
import LyceumTorch
import Testing

@testable import LSTM

/// The tiny networks of scripts/fixtures/lstm.py, and what PyTorch computed with them.
struct LSTMFixture {
    let student: SequenceToSequenceStudent<PointerGenerator>
    let model: PointerGenerator
    let tensors: [String: Tensor]
    private let expected: [String: Value]

    static let folder = Files.parent(of: #filePath) + "/Fixtures"

    init(_ name: String) throws {
        let folder = Self.folder + "/" + name
        student = try SequenceToSequenceStudent<PointerGenerator>(folder: folder)
        model = try #require(student.model)
        tensors = try Safetensors.read(folder + "/expected.safetensors").tensors()
        expected = try #require(
            JSON.decode(Files.read(folder + "/expected.json"), name: "expected.json").object)
    }

    func tensor(_ name: String) throws -> Tensor { try #require(tensors[name]) }

    func number(_ name: String) throws -> Double { try #require(expected[name]?.number) }

    func rows(_ name: String) throws -> [[Int]] {
        try #require(expected[name]?.list).map { try #require($0.list).compactMap(\.integer) }
    }

    func batch(multiple: Int) throws -> SequenceToSequenceBatch {
        try SequenceToSequenceBatch(
            sources: rows("sources"), targets: rows("targets"), padID: 0, startID: 0, multiple: multiple)
    }
}

/// Fails unless both agree within 1e-4 of the largest element, plus 1e-5.
func expectClose(_ actual: Tensor, _ expected: Tensor, _ what: String) throws {
    #expect(actual.shape == expected.shape, "\(what)")
    guard actual.shape == expected.shape else { return }
    let difference = try (actual - expected).abs().max().item()
    let scale = try expected.abs().max().item()
    #expect(difference <= 1e-4 * scale + 1e-5, "\(what): differs by \(difference), largest element \(scale)")
}

@Suite("The pointer-generator computes what PyTorch computes")
struct LSTMParityTests {
    static let names = ["attention", "pointer", "coverage"]

    @Test(arguments: names) func scores(_ name: String) throws {
        let fixture = try LSTMFixture(name)
        let batch = try fixture.batch(multiple: 1)
        let scores = try noGrad {
            let source = try fixture.model.encode(batch.source)
            let states = try fixture.model.decode(batch.decoderInput, source: source, cache: nil)
            return try Tensor.stack(
                (0..<states.size(1)).map {
                    try fixture.model.scores(states.select(dim: 1, index: $0), source: source)
                        .logSoftmax(dim: 1)
                }, dim: 1)
        }
        // What follows a target's end has no label.
        func probabilities(_ logarithms: Tensor) throws -> Tensor {
            try logarithms.flatten(endDim: 1).indexSelect(dim: 0, indices: batch.positions).exp()
        }
        let expected = try probabilities(fixture.tensor("log_probabilities"))
        try expectClose(probabilities(scores), expected, "probabilities")
        #expect(try expected.size(1) == (name == "attention" ? 24 : 27))
    }

    /// As in training: padded further, and with the loss in one piece or in several.
    @Test(arguments: names, [ChunkedCrossEntropy.limit, 24 * 5]) func lossAndGradients(
        _ name: String, limit: Int
    ) throws {
        let fixture = try LSTMFixture(name)
        let batch = try fixture.batch(multiple: 8)
        let (model, items) = (fixture.model, Double(batch.itemCount))
        model.train()
        let sum = try model.backward(batch, scale: 1 / items, labelSmoothing: 0, limit: limit)
        let (loss, repetition) = (try fixture.number("loss"), try fixture.number("repetition"))
        let weight = model.configuration.hasCoverage ? model.configuration.coverageWeight : 0
        #expect(abs(sum / items - loss - weight * repetition) < 1e-5 * loss)
        let measured = try noGrad { try model.loss(batch) } / items
        #expect(abs(measured - loss) < 1e-5 * loss)
        let parameters = Dictionary(
            uniqueKeysWithValues: model.namedParameters().map { ($0.name, $0.parameter) })
        let gradients = fixture.tensors.filter { $0.key.hasPrefix("grad.") }
        #expect(gradients.count == parameters.count)
        for (name, expected) in gradients {
            let gradient = try #require(try parameters[String(name.dropFirst(5))]?.tensor.grad)
            try expectClose(gradient, expected, name)
        }
    }

    /// Words outside the vocabulary are written too: greedily, and by beams so many that none of the texts of two tokens is
    /// missed.
    @Test(arguments: names) func generatedTokens(_ name: String) throws {
        let fixture = try LSTMFixture(name)
        let sources = try fixture.rows("sources")
        func texts(_ given: [String: Value], batchSize: Int) throws -> [[Int]] {
            let options = try DecodingOptions(
                Options(given, declared: DecodingOptions.declarations, function: "test"))
            return try Generator.generate(
                fixture.model, sources: sources, batchSize: batchSize, options: options, job: .silent())
        }
        for batchSize in [8, 1] {
            #expect(try texts(["max_new_tokens": 8], batchSize: batchSize) == fixture.rows("greedy"))
            #expect(
                try texts(["max_new_tokens": 2, "num_beams": 27], batchSize: batchSize)
                    == fixture.rows("best_of_two"))
        }
        let copied = try fixture.rows("greedy").joined().contains { $0 >= 24 }
        #expect(copied == (name != "attention"))
    }

    /// A step of many beams sees what a whole text does.
    @Test func stepsSeeWhatTextsSee() throws {
        let fixture = try LSTMFixture("coverage")
        let sources = try TokenBatch(fixture.rows("sources"), padID: 0)
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
