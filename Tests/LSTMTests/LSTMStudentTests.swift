import Foundation
import LyceumKit
import LyceumTorch
import TestSupport
import Testing

@testable import LSTM

/// A student from nothing to answers: what `student.new`, `:train`, `:generate`, `:save` and `student.load` do.
@Suite("LSTM students train, copy, save and load", .serialized) final class LSTMStudentTests {
    let folder = FileManager.default.temporaryDirectory.appendingPathComponent("lstm-\(UUID())").path
    let architecture = LSTMStudents.registration

    deinit { Files.removeTree(folder) }

    /// Texts that name something once: what it is called is to be copied.
    static func pairs(named names: some Sequence<String>) -> [Example] {
        let kinds = ["library", "editor", "server", "font", "game", "driver", "kernel", "shell"]
        return names.enumerated().map { index, name in
            let kind = kinds[index % kinds.count]
            return index % 2 == 0
                ? Example(input: "this \(kind) is called \(name), a free program.", target: "\(name) \(kind)")
                : Example(input: "\(name) is a free \(kind) for all.", target: "\(name) \(kind)")
        }
    }

    private let trial = StudentTrial(
        LSTMStudents.registration, new: ["embedding_size": 24, "hidden_size": 24, "vocab_size": 30],
        train: ["max_steps": 8, "batch_size": 8, "learning_rate": 0.01, "precision": "fp32"],
        generate: ["max_new_tokens": 6, "precision": "fp32"])

    private func make(_ more: [String: Value] = [:]) throws -> SequenceToSequenceStudent<PointerGenerator> {
        try #require(try trial.make(more) as? SequenceToSequenceStudent<PointerGenerator>)
    }

    @discardableResult private func train(
        _ student: any Student, _ more: [String: Value] = [:], pairs: [Example]? = nil,
        validation: [Example]? = nil, job: Job = .silent()
    ) throws -> TrainingReport {
        try trial.train(
            student, more, pairs: pairs ?? Self.pairs(named: (0..<64).map { "seen\($0)" }),
            validation: validation, job: job)
    }

    private func generate(
        _ student: any Student, _ inputs: [String], _ more: [String: Value] = [:]
    ) throws -> [GeneratedText] { try trial.generate(student, inputs, more) }

    private func weights(_ student: any Student) throws -> [UInt8] {
        try student.save(to: folder + "/weights")
        return try Files.read(folder + "/weights/model.safetensors")
    }

    /// Names that it never met, in training or in its vocabulary, are copied; without a pointer it cannot name them.
    @Test func thePointerLearnsToCopy() throws {
        let unseen = Self.pairs(named: (0..<40).map { "new\($0)x" })
        func right(_ student: any Student, _ options: [String: Value]) throws -> Int {
            let answers = try generate(student, unseen.map(\.input), options)
            return zip(answers, unseen).count { $0.text == $1.target }
        }
        let student = try make()
        let run: [String: Value] = ["max_steps": 200, "warmup_steps": 20, "batch_size": 16, "seed": 3]
        let report = try train(student, run, validation: Array(unseen.prefix(8)))
        #expect(try #require(report.history["eval_loss"]?.last).value < 0.3)
        #expect(try right(student, [:]) >= 36)
        #expect(try right(student, ["batch_size": 3]) == right(student, [:]))
        #expect(try right(student, ["num_beams": 3]) >= 36)
        let other = try make(["pointer": false])
        try train(other, run)
        #expect(try right(other, [:]) == 0)
        #expect(try generate(student, ["", "☃", unseen[0].input + "\n" + unseen[1].input]).count == 3)
        #expect(try generate(student, []).isEmpty)
    }

    @Test(
        arguments: [
            ["coverage": true, "num_layers": 2],
            ["vocabulary": "sentencepiece", "vocab_size": 60, "tie_word_embeddings": false],
            ["pointer": false, "lowercase": false],
        ] as [[String: Value]])
    func savedStudentsAnswerAlike(_ options: [String: Value]) throws {
        let student = try make(options)
        try train(student, ["source_prefix": "name: ", "max_source_length": 9])
        try student.save(to: folder)
        let loaded = try architecture.load(folder)
        #expect(loaded.card.map(\.value) == student.card.map(\.value))
        let inputs = Self.pairs(named: ["One", "Two", "Three"]).map(\.input)
        #expect(try generate(loaded, inputs) == generate(student, inputs))
        // Training goes on from a loaded student.
        try train(loaded, ["max_steps": 2, "label_smoothing_factor": 0.1])
        #expect(try weights(loaded) != weights(student))
    }

    @Test func sameSeedSameStudent() throws {
        func trained(_ seed: Int, steps: Int = 0) throws -> [UInt8] {
            let student = try make()
            try train(student, ["max_steps": .integer(steps), "seed": .integer(seed)])
            return try weights(student)
        }
        #expect(try trained(1) == trained(1))
        #expect(try trained(1) != trained(2))
    }

    @Test(arguments: ["fp32", "bf16"]) func stoppedRunsEndWithTheSameWeights(_ precision: String) throws {
        let start = try make(["coverage": true])
        try train(start, ["max_steps": 0])
        try start.save(to: folder + "/start")
        let run: [String: Value] = ["max_steps": 9, "precision": .string(precision), "eval_steps": 2]
        let validation = Self.pairs(named: ["seen1", "seen2", "other"])
        let whole = try architecture.load(folder + "/start")
        let expected = try train(whole, run, validation: validation)
        let kept = run.merging(["output_dir": .string(folder + "/run")]) { _, new in new }
        let error = #expect(throws: LyceumError.self) {
            try self.train(
                self.architecture.load(self.folder + "/start"), kept, validation: validation,
                job: .cancelled(atStep: 5))
        }
        #expect(error?.description.contains("step 5 of 9") == true)
        let resumed = try architecture.load(folder + "/start")
        let report = try train(
            resumed, kept.merging(["resume": true]) { _, new in new }, validation: validation)
        #expect(report.history == expected.history)
        #expect(try weights(resumed) == weights(whole))
        #expect(
            try generate(architecture.load(folder + "/run/checkpoint-9"), ["text"])
                == generate(resumed, ["text"]))
    }

    /// Read from both ends and pooled: the class depends on a word in the middle.
    @Test func classesAreTold() throws {
        let options = try Options(
            ["task": "classify", "embedding_size": 16, "hidden_size": 16, "vocab_size": 60],
            declared: architecture.configuration, function: "student.new")
        let student = try architecture.make(options)
        let pairs = Self.pairs(named: (0..<64).map { "seen\($0)" }).map {
            Example(input: $0.input, target: String($0.target.split(separator: " ")[1]))
        }
        try train(
            student, ["max_steps": 150, "class_weight": "balanced", "metric_for_best_model": "accuracy"],
            pairs: pairs, validation: Array(pairs.prefix(16)))
        func labels(_ student: any Student, _ more: [String: Value] = [:]) throws -> [String] {
            try student.classify(
                pairs.map(\.input) + ["", String(repeating: "long ", count: 200_000)],
                options: Options(
                    more, declared: architecture.classificationOptions, function: "student:classify"),
                job: .silent()
            ).map(\.label)
        }
        let answers = try labels(student, ["precision": "fp32"])
        #expect(zip(answers, pairs).count { $0 == $1.target } >= 60)
        try student.save(to: folder)
        let loaded = try architecture.load(folder)
        #expect(try labels(loaded, ["precision": "fp32", "batch_size": 3]) == answers)
        #expect(loaded.tasks == [.classify])
        // What belongs to the other task is refused.
        func text(_ body: () throws -> Void) throws -> String {
            try #require(#expect(throws: LyceumError.self) { try body() }).description
        }
        #expect(
            try text { try train(student, ["max_target_length": 9], pairs: pairs) }.contains(
                "max_target_length"))
        #expect(try text { try train(make(), ["class_weight": "balanced"]) }.contains("class_weight"))
        #expect(try text { _ = try labels(student, ["labels": ["a", "b"]]) }.contains("labels"))
        #expect(try text { _ = try generate(student, ["x"]) }.contains("does classify, not generate"))
    }

    @Test func hardTextsAreLearntFrom() throws {
        // An empty text is its end; a long one is cut; fewer pairs than a batch are one.
        let long = String(repeating: "word\u{301} \u{1F600} ", count: 40000)
        let pairs = [
            Example(input: "", target: ""), Example(input: long, target: "word"),
            Example(input: "\u{0}\r\n\u{2028}", target: "unheard of"),
        ]
        let student = try make(["coverage": true])
        let report = try train(student, ["batch_size": 64, "max_source_length": 20], pairs: pairs)
        #expect(report.history["loss"]?.allSatisfy { $0.value.isFinite } == true)
        #expect(try generate(student, [long, ""], ["num_beams": 2]).count == 2)
        // A cut source's words beyond the cut cannot be pointed at.
        try train(
            student, ["max_source_length": 2],
            pairs: [Example(input: "alpha beta gamma delta", target: "delta alpha gamma")])
    }

    @Test func mistakesAreNamed() throws {
        func text(_ body: () throws -> Void) throws -> String {
            try #require(#expect(throws: LyceumError.self) { try body() }).description
        }
        let student = try make()
        #expect(try text { _ = try generate(student, ["x"]) }.contains("train it first"))
        #expect(try text { _ = try make(["hiden_size": 8]) }.contains("did you mean 'hidden_size'?"))
        #expect(try text { _ = try make(["vocabulary": "letters"]) }.contains("words"))
        #expect(
            try text { try train(student, pairs: [Example(input: " ", target: "\n")]) }.contains(
                "learn a vocabulary from"))
        try train(student, ["max_steps": 1])
        try student.save(to: folder)
        let path = folder + "/words.txt"
        let words = String(decoding: try Files.read(path), as: UTF8.self)
        for damaged in [
            words.replacing("\nprogram\n", with: "\n"), words + "extra\n", words + "seen1\nseen1\n", "word\n",
        ] {
            try Files.write(Array(damaged.utf8), to: path)
            #expect(try text { _ = try architecture.load(folder) }.contains(folder))
        }
    }

    /// A job that cancels itself when a step is done.
}
