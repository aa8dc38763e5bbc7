import Foundation
import LyceumKit
import LyceumTorch
import NetworkTesting
import TestSupport
import Testing

@testable import BART

/// The tiny checkpoint of scripts/fixtures/bart.py, and what transformers computed with it.
enum BARTFixture {
    static let folder = Files.parent(of: #filePath) + "/Fixtures/tiny"

    /// - Parameter folder: a checkpoint of the same weights.
    static func load(_ folder: String = folder) throws -> NetworkFixture<BART> {
        try NetworkFixture(folder, expectations: Self.folder)
    }

    /// Answers texts as the prompt does.
    static var trial: StudentTrial {
        StudentTrial(BART.registration, generate: ["precision": "fp32"])
    }
}

@Suite("BART computes what transformers computes")
struct BARTParityTests {
    @Test func logits() throws { try BARTFixture.load().expectSameScores() }

    /// Padded further than transformers does, and beyond the last position, as in training.
    @Test func lossAndGradients() throws {
        let fixture = try BARTFixture.load()
        #expect(try fixture.batch(multiple: 16).source.ids.size(1) > fixture.model.configuration.positions)
        try fixture.expectSameGradients(multiple: 16, atLeast: 9)
    }

    @Test func tokens() throws { try DecodingParity<BART>(folder: BARTFixture.folder).expectSameTokens() }

    @Test func distributions() throws {
        try DecodingParity<BART>(folder: BARTFixture.folder).expectSameDistributions()
    }

    @Test func draws() throws { try DecodingParity<BART>(folder: BARTFixture.folder).expectRepeatableDraws() }

    /// The text's ids, and the answer by generation_config.json alone.
    @Test func textToText() throws {
        let fixture = try BARTFixture.load()
        let text = try #require(fixture.expected["text"]?.string)
        let ids = try BART.loadTokenizer(BARTFixture.folder).encode(text, addEOS: true)
        #expect(ids == fixture.expected["text_ids"]?.list?.compactMap(\.integer))
        try fixture.expectSameAnswer(BARTFixture.trial)
        let several = try BARTFixture.trial.generate(
            fixture.student, [text, text], ["num_return_sequences": 3])
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
        let loaded = try BARTFixture.load(folder).scores()
        let bias = try #require(full["final_logits_bias"])
        try expectClose(loaded + bias, BARTFixture.load().scores(), "logits")
    }
}
