import Foundation
import LyceumKit
import LyceumTorch
import Testing

@testable import BART

/// The tiny checkpoint of scripts/fixtures/bart.py, and what transformers computed with it.
struct BARTFixture {
    static let folder = Files.parent(of: #filePath) + "/Fixtures/tiny"

    let student: SequenceToSequenceStudent<BART>
    let model: BART
    let tensors: [String: Tensor]
    let expected: [String: Value]

    /// - Parameter folder: a checkpoint of the same weights.
    init(folder: String = folder) throws {
        student = try SequenceToSequenceStudent<BART>(folder: folder)
        model = try #require(student.model)
        tensors = try Safetensors.read(Self.folder + "/expected.safetensors").tensors()
        expected = try #require(
            JSON.decode(Files.read(Self.folder + "/expected.json"), name: "expected.json").object)
    }

    func tensor(_ name: String) throws -> Tensor { try #require(tensors[name]) }

    func batch(multiple: Int = 1) throws -> SequenceToSequenceBatch {
        try SequenceToSequenceBatch(
            sources: DecodingParity<BART>.rows(tensor("input_ids")).map { $0.filter { $0 != 1 } },
            targets: DecodingParity<BART>.rows(tensor("labels")).map { $0.filter { $0 != -100 } },
            padID: 1, startID: 2, multiple: multiple)
    }

    /// Answers texts as the prompt does.
    func answer(_ texts: [String], _ given: [String: Value] = [:], job: Job = .silent()) throws
        -> [GeneratedText]
    {
        let options = try Options(
            given.merging(["precision": "fp32"]) { own, _ in own },
            declared: BART.registration.generationOptions,
            function: "generate")
        return try student.generate(texts, options: options, job: job)
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

@Suite("BART computes what transformers computes")
struct BARTParityTests {
    /// The logits of positions that have a label.
    private func logits(_ fixture: BARTFixture) throws -> Tensor {
        let batch = try fixture.batch()
        return try noGrad {
            let source = try fixture.model.encode(batch.source)
            return try fixture.model.logits(
                fixture.model.decode(batch.decoderInput, source: source, cache: nil)
            ).flatten(endDim: 1).indexSelect(dim: 0, indices: batch.positions)
        }
    }

    @Test func logits() throws {
        let fixture = try BARTFixture()
        let expected = try fixture.tensor("logits").flatten(endDim: 1)
            .indexSelect(dim: 0, indices: fixture.batch().positions)
        try expectClose(logits(fixture), expected, "logits")
    }

    @Test func lossAndGradients() throws {
        let fixture = try BARTFixture()
        let model = fixture.model
        // Padded further than transformers does, and beyond the last position, as in training.
        let batch = try fixture.batch(multiple: 16)
        #expect(try batch.source.ids.size(1) > model.configuration.positions)
        model.train()
        model.setDropout(0)
        let source = try model.encode(batch.source)
        let states = try model.decode(batch.decoderInput, source: source, cache: nil).flatten(endDim: 1)
            .indexSelect(dim: 0, indices: batch.positions)
        let sum = try ChunkedCrossEntropy.backward(
            states: states, labels: batch.labels, vocabulary: model.configuration.vocabularySize,
            scale: 1 / Double(batch.itemCount), head: model.logits)
        let loss = try #require(fixture.expected["loss"]?.number)
        #expect(abs(sum / Double(batch.itemCount) - loss) < 1e-5 * loss)
        let parameters = Dictionary(
            uniqueKeysWithValues: model.namedParameters().map { ($0.name, $0.parameter) })
        let names = fixture.tensors.keys.filter { $0.hasPrefix("grad.") }
        #expect(names.count >= 9)
        for name in names {
            let gradient = try #require(try parameters[String(name.dropFirst(5))]?.tensor.grad)
            try expectClose(gradient, fixture.tensor(name), name)
        }
    }

    @Test func tokens() throws { try DecodingParity<BART>(folder: BARTFixture.folder).expectSameTokens() }

    @Test func distributions() throws {
        try DecodingParity<BART>(folder: BARTFixture.folder).expectSameDistributions()
    }

    @Test func draws() throws { try DecodingParity<BART>(folder: BARTFixture.folder).expectRepeatableDraws() }

    /// The text's ids, and the answer by generation_config.json alone.
    @Test func textToText() throws {
        let fixture = try BARTFixture()
        let text = try #require(fixture.expected["text"]?.string)
        let ids = try BART.loadTokenizer(BARTFixture.folder).encode(text, addEOS: true)
        #expect(ids == fixture.expected["text_ids"]?.list?.compactMap(\.integer))
        #expect(try fixture.answer([text]).map(\.text) == [fixture.expected["text_answer"]?.string])
        let several = try fixture.answer([text, text], ["num_return_sequences": 3])
        #expect(several.map(\.alternatives.count) == [2, 2])
        #expect(several[0] == several[1] && several[0].text == fixture.expected["text_answer"]?.string)
    }

    /// bart-base was saved from `BartModel`: no prefix, no head, no bias of the logits, tied weights repeated.
    @Test func namesWithoutPrefix() throws {
        let folder = FileManager.default.temporaryDirectory.appendingPathComponent("bart-\(UUID())").path
        defer { Files.removeTree(folder) }
        try Files.makeFolder(folder)
        let full = try Safetensors.read(BARTFixture.folder + "/model.safetensors").tensors()
        var bare: [(String, Tensor)] = full.filter { $0.key != "final_logits_bias" }
            .map { (String($0.key.dropFirst("model.".count)), $0.value) }
        let shared = try #require(full["model.shared.weight"])
        bare.append(("encoder.embed_tokens.weight", try shared.clone()))
        bare.append(("decoder.embed_tokens.weight", try shared.clone()))
        for name in Files.list(BARTFixture.folder) where !name.hasSuffix(".safetensors") {
            try Files.write(Files.read(BARTFixture.folder + "/" + name), to: folder + "/" + name)
        }
        try Safetensors.write(bare, to: folder + "/model.safetensors")
        let loaded = try logits(BARTFixture(folder: folder))
        let bias = try #require(full["final_logits_bias"])
        try expectClose(loaded + bias, logits(BARTFixture()), "logits")
    }
}
