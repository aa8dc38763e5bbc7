import Foundation
import LyceumKit
import LyceumTorch
import NetworkTesting
import TestSupport
import Testing

@testable import LyceumTorch
@testable import T5

/// Classification as text to text, decoded in a prefix tree of the labels.
@Suite("T5 students classify", .serialized) final class T5ClassificationTests {
    let folder = FileManager.default.temporaryDirectory.appendingPathComponent("t5-classify-\(UUID())").path

    deinit { Files.removeTree(folder) }

    private func classify(
        _ student: any Student, _ texts: [String], _ more: [String: Value] = [:]
    ) throws -> [Classification] {
        try StudentTrial(T5.registration, classify: ["precision": "fp32"]).classify(student, texts, more)
    }

    /// The tree gives what teacher forcing gives label by label: the negative loss of a pair times its tokens.
    @Test func probabilitiesAreThoseOfWholeLabels() throws {
        let fixture = try T5Fixture.load("relu")
        let labels = ["the library", "the library tool", "the", "a tool", "", "data of the library"]
        let texts = [
            "this package provides tools", "",
            "a small tool that shows the files of a package for developers",
        ]
        let list = Value.list(labels.map { .string($0) })
        let expected = try texts.map { text in
            let scores = try labels.map { label in
                let loss = try fixture.student.loss(
                    on: ExampleSource([Example(input: text, target: label)]),
                    options: Options([:], declared: fixture.student.lossOptions, function: "student:loss"),
                    job: .silent())
                return try -loss * Double(fixture.student.tokenize(label).count)
            }
            return try Tensor(scores).softmax(dim: 0).doubles()
        }
        for batchSize in [8, 1] {
            let answers = try classify(
                fixture.student, texts, ["labels": list, "batch_size": .integer(batchSize)])
            for (answer, expected) in zip(answers, expected) {
                #expect(answer.probabilities.map(\.label) == labels)
                for (own, expected) in zip(answer.probabilities, expected) {
                    #expect(abs(own.probability - expected) < 1e-4 * expected + 1e-6)
                }
                #expect(answer.probability == answer.probabilities.map(\.probability).max())
            }
        }
        // So many prefixes that they are scored piece by piece.
        let map = LabelMap(labels)
        let tree = try LabelTree(labels.map { try fixture.student.tokenize($0) }, labels: map)
        try noGrad {
            let source = try fixture.model.encode(TokenBatch([fixture.student.tokenize(texts[0])], padID: 0))
            let whole = try tree.logProbabilities(fixture.model, source: source, limit: 1000, job: .silent())
            let pieces = try tree.logProbabilities(fixture.model, source: source, limit: 1, job: .silent())
            for (a, b) in zip(whole[0], pieces[0]) { #expect(abs(a - b) < 1e-4) }
        }
    }

    @Test func labelsAreLearntAndKept() throws {
        let student = try T5.registration.make(
            Options(
                [
                    "task": "classify", "d_model": 32, "d_kv": 16, "d_ff": 64, "num_layers": 1,
                    "num_heads": 2,
                    "vocab_size": 120, "dropout_rate": 0,
                ], declared: T5.registration.configuration, function: "student.new"))
        let pairs = T5StudentTests.pairs.map {
            Example(input: $0.input, target: String($0.target.split(separator: " ")[1]))
        }
        func train(_ pairs: [Example], _ more: [String: Value] = [:]) throws {
            let run: [String: Value] = [
                "max_steps": 150, "batch_size": 16, "learning_rate": 0.005, "warmup_steps": 20,
                "precision": "fp32",
            ]
            _ = try student.train(
                on: ExampleSource(pairs), validation: nil,
                options: Options(
                    run.merging(more) { _, new in new }, declared: T5.registration.trainingOptions,
                    function: "student:train"), job: .silent())
        }
        #expect(student.tasks.first == .classify)
        #expect(
            try message { try train(pairs.map { Example(input: $0.input, target: "one") }) }.contains("two"))
        try train(pairs)
        let texts = pairs.prefix(24).map(\.input)
        let answers = try classify(student, texts)
        #expect(zip(answers, pairs).count { $0.label == $1.target } >= 20)
        #expect(abs(answers[0].probabilities.map(\.probability).reduce(0, +) - 1) < 1e-6)
        #expect(try classify(student, texts, ["batch_size": 5]).map(\.label) == answers.map(\.label))
        try student.save(to: folder)
        let loaded = try T5.registration.load(folder)
        #expect(try classify(loaded, texts).map(\.label) == answers.map(\.label))
        #expect(loaded.tasks.first == .classify)

        let stranger = pairs + [Example(input: "a cat", target: "animal")]
        #expect(try message { try train(stranger) }.contains("'animal' of example 65"))
        #expect(try message { try train(pairs, ["max_target_length": 1]) }.contains("max_target_length"))
    }

    @Test func mistakesAreNamed() throws {
        let student = try T5Fixture.load("relu").student
        #expect(try message { _ = try classify(student, ["x"]) }.contains("knows no labels"))
        #expect(
            try message { _ = try classify(student, ["x"], ["labels": ["one"]]) }.contains("two different"))
        #expect(
            try message { _ = try classify(student, ["x"], ["labels": ["a", "a"]]) }.contains("two different")
        )
        // Neither character is in the vocabulary.
        #expect(
            try message { _ = try classify(student, ["x"], ["labels": ["\u{2603}", "\u{2604}"]]) }.contains(
                "the same tokens"))
        #expect(try classify(student, [], ["labels": ["a", "b"]]).isEmpty)
    }

    /// Ten thousand labels, of which many share their beginning.
    @Test func manyLabels() throws {
        let student = try T5Fixture.load("relu").student
        let letters = Array("abcdefilmnoprstu").map { String($0) }
        let labels = (0..<10000).map { number in
            (0..<4).map { letters[(number >> (4 * $0)) & 15] }.joined()
        }
        let answer = try classify(
            student, ["a small tool", ""], ["labels": .list(labels.map { .string($0) })])
        #expect(answer.count == 2 && answer[0].probabilities.count == 10000)
        #expect(abs(answer[1].probabilities.map(\.probability).reduce(0, +) - 1) < 1e-6)
    }
}
