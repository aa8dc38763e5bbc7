import LyceumKit
import TestSupport
import Testing

@testable import GBDT

@Suite("A student that classifies")
struct ClassifierTests {
    @Test func learnsToTellClassesApart() throws {
        let student = try Make.student(["max_classes": 10])
        let report = try student.train(labelled(300), valid: labelled(60, seed: 2), ["n_estimators": 20])
        let test = labelled(150, seed: 3)
        let answers = try student.classify(test.map(\.input))
        let right = zip(answers, test).filter { $0.label == $1.target }.count
        // Four texts in five can be told; of the rest a third is guessed.
        #expect(right > 115, "\(right) of 150")
        for answer in answers {
            #expect(answer.probabilities.map(\.label) == ["label0", "label1", "label2"])
            #expect(isClose(answer.probabilities.reduce(0) { $0 + $1.probability }, 1))
        }
        let losses = try #require(report.history["loss"])
        #expect(losses.map(\.step) == Array(1...losses.count))
        #expect(try #require(losses.last).value < losses[0].value)
        #expect(report.history["eval_loss"]?.count == losses.count)
    }

    @Test(arguments: ["student", "binary"])
    func equalsPython(_ name: String) throws {
        let student = try GBDTStudent(folder: Make.fixtures + "/" + name)
        let expected = try #require(try Make.json(Make.fixtures + "/\(name)/expected.json").object)
        let texts = try #require(expected["texts"]?.strings)
        let rows = try #require(expected["probabilities"]?.list)
        #expect(texts.count == rows.count && texts.count > 40)
        for (answer, row) in zip(try student.classify(texts), rows) {
            let probabilities = try #require(row.numbers)
            #expect(probabilities.count == answer.probabilities.count)
            for (ours, theirs) in zip(answer.probabilities, probabilities) {
                #expect(isClose(ours.probability, theirs), "\(ours.probability) \(theirs)")
            }
        }
    }

    @Test(
        arguments: [
            [:], ["vectorizer": "hashing", "n_features": 1024],
            ["char_ngram_range": [2, 3], "sublinear_tf": true, "max_features": 500],
            ["analyzer": "char", "ngram_range": [1, 2], "use_idf": false, "norm": "none"],
        ] as [[String: Value]])
    func savedAndLoadedItIsTheSame(_ options: [String: Value]) throws {
        let student = try Make.student(options)
        try student.train(labelled(120))
        let texts = labelled(40, seed: 9).map(\.input) + ["", "own1x1 \"quoted\" \u{1F600}"]
        let before = try student.classify(texts)
        try withFolder(isMade: false) { folder in
            try student.save(to: folder)
            #expect(try Make.json(folder + "/config.json").object?["model_type"] == "gbdt")
            let loaded = try #require(try Make.registration.load(folder) as? GBDTStudent)
            #expect(try loaded.classify(texts) == before)
            #expect(loaded.card.map(\.value) == student.card.map(\.value))
            // Replacing the folder, by a student that goes on learning.
            try loaded.train(labelled(120))
            try loaded.save(to: folder)
            #expect(try GBDTStudent(folder: folder).card.contains { $0 == ("rounds", "20") })
        }
    }

    @Test func importancesAreNamed() throws {
        let student = try Make.student()
        try student.train(labelled(300))
        let importances = try student.importances()
        #expect(importances.prefix(3).allSatisfy { $0.feature.hasPrefix("own") }, "\(importances.prefix(3))")
        #expect(zip(importances, importances.dropFirst()).allSatisfy { $0.gain >= $1.gain })
        #expect(try #require(student.card.last).name == "most important")
    }

    @Test func twoLabelsSaveHalfOfTheTrees() throws {
        let student = try Make.student()
        try student.train(labelled(200, classes: 2))
        let answer = try #require(student.classify(["own1x0 own1x1 own1x2 own1x3"]).first)
        #expect(answer.label == "label1")
        #expect(answer.probabilities.map(\.label) == ["label0", "label1"])
        #expect(isClose(answer.probabilities[0].probability + answer.probabilities[1].probability, 1))
    }

    @Test func balancingHelpsTheRareClass() throws {
        let examples = labelled(300, classes: 2).enumerated().filter {
            $0.offset % 2 == 0 || $0.offset % 30 == 1
        }
        .map(\.element)
        let texts = ["shared1 shared2 shared3"]
        let probabilities = try (["none", "balanced"] as [Value]).map { weight in
            let student = try Make.student()
            try student.train(examples, ["class_weight": weight])
            return try student.classify(texts)[0].probabilities[1].probability
        }
        #expect(probabilities[1] > 1.3 * probabilities[0], "\(probabilities)")
    }

    @Test func manyClasses() throws {
        // Two texts each, one round: more than XGBoost is made for, but defined.
        let examples = (0..<20_000).map { Example(input: "word\($0 / 2) common", target: "class \($0 / 2)") }
        let student = try Make.student()
        #expect(throws: LyceumError.self) { try student.train(examples) }  // 10,000 labels, 1000 allowed
        let willing = try Make.student(["max_classes": 300])
        try willing.train(Array(examples.prefix(600)), ["n_estimators": 2, "max_depth": 2])
        #expect(try willing.classify(["common"])[0].probabilities.count == 300)
    }
}

@Suite("Labels and texts that are hard to learn from")
struct BadExamplesTests {
    private func problem(_ body: () throws -> Void) -> String {
        do {
            try body()
            return "no error"
        } catch {
            return "\(error)"
        }
    }

    @Test func noExamples() throws {
        let student = try Make.student()
        #expect(problem { try student.train([]) }.contains("training set is empty"))
    }

    @Test func oneClass() throws {
        let student = try Make.student()
        let same = labelled(30).map { Example(input: $0.input, target: "net") }
        #expect(problem { try student.train(same) }.contains("'net' for all 30 texts"))
    }

    @Test func untrained() throws {
        let student = try Make.student()
        #expect(problem { _ = try student.classify(["x"]) }.contains("untrained"))
        #expect(problem { try student.save(to: "/tmp/never") }.contains("untrained"))
        #expect(student.card.contains { $0 == ("rounds", "0 (untrained)") })
    }

    @Test func theOtherTask() throws {
        let classifier = try Make.student()
        let summarizer = try Make.student(["task": "generate"])
        #expect(problem { _ = try classifier.summarize(["x"]) }.contains("task = \"generate\""))
        #expect(problem { _ = try summarizer.classify(["x"]) }.contains("task = \"classify\""))
        #expect(classifier.tasks == [.classify] && summarizer.tasks == [.generate])
    }

    @Test func emptyAndStrangeTexts() throws {
        let strange = [
            "", " \n", "\u{0}", "?!", String(repeating: "long ", count: 200_000), "e\u{301}\u{1F468}\u{200D}",
        ]
        var examples = labelled(60)
        for (i, text) in strange.enumerated() {
            examples.append(Example(input: text, target: "label\(i % 3)"))
        }
        let student = try Make.student()
        try student.train(examples, valid: examples)
        #expect(try student.classify(strange).count == strange.count)
        #expect(try student.classify([]).isEmpty)
    }

    @Test func onlyEmptyTexts() throws {
        let student = try Make.student()
        let empty = (0..<10).map { Example(input: "", target: "label\($0 % 2)") }
        #expect(problem { try student.train(empty) }.contains("vocabulary is empty"))
    }

    @Test func twoExamples() throws {
        let two = [
            Example(input: "red apple", target: "fruit"), Example(input: "red brick", target: "stone"),
        ]
        let student = try Make.student(["min_df": 1])
        try student.train(two, ["min_child_weight": 0])
        #expect(try student.classify(["apple"])[0].probabilities.count == 2)
    }

    @Test func labelsUnseenInTraining() throws {
        final class Notes: Sendable {
            nonisolated(unsafe) var lines: [String] = []
        }
        let notes = Notes()
        let job = Job("test", listener: .init(progress: { _ in }, note: { notes.lines.append($0) }))
        let student = try Make.student()
        let held = labelled(9) + [Example(input: "x", target: "new")]
        let report = try student.train(labelled(90), valid: held, job: job)
        #expect(report.history["eval_loss"]?.isEmpty == false)
        #expect(notes.lines.contains { $0.contains("1 of 10") && $0.contains("new") })
        // Going on with a label that the trees have no class for cannot work.
        #expect(problem { try student.train(held) }.contains("the label 'new'"))
        // Nothing to validate with.
        let other = try Make.student()
        let unmeasured = try other.train(labelled(90), valid: [Example(input: "x", target: "new")])
        #expect(unmeasured.history["eval_loss"]?.isEmpty == true)
    }
}
