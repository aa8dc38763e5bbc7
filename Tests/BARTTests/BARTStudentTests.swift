import Foundation
import LyceumKit
import LyceumTorch
import TestSupport
import Testing

@testable import BART

/// BART as a student: from nothing, and its bounds.
@Suite("BART students train, save and load", .serialized) final class BARTStudentTests {
    let folder = FileManager.default.temporaryDirectory.appendingPathComponent("bart-\(UUID())").path

    deinit { Files.removeTree(folder) }

    /// Pairs that even a tiny network learns in seconds: the target is the text's first two words.
    static let pairs: [Example] = {
        let nouns = ["library", "editor", "server", "font"]
        let kinds = ["small", "fast", "graphical", "free"]
        return kinds.flatMap { kind in
            nouns.map {
                Example(input: "\($0) \(kind) with documentation for the user", target: "\(kind) \($0)")
            }
        }
    }()

    private let trial = StudentTrial(
        BART.registration,
        new: [
            "d_model": 32, "encoder_layers": 1, "decoder_layers": 1, "encoder_attention_heads": 2,
            "decoder_attention_heads": 2, "encoder_ffn_dim": 64, "decoder_ffn_dim": 64, "vocab_size": 320,
            "max_position_embeddings": 24, "init_std": 0.1, "dropout": 0, "attention_dropout": 0,
            "activation_dropout": 0,
        ],
        train: ["max_steps": 4, "batch_size": 8, "learning_rate": 0.005, "precision": "fp32"],
        generate: ["max_new_tokens": 12, "precision": "fp32"])

    private func make(_ more: [String: Value] = [:]) throws -> any Student { try trial.make(more) }

    private func train(_ student: any Student, _ more: [String: Value] = [:], job: Job = .silent()) throws
        -> TrainingReport
    {
        try trial.train(student, more, pairs: Self.pairs, job: job)
    }

    private func generate(
        _ student: any Student, _ inputs: [String], _ more: [String: Value] = [:], job: Job = .silent()
    ) throws -> [GeneratedText] { try trial.generate(student, inputs, more, job: job) }

    @Test func learnsFromScratchAndSaves() throws {
        let student = try make()
        let report = try train(student, ["max_steps": 150, "warmup_steps": 20, "seed": 3])
        let losses = try #require(report.history["loss"])
        #expect(try #require(losses.last).value < 0.2 * losses[0].value)
        let inputs = Self.pairs.map(\.input)
        let answers = try generate(student, inputs)
        let right = zip(answers, Self.pairs).count { $0.text == $1.target }
        #expect(right >= 12, "\(answers.map(\.text))")
        try student.save(to: folder)
        let loaded = try BART.registration.load(folder)
        #expect(try generate(loaded, inputs) == answers)
        let saved = try #require(
            JSON.decode(Files.read(folder + "/generation_config.json"), name: "generation_config.json").object
        )
        #expect(saved["forced_eos_token_id"] == 2 && saved["decoder_start_token_id"] == 2)
        #expect(try generate(loaded, ["", "☃"], ["num_beams": 3]).count == 2)
    }

    @Test func longInputsAreCutAndCounted() throws {
        let student = try make()
        let notes = Notes()
        _ = try train(student, job: notes.job())
        let long = String(repeating: "library ", count: 200)
        #expect(
            try generate(student, [long, "a", long], ["max_new_tokens": 100], job: notes.job()).count == 3)
        #expect(
            notes.all == [
                "texts end after 24 tokens, the positions that the model has",
                "2 of 3 inputs were longer than 24 tokens, the positions that the model has, and were cut",
            ])
    }

    @Test func bf16LearnsToo() throws {
        let student = try make()
        let report = try train(student, ["max_steps": 30, "precision": "bf16", "seed": 3])
        let losses = try #require(report.history["loss"])
        #expect(try #require(losses.last).value < 0.8 * losses[0].value)
        let input = Self.pairs[0].input
        #expect(try generate(student, [input], ["precision": "bf16", "num_beams": 2]).count == 1)
    }

    /// What the folder's files say is done, said and saved again.
    @Test func checkpointsSayHow() throws {
        for name in Files.list(BARTFixture.folder) {
            try Files.makeFolder(folder)
            try Files.write(Files.read(BARTFixture.folder + "/" + name), to: folder + "/" + name)
        }
        func change(_ file: String, _ more: [String: Value]) throws {
            let path = folder + "/" + file
            let old = try #require(JSON.decode(Files.read(path), name: path).object)
            try Files.write(JSON.encode(.object(old.merging(more) { _, new in new }), pretty: true), to: path)
        }
        try change(
            "config.json", ["task_specific_params": ["summarization": ["prefix": "sum: "]], "prefix": " "])
        try change("generation_config.json", ["typical_p": 0.5, "max_length": 6])
        let student = try BART.registration.load(folder)
        #expect(student.card.contains { $0 == ("source_prefix", "sum: ") })
        #expect(student.card.contains { $0 == ("max_source_length", "42") })
        let notes = Notes()
        func answer(_ text: String, _ more: [String: Value] = [:]) throws -> GeneratedText {
            let options = try Options(
                more.merging(["precision": "fp32"]) { own, _ in own },
                declared: BART.registration.generationOptions, function: "generate")
            return try #require(student.generate([text], options: options, job: notes.job()).first)
        }
        let answers = try [answer("small tool"), answer("sum: small tool", ["source_prefix": ""])]
        #expect(answers[0] == answers[1] && answers[0].tokenCount <= 5)
        #expect(try answer("small tool", ["max_new_tokens": 20, "min_new_tokens": 9]).tokenCount >= 9)
        #expect(notes.all.count == 2, "\(notes.all)")
        #expect(
            notes.all.contains { $0.contains("typical_p") } && notes.all.contains { $0.contains("\"sum: \"") }
        )
        let target = folder + "/saved"
        try student.save(to: target)
        let saved = try #require(
            JSON.decode(Files.read(target + "/generation_config.json"), name: "saved").object)
        #expect(saved["max_length"] == 6 && saved["num_beams"] == 3 && saved["typical_p"] == 0.5)
        #expect(try BART.registration.load(target).card.map(\.value) == student.card.map(\.value))
    }

    @Test func dropoutRatesAreTheConfigurations() throws {
        let student = try make(["dropout": 0.2, "attention_dropout": 0.3, "activation_dropout": 0.4])
        func rates() throws -> Set<Double> {
            let model = try #require((student as? SequenceToSequenceStudent<BART>)?.model)
            return Set(model.modules().compactMap { ($0 as? Dropout)?.rate })
        }
        _ = try train(student, ["max_steps": 1])
        #expect(try rates() == [0.2, 0.3, 0.4])
        _ = try train(student, ["max_steps": 1, "dropout": 0])
        #expect(try rates() == [0])
        _ = try train(student, ["max_steps": 1])
        #expect(try rates() == [0.2, 0.3, 0.4])
    }

    @Test func mistakesAreNamed() throws {
        func text(_ body: () throws -> Void) throws -> String {
            try #require(#expect(throws: LyceumError.self) { try body() }).description
        }
        #expect(
            try text { _ = try make(["encoder_attention_heads": 5]) }.contains("a divisor of d_model (32)"))
        #expect(try text { _ = try make(["eos_token_id": 400]) }.contains("less than vocab_size (320)"))
        #expect(try text { _ = try make(["d_modell": 8]) }.contains("did you mean 'd_model'?"))
        let student = try make()
        _ = try train(student)
        #expect(
            try text { _ = try generate(student, ["x"], ["temperature": 0.5]) }.contains("do_sample = true"))
        #expect(try text { _ = try generate(student, ["x"], ["suppress_tokens": [5000]]) }.contains("5000"))
        #expect(
            try text { _ = try generate(student, ["x"], ["num_return_sequences": 2]) }.contains(
                "do_sample = true"))
        #expect(
            try text { _ = try generate(student, ["x"], ["num_beams": 2, "num_return_sequences": 3]) }
                .contains(
                    "at most num_beams (2)"))
    }
}
