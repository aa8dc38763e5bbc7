import Foundation
import LyceumKit
import Testing

@testable import LyceumTorch

@Suite("What a checkpoint says about generation") final class GenerationConfigurationTests {
    let folder = FileManager.default.temporaryDirectory.appendingPathComponent("generation-\(UUID())").path

    init() throws { try Files.makeFolder(folder) }
    deinit { Files.removeTree(folder) }

    private func options(
        _ configuration: GenerationConfiguration, _ given: [String: Value] = [:]
    ) throws -> DecodingOptions {
        try DecodingOptions(
            Options(given, declared: DecodingOptions.declarations, function: "generate"),
            configuration: configuration)
    }

    @Test func usersComeBeforeCheckpoints() throws {
        // bart-large-cnn's.
        let configuration = try GenerationConfiguration(
            [
                "num_beams": 4, "length_penalty": 2, "max_length": 142, "min_length": 56,
                "early_stopping": true,
                "no_repeat_ngram_size": 3, "forced_bos_token_id": 0, "forced_eos_token_id": [2, 3],
                "eos_token_id": [2, 3], "decoder_start_token_id": 2, "top_k": .null,
                "transformers_version": "4.56.2",
            ], source: "test")
        let own = try options(configuration)
        #expect(
            own.numBeams == 4 && own.lengthPenalty == 2 && own.maxNewTokens == 141 && own.minNewTokens == 55)
        #expect(own.noRepeatNgramSize == 3 && own.forcedBOS == 0 && own.forcedEOS == 2 && own.topK == 50)
        #expect(own.endIDs == [2, 3] && own.startID == 2)
        guard case .whenFull = own.earlyStopping else {
            Issue.record("early_stopping was not read")
            return
        }
        let given = try options(configuration, ["num_beams": 1, "max_new_tokens": 20])
        #expect(given.numBeams == 1 && given.maxNewTokens == 20 && given.noRepeatNgramSize == 3)
        #expect(try options(configuration, ["max_length": 100, "min_new_tokens": 7]).maxNewTokens == 99)
        #expect(configuration.values["top_k"] == nil && configuration.unsupported.isEmpty)
        // transformers takes its own default for new tokens.
        #expect(try options(GenerationConfiguration(["max_length": 20], source: "test")).maxNewTokens == 20)
        #expect(try options(GenerationConfiguration()).maxNewTokens == 64)
    }

    @Test func oldFoldersSayItInConfig() throws {
        let model: [String: Value] = ["num_beams": 3, "d_model": 8, "eos_token_id": 2, "typical_p": 0.5]
        let defaults: [String: Value] = ["forced_eos_token_id": 2]
        let old = try GenerationConfiguration(folder: folder, model: model, defaults: defaults)
        #expect(
            try options(old).numBeams == 3 && options(old).forcedEOS == 2 && old.values["d_model"] == nil)
        #expect(old.unsupported == ["typical_p"])
        try Files.write("{\"num_beams\": 2}", to: folder + "/generation_config.json")
        let new = try GenerationConfiguration(folder: folder, model: model, defaults: defaults)
        #expect(try options(new).numBeams == 2 && options(new).forcedEOS == nil && new.unsupported.isEmpty)
    }

    @Test func mistakesNameTheFile() throws {
        for text in [
            "[1]", "{\"num_beams\": \"four\"}", "{\"early_stopping\": \"soon\"}", "{\"top_p\": 7}", "{",
        ] {
            try Files.write(text, to: folder + "/generation_config.json")
            let error = #expect(throws: LyceumError.self) {
                try GenerationConfiguration(folder: self.folder, model: [:], defaults: [:])
            }
            #expect(error?.description.contains("generation_config.json") == true, "\(text)")
        }
    }

    @Test func optionsFitTogether() throws {
        func problem(_ given: [String: Value]) throws -> String {
            let error = #expect(throws: LyceumError.self) {
                try self.options(GenerationConfiguration(), given)
            }
            return try #require(error).description
        }
        #expect(
            try problem(["min_new_tokens": 5, "max_new_tokens": 4]).contains("at most max_new_tokens (4)"))
        #expect(try problem(["min_length": 5, "max_length": 4]).contains("at most max_length (4)"))
        #expect(try problem(["do_sample": true, "temperature": 0]).contains("more than 0"))
        #expect(try problem(["top_p": 0.5]).contains("do_sample = true"))
        #expect(try problem(["bad_words_ids": [[]]]).contains("not empty"))
        #expect(try problem(["repetition_penalty": 0]).contains("expected a number from"))
        #expect(try problem(["num_return_sequences": 4, "num_beams": 3]).contains("at most num_beams (3)"))
    }
}
