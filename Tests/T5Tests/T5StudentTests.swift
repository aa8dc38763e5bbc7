import Foundation
import LyceumKit
import LyceumTorch
import TestSupport
import Testing

@testable import T5

/// A student from nothing to answers: what `student.new`, `:train`, `:generate`, `:save` and `student.load` do.
@Suite("T5 students train, save and load", .serialized) final class T5StudentTests {
    let folder = FileManager.default.temporaryDirectory.appendingPathComponent("t5-\(UUID())").path
    let architecture = T5.registration

    deinit { Files.removeTree(folder) }

    /// Pairs that even a tiny network learns in seconds: the target is the text's first two words.
    static let pairs: [Example] = {
        let nouns = ["library", "editor", "server", "font", "game", "driver", "kernel", "shell"]
        let kinds = ["small", "fast", "graphical", "free", "remote", "common", "python", "audio"]
        return kinds.flatMap { kind in
            nouns.map {
                Example(
                    input: "\($0) \(kind) with documentation for the \(kind) user", target: "\(kind) \($0)")
            }
        }
    }()

    private let trial = StudentTrial(
        T5.registration,
        new: [
            "d_model": 32, "d_kv": 16, "d_ff": 64, "num_layers": 1, "num_heads": 2, "vocab_size": 120,
            "dropout_rate": 0,
        ],
        train: ["max_steps": 8, "batch_size": 8, "learning_rate": 0.01, "precision": "fp32"],
        generate: ["max_new_tokens": 16, "precision": "fp32"])

    private func make(_ more: [String: Value] = [:]) throws -> any Student { try trial.make(more) }

    private func train(
        _ student: any Student, _ more: [String: Value] = [:], pairs: [Example] = pairs,
        validation: [Example]? = nil, job: Job = .silent()
    ) throws -> TrainingReport {
        try trial.train(student, more, pairs: pairs, validation: validation, job: job)
    }

    private func generate(_ student: any Student, _ inputs: [String], _ more: [String: Value] = [:]) throws
        -> [GeneratedText]
    {
        try trial.generate(student, inputs, more)
    }

    @Test func learnsFromScratch() throws {
        let student = try make()
        let report = try train(
            student, ["max_steps": 400, "warmup_steps": 40, "learning_rate": 0.005, "seed": 3],
            validation: Array(Self.pairs.prefix(8)))
        let losses = try #require(report.history["loss"])
        #expect(report.steps == 400 && losses.count == 400)
        #expect(try #require(losses.last).value < 0.2 * losses[0].value)
        #expect(report.history["eval_loss"]?.isEmpty == false)
        let inputs = Self.pairs.prefix(16).map(\.input)
        let answers = try generate(student, inputs)
        let right = zip(answers, Self.pairs).count { $0.text == $1.target }
        #expect(right >= 12, "\(answers.map(\.text))")
        #expect(answers.allSatisfy { $0.tokenCount > 0 })
        // Sorting, batching and beams must not change which answer belongs to which text.
        #expect(try generate(student, inputs, ["batch_size": 3]).map(\.text) == answers.map(\.text))
        #expect(try generate(student, inputs, ["num_beams": 3]).count == 16)
        #expect(try generate(student, []).isEmpty)
        #expect(try generate(student, ["", "☃"]).count == 2)
    }

    @Test func savedStudentsAnswerAlike() throws {
        let student = try make()
        _ = try train(student, ["source_prefix": "name: ", "max_source_length": 9])
        try student.save(to: folder)
        #expect(
            Set(Files.list(folder)).isSuperset(of: [
                "config.json", "generation_config.json", "model.safetensors", "spiece.model",
                "tokenizer_config.json",
            ]))
        let loaded = try architecture.load(folder)
        #expect(loaded.card.map(\.value) == student.card.map(\.value))
        let inputs = Self.pairs.prefix(5).map(\.input)
        #expect(try generate(loaded, inputs) == generate(student, inputs))
        // Saving goes over an old folder, and training goes on from a loaded student.
        _ = try train(loaded, ["max_steps": 2])
        try loaded.save(to: folder)
        _ = try architecture.load(folder)
    }

    @Test func sameSeedSameStudent() throws {
        func weights(_ seed: Int) throws -> [UInt8] {
            let student = try make()
            _ = try train(student, ["max_steps": 0, "seed": .integer(seed)])
            try student.save(to: folder)
            return try Files.read(folder + "/model.safetensors")
        }
        #expect(try weights(1) == weights(1))
        #expect(try weights(1) != weights(2))
    }

    @Test func trainingRepeatsBitForBit() throws {
        func weights(_ precision: String) throws -> [UInt8] {
            let student = try make()
            _ = try train(
                student,
                ["max_steps": 6, "batch_size": 9, "precision": .string(precision), "dropout": 0.1])
            try student.save(to: folder)
            return try Files.read(folder + "/model.safetensors")
        }
        for precision in ["fp32", "bf16"] { #expect(try weights(precision) == weights(precision)) }
    }

    @Test func interruptedTrainingKeepsItsStepsAndResumes() throws {
        let run: [String: Value] = ["output_dir": .string(folder), "max_steps": 8]
        let student = try make()
        let error = #expect(throws: LyceumError.self) {
            try self.train(student, run, job: .cancelled(atStep: 5))
        }
        #expect(error?.description.contains("step 5 of 8") == true)
        #expect(try generate(student, ["text"]).count == 1)
        let resumed = try make()
        let report = try train(resumed, run.merging(["resume": true]) { _, new in new })
        #expect(report.steps == 8 && report.history["loss"]?.map(\.step) == Array(1...8))
        #expect(report.checkpoint == folder + "/checkpoint-8")
        // A checkpoint is a student.
        #expect(
            try generate(architecture.load(folder + "/checkpoint-8"), ["text"]) == generate(resumed, ["text"])
        )
    }

    @Test func mistakesAreNamed() throws {
        func text(_ body: () throws -> Void) throws -> String {
            try #require(#expect(throws: LyceumError.self) { try body() }).description
        }
        let student = try make()
        #expect(try text { _ = try generate(student, ["x"]) }.contains("train it first"))
        #expect(try text { try student.save(to: folder) }.contains("train it first"))
        #expect(try text { _ = try train(student, pairs: []) }.contains("the training data is empty"))
        #expect(
            try text { _ = try train(student, ["learning_rte": 1]) }.contains("did you mean 'learning_rate'?")
        )
        #expect(try text { _ = try train(student, ["resume": true]) }.contains("output_dir"))
        #expect(try text { _ = try make(["d_modell": 8]) }.contains("did you mean 'd_model'?"))
        #expect(
            try text { _ = try make(["relative_attention_max_distance": 4]) }.contains(
                "relative_attention_max"))
        #expect(try text { _ = try architecture.load("/nowhere") }.contains("/nowhere/config.json"))
    }

    @Test func damagedFoldersAreRefused() throws {
        let student = try make()
        _ = try train(student, ["max_steps": 1])
        func problem(_ damage: (String) throws -> Void) throws -> String {
            try student.save(to: folder)
            try damage(folder)
            let error = #expect(throws: LyceumError.self) { try self.architecture.load(self.folder) }
            return error?.description ?? ""
        }
        #expect(
            try problem { folder in
                let path = folder + "/model.safetensors"
                try Files.write(Array(Files.read(path).dropLast(100)), to: path)
            }.contains("model.safetensors"))
        #expect(try problem { try Files.write("{", to: $0 + "/config.json") }.contains("config.json"))
        #expect(
            try problem { folder in
                let path = folder + "/config.json"
                let text = String(decoding: try Files.read(path), as: UTF8.self)
                try Files.write(text.replacing("\"num_layers\": 1", with: "\"num_layers\": 2"), to: path)
            }.contains("missing: encoder.block.1"))
        // A network that no memory holds: the weights' header is looked at first.
        let begun = ContinuousClock.now
        #expect(
            try problem { folder in
                let path = folder + "/config.json"
                var document = try #require(try JSON.decode(Files.read(path), name: path).object)
                for (key, value) in ["d_model": 65536, "num_layers": 500, "d_ff": 262_144] {
                    document[key] = .integer(value)
                }
                try Files.write(JSON.encode(.object(document)), to: path)
            }.contains("do not fit"))
        #expect(ContinuousClock.now - begun < .seconds(60))
        #expect(try problem { Files.removeTree($0 + "/spiece.model") }.contains("spiece.model"))
    }

    /// Checkpoints come like this when pieces were added to the tokenizer and the table was not made larger.
    @Test func aTokenizerMayKnowMoreThanTheTableHasRows() throws {
        let student = try make()
        _ = try train(student, ["max_steps": 1])
        try student.save(to: folder)
        let weights = folder + "/model.safetensors"
        let file = try Safetensors.read(weights)
        let rows = try #require(file.shape(of: "shared.weight")?.first) - 2
        let fewer = try file.names.map { name in
            let tensor = try file.tensor(name)
            return (name, try name == "shared.weight" ? tensor[0..<rows].clone() : tensor.clone())
        }
        try Safetensors.write(fewer, to: weights)
        let path = folder + "/config.json"
        var config = try #require(JSON.decode(Files.read(path), name: path).object)
        config["vocab_size"] = .integer(rows)
        try Files.write(JSON.encode(.object(config)), to: path)

        let loaded = try architecture.load(folder)
        let tokens = try #require(loaded as? any TokenizingStudent)
        // The last pieces of a vocabulary are rare: some word has one, and some has none.
        let words = Set(Self.pairs.flatMap { $0.input.split(separator: " ").map(String.init) }).sorted()
        let all = try words.map { ($0, try tokens.tokenize($0).allSatisfy { $0 < rows }) }
        let usable = try #require(all.first { $0.1 }?.0)
        #expect(try generate(loaded, [usable], ["num_beams": 2]).count == 1)
        // A letter at the beginning of a word is often another piece than the same letter inside one.
        let letters = try "abcdefghijklmnopqrstuvwxyz".flatMap { ["\($0)", "a\($0)"] }.map {
            ($0, try tokens.tokenize($0).allSatisfy { $0 < rows })
        }
        let unusable = try #require((all + letters).first { !$0.1 }?.0)
        let error = #expect(throws: LyceumError.self) { try generate(loaded, [usable, unusable]) }
        #expect(error?.description.contains("'\(unusable)'") == true, "\(error as Any)")
        #expect(error?.description.contains("ids below \(rows)") == true, "\(error as Any)")
        // What lies beyond the cut is not read.
        let long = [String](repeating: usable, count: 20).joined(separator: " ") + " " + unusable
        #expect(try generate(loaded, [long], ["max_source_length": 4]).count == 1)
        #expect(throws: LyceumError.self) {
            try train(loaded, pairs: [Example(input: usable, target: unusable)])
        }
        _ = try train(loaded, ["max_steps": 1], pairs: [Example(input: usable, target: usable)])
        try loaded.save(to: folder)
        _ = try architecture.load(folder)
    }

    @Test func bf16LearnsToo() throws {
        let student = try make()
        let report = try train(
            student, ["precision": "bf16", "max_steps": 60, "gradient_accumulation_steps": 2])
        let losses = try #require(report.history["loss"])
        #expect(try #require(losses.last).value < 0.7 * losses[0].value)
        #expect(try generate(student, ["text"], ["precision": "bf16", "num_beams": 2]).count == 1)
    }

    /// A job that cancels itself when a step is done.
}
