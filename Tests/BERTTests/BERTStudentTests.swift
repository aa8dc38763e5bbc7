import Foundation
import LyceumKit
import LyceumTorch
import Testing

@testable import BERT

@Test(
    "BERT keeps the contract of students", .timeLimit(.minutes(5)), arguments: StudentContract.Clause.allCases
)
func bertKeepsTheContract(clause: StudentContract.Clause) {
    for outcome in StudentContract(BERT.registration, task: .classify).run([clause]) {
        #expect(outcome.isKept, "\(outcome)")
    }
}

@Suite("BERT students") final class BERTStudentTests {
    let folder = FileManager.default.temporaryDirectory.appendingPathComponent("bert-\(UUID())").path

    deinit { Files.removeTree(folder) }

    private static let pairs = (0..<24).map { index in
        Example(
            input: index % 2 == 0 ? "the driver for a kernel \(index)" : "a small game with sound \(index)",
            target: index % 2 == 0 ? "admin" : "games")
    }

    private func train(
        _ student: SequenceClassificationStudent<BERT>, _ given: [String: Value] = [:]
    ) throws -> TrainingReport {
        let base: [String: Value] = [
            "precision": "fp32", "max_steps": 40, "batch_size": 8, "learning_rate": 3e-3, "dropout": 0,
            "max_source_length": 24,
        ]
        return try student.train(
            on: ExampleSource(Self.pairs), validation: ExampleSource(Self.pairs),
            options: Options(
                base.merging(given) { $1 }, declared: BERT.registration.trainingOptions,
                function: "student:train"
            ), job: .silent())
    }

    @Test(arguments: ["encoder", "unpooled", "masked"])
    func anEncoderLearnsToClassify(_ name: String) throws {
        let student = try BERTFixture(name).student
        let report = try train(student)
        #expect(report.history["eval_accuracy"]?.last?.value == 1)
        try student.save(to: folder)
        let again = try SequenceClassificationStudent<BERT>(folder: folder)
        let texts = Self.pairs.suffix(2).map(\.input)
        let answers = try BERTFixture.classify(student, texts)
        #expect(answers.map(\.label) == Self.pairs.suffix(2).map(\.target))
        #expect(try BERTFixture.classify(again, texts) == answers)
        // The folder is a BertForSequenceClassification's, whatever it was before.
        let names = try Safetensors.read(folder + "/model.safetensors").names
        #expect(names.contains("bert.pooler.dense.weight") && names.contains("classifier.weight"))
        #expect(!names.contains { $0.hasPrefix("cls.") || $0.hasSuffix("gamma") })
        #expect(Files.list(folder).contains("vocab.txt") && Files.list(folder).contains("tokenizer.json"))
    }

    @Test func anEncoderAloneDoesNotClassifyYet() throws {
        let student = try BERTFixture("encoder").student
        let error = #expect(throws: LyceumError.self) { try BERTFixture.classify(student, ["a game"]) }
        #expect(error?.description.contains("knows no labels; train it first") == true)
        #expect(student.card.contains { $0.name == "labels" && $0.value.hasPrefix("none") })
    }

    @Test func otherLabelsNeedANewOutputLayer() throws {
        let student = try BERTFixture("classifier").student
        // Two of the three labels that it knows.
        _ = try train(student, ["max_steps": 1])
        #expect(student.labels?.count == 3)
        _ = try train(student, ["max_steps": 1, "new_labels": true])
        #expect(student.labels?.names == ["admin", "games"])
        #expect(try BERTFixture.classify(student, ["a game"])[0].probabilities.count == 2)
    }

    @Test func foldersThatAreSomethingElse() throws {
        func error(_ change: (inout [String: Value]) -> Void) throws -> String {
            try Files.writeFolderAtomically(folder) { folder in
                for name in ["config.json", "vocab.txt", "model.safetensors"] {
                    try Files.write(
                        Files.read(BERTFixture.folder + "/classifier/" + name), to: folder + "/" + name)
                }
                let path = folder + "/config.json"
                var config = try #require(JSON.decode(Files.read(path), name: path).object)
                change(&config)
                try Files.write(JSON.encode(.object(config)), to: path)
            }
            return try #require(
                #expect(throws: LyceumError.self) {
                    try SequenceClassificationStudent<BERT>(folder: self.folder)
                }
            ).description
        }
        #expect(
            try error { $0["architectures"] = ["BertForTokenClassification"] }.contains(
                "BertForTokenClassification"))
        #expect(
            try error { $0["position_embedding_type"] = "relative_key" }.contains("position_embedding_type"))
        #expect(try error { $0["hidden_size"] = 25 }.contains("num_attention_heads"))
        #expect(try error { $0["num_hidden_layers"] = 1 }.contains("unknown to this architecture"))
        #expect(try error { $0["id2label"] = ["0": "a"] }.contains("names 1 labels, the weights score 3"))
    }
}
