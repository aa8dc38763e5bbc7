import LyceumKit
import LyceumTorch
import NetworkTesting
import TestSupport
import Testing

@testable import T5

/// The tiny checkpoints of scripts/fixtures/t5.py, and what transformers computed with them.
enum T5Fixture {
    static let folder = Files.parent(of: #filePath) + "/Fixtures"

    static func load(_ name: String) throws -> NetworkFixture<T5> { try NetworkFixture(folder + "/" + name) }

    /// Students as transformers' script has them.
    static var trial: StudentTrial {
        StudentTrial(T5.registration, generate: ["max_new_tokens": 12, "precision": "fp32"])
    }
}

@Suite("T5 computes what transformers computes")
struct T5ParityTests {
    static let names = ["relu", "gated-gelu", "flan"]

    @Test(arguments: names) func logits(_ name: String) throws { try T5Fixture.load(name).expectSameScores() }

    /// The road on which the biases get gradients, padded further than transformers does, as in training.
    @Test(arguments: names) func lossAndGradients(_ name: String) throws {
        try T5Fixture.load(name).expectSameGradients(multiple: 8, atLeast: 8)
    }

    /// The loss in many pieces is the loss in one.
    @Test(arguments: names) func lossInPieces(_ name: String) throws {
        let fixture = try T5Fixture.load(name)
        try fixture.expectSameGradients(multiple: 8, atLeast: 8) { batch, scale in
            let source = try fixture.model.encode(batch.source)
            let states = try fixture.model.decode(batch.decoderInput, source: source, cache: nil)
                .flatten(endDim: 1).indexSelect(dim: 0, indices: batch.positions)
            return try ChunkedCrossEntropy.backward(
                states: states, labels: batch.labels, vocabulary: 96, scale: scale, limit: 96 * 5,
                head: fixture.model.logits)
        }
    }

    @Test(arguments: names) func generatedTokens(_ name: String) throws {
        let fixture = try T5Fixture.load(name)
        let cases = try #require(fixture.expected["generated"]?.object)
        #expect(cases.count >= 7)
        for (label, example) in cases {
            var given = try #require(example.object?["options"]?.object)
            given["max_new_tokens"] = fixture.expected["max_new_tokens"]
            let expected = try #require(example.object?["tokens"]?.list).map {
                try #require($0.list).compactMap(\.integer)
            }
            try fixture.expectSameTexts(given, expected, label)
        }
    }

    @Test func textToText() throws { try T5Fixture.load("relu").expectSameAnswer(T5Fixture.trial) }

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
