import Foundation
import LyceumKit
import LyceumTorch
import Synchronization
import Testing

@Suite("Classification students", .serialized) final class ClassificationTests {
    let folder = FileManager.default.temporaryDirectory.appendingPathComponent("classify-\(UUID())").path

    deinit { Files.removeTree(folder) }

    @Test func learnsLabelsAndKeepsThem() throws {
        let student = try Menagerie.student()
        let report = try Menagerie.train(student, Menagerie.pairs(42), valid: Menagerie.pairs(21))
        #expect(report.steps == 60)
        let losses = try #require(report.history["eval_loss"])
        #expect(report.history["eval_accuracy"]?.last?.value == 1)
        #expect(try #require(losses.last?.value) < #require(losses.first?.value))
        // Sorted, whatever the order of the rows.
        #expect(student.labels?.names == ["bird", "cat", "dog"])
        let texts = ["sing in the garden", "purr purr in the garden", "bark in the garden"]
        let answers = try Menagerie.classify(student, texts)
        #expect(answers.map(\.label) == ["dog", "bird", "cat"])
        for answer in answers {
            #expect(answer.probabilities.map(\.label) == ["bird", "cat", "dog"])
            #expect(abs(answer.probabilities.reduce(0) { $0 + $1.probability } - 1) < 1e-5)
        }
        // Batches and their padding must not show.
        let one = try Menagerie.classify(student, texts, ["batch_size": 1])
        for (a, b) in zip(answers, one) { #expect(abs(a.probability - b.probability) < 1e-5) }

        try student.save(to: folder)
        let again = try SequenceClassificationStudent<BagEncoder>(folder: folder)
        #expect(again.labels == student.labels)
        #expect(try Menagerie.classify(again, texts) == answers)
        let config = try #require(JSON.decode(Files.read(folder + "/config.json"), name: "config").object)
        #expect(config["id2label"] == ["0": "bird", "1": "cat", "2": "dog"])
        #expect(config["label2id"] == ["bird": 0, "cat": 1, "dog": 2])
        #expect(config["architectures"] == ["BagForSequenceClassification"])
    }

    @Test(arguments: [5, 4]) func resumedRunsEndWithTheSameWeights(stop: Int) throws {
        let options: [String: Value] = [
            "max_steps": 9, "batch_size": 3, "gradient_accumulation_steps": 2, "warmup_steps": 2,
            "eval_steps": 2,
            "seed": 4, "label_smoothing_factor": 0.1, "class_weight": "balanced",
            "metric_for_best_model": "accuracy",
        ]
        let pairs = Menagerie.pairs(20)
        func run(_ more: [String: Value] = [:], job: Job = .silent()) throws -> (TrainingReport, [UInt8]) {
            let student = try SequenceClassificationStudent<BagEncoder>(folder: folder + "/start")
            let report = try Menagerie.train(
                student, pairs, options.merging(more) { $1 }, valid: Array(pairs.prefix(6)), job: job)
            try student.save(to: folder + "/saved")
            return (report, try Files.read(folder + "/saved/model.safetensors"))
        }
        try Files.makeFolder(folder)
        // Nothing is drawn: other tests draw from the same generator meanwhile.
        let start = try Menagerie.student()
        _ = try Menagerie.train(start, pairs, ["max_steps": 0])
        try start.save(to: folder + "/start")
        let whole = try run()
        let kept: [String: Value] = ["output_dir": .string(folder + "/run")]
        let error = #expect(throws: LyceumError.self) { try run(kept, job: self.job(cancelledAtStep: stop)) }
        #expect(error?.description.contains("step \(stop) of 9") == true)
        let resumed = try run(kept.merging(["resume": true]) { $1 })
        let (isSameRun, isSameStudent) = (resumed.0.history == whole.0.history, resumed.1 == whole.1)
        #expect(isSameRun && isSameStudent)
    }

    @Test func accuracyTellsTheBestModelIfAsked() throws {
        // Labels that contradict the training make the loss grow while the accuracy stays: loss and accuracy
        // choose different steps.
        let pairs = Menagerie.pairs(30)
        let valid = Menagerie.pairs(9) + [Example(input: "purr in the garden", target: "dog")]
        let student = try Menagerie.student()
        let report = try Menagerie.train(
            student, pairs,
            [
                "metric_for_best_model": "accuracy", "early_stopping_patience": 3, "eval_steps": 5,
                "max_steps": 400,
            ],
            valid: valid)
        let accuracies = try #require(report.history["eval_accuracy"])
        let best = try #require(accuracies.map(\.value).max())
        let first = try #require(accuracies.first { $0.value == best })
        #expect(report.steps == first.step + 15)
        let answers = try Menagerie.classify(student, valid.map(\.input))
        let right = zip(answers, valid).filter { $0.label == $1.target }.count
        #expect(abs(Double(right) / 10 - best) < 1e-9)
    }

    @Test func balancedWeightsHelpTheRare() throws {
        let rows = (0..<40).map { Example(input: "the garden", target: $0 < 36 ? "common" : "rare") }
        func rare(_ weight: Value) throws -> Double {
            let student = try Menagerie.student()
            _ = try Menagerie.train(student, rows, ["class_weight": weight, "batch_size": 40])
            return try #require(
                Menagerie.classify(student, ["the garden"])[0].probabilities.first { $0.label == "rare" }
            ).probability
        }
        // One text for both, all rows in each batch: the best answer is the share of each label, weighted.
        #expect(abs(try rare("none") - 0.1) < 0.03)
        #expect(abs(try rare("balanced") - 0.5) < 0.03)
    }

    private func job(cancelledAtStep step: Int) -> Job {
        let box = Mutex<Job?>(nil)
        let listener = Job.Listener(
            progress: { progress in if progress.done == step { box.withLock { $0?.cancel() } } },
            note: { _ in })
        let job = Job("train", obeysInterrupt: false, listener: listener)
        box.withLock { $0 = job }
        return job
    }
}
