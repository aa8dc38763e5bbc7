import LyceumKit
import LyceumTorch
import Testing

@testable import T5

/// The tiny checkpoints of scripts/fixtures/t5.py, and what transformers computed with them.
struct T5Fixture {
    let student: SequenceToSequenceStudent<T5>
    let model: T5
    let tensors: [String: Tensor]
    let expected: [String: Value]

    static let folder = Files.parent(of: #filePath) + "/Fixtures"

    init(_ name: String) throws {
        let folder = Self.folder + "/" + name
        student = try SequenceToSequenceStudent<T5>(folder: folder)
        model = try #require(student.model)
        tensors = try Safetensors.read(folder + "/expected.safetensors").tensors()
        expected = try #require(
            JSON.decode(Files.read(folder + "/expected.json"), name: "expected.json").object)
    }

    func tensor(_ name: String) throws -> Tensor { try #require(tensors[name]) }

    /// The rows of a padded matrix, without `padding`.
    static func rows(_ tensor: Tensor, padding: Int) throws -> [[Int]] {
        let width = try tensor.size(1)
        let flat = try tensor.integers()
        return stride(from: 0, to: flat.count, by: width).map { start in
            flat[start..<start + width].filter { $0 != padding }
        }
    }

    func batch(multiple: Int = 1) throws -> SequenceToSequenceBatch {
        try SequenceToSequenceBatch(
            sources: Self.rows(tensor("input_ids"), padding: 0),
            targets: Self.rows(tensor("labels"), padding: -100),
            padID: 0, startID: 0, multiple: multiple)
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

@Suite("T5 computes what transformers computes")
struct T5ParityTests {
    @Test(arguments: ["relu", "gated-gelu", "flan"])
    func logits(_ name: String) throws {
        let fixture = try T5Fixture(name)
        let batch = try fixture.batch()
        let logits = try noGrad {
            let source = try fixture.model.encode(batch.source)
            return try fixture.model.logits(
                fixture.model.decode(batch.decoderInput, source: source, cache: nil))
        }
        // transformers' decoder reads the pad token where a target has ended; those positions have no label.
        let real = batch.positions
        try expectClose(
            logits.flatten(endDim: 1).indexSelect(dim: 0, indices: real),
            fixture.tensor("logits").flatten(endDim: 1).indexSelect(dim: 0, indices: real), "logits")
    }

    @Test(arguments: ["relu", "gated-gelu", "flan"], [ChunkedCrossEntropy.limit, 96 * 5])
    func lossAndGradients(_ name: String, limit: Int) throws {
        let fixture = try T5Fixture(name)
        // Padded further than transformers does, as in training.
        let batch = try fixture.batch(multiple: 8)
        let model = fixture.model
        // As in training, but without dropout: the road on which the biases get gradients.
        model.train()
        model.setDropout(0)
        let source = try model.encode(batch.source)
        let states = try model.decode(batch.decoderInput, source: source, cache: nil).flatten(endDim: 1)
            .indexSelect(dim: 0, indices: batch.positions)
        let sum = try ChunkedCrossEntropy.backward(
            states: states, labels: batch.labels, vocabulary: 96, scale: 1 / Double(batch.itemCount),
            limit: limit,
            head: model.logits)
        let loss = try #require(fixture.expected["loss"]?.number)
        #expect(abs(sum / Double(batch.itemCount) - loss) < 1e-5 * loss)
        let parameters = Dictionary(
            uniqueKeysWithValues: model.namedParameters().map { ($0.name, $0.parameter) })
        for (name, expected) in fixture.tensors where name.hasPrefix("grad.") {
            let gradient = try #require(try parameters[String(name.dropFirst(5))]?.tensor.grad)
            try expectClose(gradient, expected, name)
        }
    }

    @Test(arguments: ["relu", "gated-gelu", "flan"])
    func generatedTokens(_ name: String) throws {
        let fixture = try T5Fixture(name)
        let sources = try T5Fixture.rows(fixture.tensor("input_ids"), padding: 0)
        let declared = DecodingOptions.declarations
        let cases = try #require(fixture.expected["generated"]?.object)
        #expect(cases.count >= 7)
        for (label, example) in cases {
            var given = try #require(example.object?["options"]?.object)
            given["max_new_tokens"] = fixture.expected["max_new_tokens"]
            let options = try DecodingOptions(Options(given, declared: declared, function: "test"))
            let expected = try #require(example.object?["tokens"]?.list).map {
                try #require($0.list).compactMap(\.integer)
            }
            // All at once, and one by one: padding and dropped rows must not show.
            for batchSize in [8, 1] {
                let texts = try Generator.generate(
                    fixture.model, sources: sources, batchSize: batchSize, options: options, job: .silent())
                #expect(texts == expected, "\(name), \(label), batch size \(batchSize)")
            }
        }
    }

    @Test func textToText() throws {
        let fixture = try T5Fixture("relu")
        let text = try #require(fixture.expected["text"]?.string)
        let options = try Options(
            ["max_new_tokens": 12, "precision": "fp32"], declared: T5.registration.generationOptions,
            function: "generate")
        let answer = try fixture.student.generate([text], options: options, job: .silent())
        #expect(answer.map(\.text) == [fixture.expected["text_answer"]?.string])
    }

    @Test func relativePositionBuckets() throws {
        let path = T5Fixture.folder + "/buckets.json"
        let expected = try #require(JSON.decode(Files.read(path), name: path).object)
        for (name, isBidirectional) in [("bidirectional", true), ("causal", false)] {
            let buckets = (-200...200).map {
                RelativePositionBias.bucket(
                    $0, isBidirectional: isBidirectional, buckets: 32, maxDistance: 128)
            }
            #expect(buckets == expected[name]?.list?.compactMap(\.integer), "\(name)")
        }
    }
}
