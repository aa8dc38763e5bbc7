import Foundation
import LyceumKit
import Synchronization
import Testing

@testable import LyceumTorch

@Suite("Classification students and data that hardly is any", .serialized)
final class ClassificationBadInputTests {
    let folder = FileManager.default.temporaryDirectory.appendingPathComponent("classify-bad-\(UUID())").path

    deinit { Files.removeTree(folder) }

    private func error(_ body: () throws -> Void) throws -> String {
        try #require(#expect(throws: LyceumError.self) { try body() }).description
    }

    @Test func oneClassOnly() throws {
        let text = try error {
            _ = try Menagerie.train(Menagerie.student(), Menagerie.pairs(6, labels: ["cat"]))
        }
        #expect(text.contains("at least two") && text.contains("'cat' for all 6 texts"))
    }

    @Test func noRows() throws {
        #expect(try error { _ = try Menagerie.train(Menagerie.student(), []) }.contains("is empty"))
    }

    @Test func aNewLabelInALaterTraining() throws {
        let student = try Menagerie.student()
        _ = try Menagerie.train(student, Menagerie.pairs(12), ["max_steps": 2])
        let other = Menagerie.pairs(12, labels: ["cat", "dog", "lion"])
        let text = try error { _ = try Menagerie.train(student, other, ["max_steps": 2]) }
        #expect(text.contains("'lion' of example 3") && text.contains("new_labels"))
        #expect(student.labels?.names == ["bird", "cat", "dog"])
        _ = try Menagerie.train(student, other, ["max_steps": 2, "new_labels": true])
        #expect(student.labels?.names == ["cat", "dog", "lion"])
        #expect(try Menagerie.classify(student, ["purr"])[0].probabilities.count == 3)
    }

    @Test func labelsUnseenInTrainingAreLeftOutOfValidation() throws {
        let notes = Mutex<[String]>([])
        let job = Job(
            "train", obeysInterrupt: false,
            listener: Job.Listener(progress: { _ in }, note: { note in notes.withLock { $0.append(note) } }))
        let student = try Menagerie.student()
        let report = try Menagerie.train(
            student, Menagerie.pairs(12), ["max_steps": 2],
            valid: Menagerie.pairs(3) + [Example(input: "roar", target: "lion")], job: job)
        #expect(report.history["eval_loss"]?.isEmpty == false)
        #expect(notes.withLock { $0 }.contains { $0.contains("1 of 4 validation") && $0.contains("'lion'") })
        // A loss over labels that it does not know has no meaning.
        let text = try error {
            _ = try student.loss(
                on: ExampleSource([Example(input: "roar", target: "lion")]),
                options: Options([:], declared: student.lossOptions, function: "student:loss"), job: .silent()
            )
        }
        #expect(text.contains("'lion'"))
    }

    @Test func tenThousandClasses() throws {
        let pairs = (0..<10_000).map {
            Example(input: "purr in the garden \($0 % 100)", target: "class \($0)")
        }
        let student = try Menagerie.student()
        _ = try Menagerie.train(student, pairs, ["max_steps": 2, "batch_size": 64])
        let answer = try Menagerie.classify(student, ["purr"])[0]
        #expect(answer.probabilities.count == 10_000)
        try student.save(to: folder)
        let again = try SequenceClassificationStudent<BagEncoder>(folder: folder)
        #expect(try Menagerie.classify(again, ["purr"])[0] == answer)
    }

    @Test func emptyTextsAndAMegabyte() throws {
        let student = try Menagerie.student()
        let long = String(repeating: "purr in the garden ", count: 55_000)
        #expect(long.utf8.count > 1_000_000)
        let pairs = [
            Example(input: "", target: "none"), Example(input: long, target: "cat"),
            Example(input: "\u{0}\u{FFFF}", target: "none"),
        ]
        _ = try Menagerie.train(student, Menagerie.pairs(6, labels: ["cat", "none"]), ["max_steps": 1])
        // Fewer texts than a batch, too.
        let report = try Menagerie.train(
            student, pairs, ["max_steps": 2, "batch_size": 64, "max_source_length": 32])
        #expect(report.history["loss"]?.allSatisfy { $0.value.isFinite } == true)
        let answers = try Menagerie.classify(student, ["", long, "\u{0}"])
        #expect(answers.allSatisfy { $0.probability.isFinite && !$0.label.isEmpty })
        #expect(try Menagerie.classify(student, []).isEmpty)
    }

    @Test func aLossThatIsNoNumberStopsTheRun() throws {
        let student = try Menagerie.student()
        let text = try error {
            _ = try Menagerie.train(
                student, Menagerie.pairs(12),
                [
                    "learning_rate": 10, "embedding_learning_rate": 10, "max_grad_norm": 0,
                    "max_steps": 100_000,
                    "lr_scheduler_type": "constant", "optim": "adafactor", "scale_parameter": true,
                    "output_dir": .string(folder), "save_steps": 1, "label_smoothing_factor": 0.5,
                ])
        }
        #expect(text.contains("training stopped") && text.contains("lower learning_rate"))
        // What is kept holds numbers only.
        let kept = try #require(Files.list(folder).filter { $0.hasPrefix("checkpoint-") }.first)
        let again = try SequenceClassificationStudent<BagEncoder>(folder: folder + "/" + kept)
        #expect(again.labels == student.labels)
    }

    @Test func anUntrainedStudentSaysSo() throws {
        let student = try Menagerie.student()
        #expect(try error { _ = try Menagerie.classify(student, ["purr"]) }.contains("train it first"))
        #expect(try error { try student.save(to: self.folder) }.contains("train it first"))
        #expect(
            try error {
                _ = try student.generate(
                    ["a"], options: Options([:], declared: [], function: "generate"), job: .silent())
            }.contains("classify, not generate"))
    }

    @Test func weightsInEightBits() throws {
        let student = try Menagerie.student()
        _ = try Menagerie.train(student, Menagerie.pairs(12), ["max_steps": 1])
        try student.save(to: folder)
        func loading() throws -> String {
            try error { _ = try SequenceClassificationStudent<BagEncoder>(folder: self.folder) }
        }
        let (config, weights) = (folder + "/config.json", folder + "/model.safetensors")
        var document = try #require(JSON.decode(Files.read(config), name: config).object)
        document["quantization_config"] = ["quant_method": "bitsandbytes"]
        try Files.write(JSON.encode(.object(document)), to: config)
        #expect(try loading().contains("bitsandbytes"))
        document["quantization_config"] = nil
        try Files.write(JSON.encode(.object(document)), to: config)
        var tensors = try Safetensors.read(weights).tensors().mapValues { try $0.clone() }
        let name = try #require(tensors.keys.first { $0.contains("embedding") })
        let rounded = try QuantisedWeight(try #require(tensors[name]))
        (tensors[name], tensors[name + "_scale"]) = (rounded.rows, rounded.scales)
        try FileManager.default.removeItem(atPath: weights)
        try Safetensors.write(tensors, to: weights)
        let text = try loading()
        #expect(text.contains(name) && text.contains("eight bits"), "\(text)")
    }

    @Test func aConfigurationThatDoesNotFitItsWeights() throws {
        let student = try Menagerie.student()
        _ = try Menagerie.train(student, Menagerie.pairs(12), ["max_steps": 1])
        try student.save(to: folder)
        let path = folder + "/config.json"
        let good = try #require(JSON.decode(Files.read(path), name: path).object)
        func loading(_ labels: Value) throws -> String {
            var document = good
            document["id2label"] = labels
            try Files.write(JSON.encode(.object(document)), to: path)
            return try error { _ = try SequenceClassificationStudent<BagEncoder>(folder: self.folder) }
        }
        #expect(try loading(["0": "a", "1": "b"]).contains("names 2 labels, the weights score 3"))
        #expect(try loading(["0": "a", "2": "b", "3": "c"]).contains("none for 1"))
        #expect(try loading(["0": "a", "1": "b", "2": "a"]).contains("twice"))
        // transformers leaves out names that nobody chose.
        var document = good
        document["id2label"] = nil
        try Files.write(JSON.encode(.object(document)), to: path)
        let again = try SequenceClassificationStudent<BagEncoder>(folder: folder)
        #expect(again.labels?.names == ["LABEL_0", "LABEL_1", "LABEL_2"])
    }
}
