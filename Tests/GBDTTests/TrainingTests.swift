import LyceumKit
import TestSupport
import Testing

@testable import GBDT

@Suite("Training runs")
struct TrainingTests {
    private static let texts = labelled(60, seed: 8).map(\.input)

    @Test func equalSeedsGiveEqualTrees() throws {
        let options: [String: Value] = ["subsample": 0.5, "colsample_bytree": 0.5]
        let models = try [1, 1, 2].map { seed in
            let student = try Make.student()
            try student.train(labelled(200), options.merging(["seed": .integer(seed)]) { $1 })
            return try student.trained(to: "test").booster.json()
        }
        #expect(models[0] == models[1])
        #expect(models[0] != models[2])
    }

    @Test func threadsChangeNothing() throws {
        let answers = try [1, 2].map { threads in
            let student = try Make.student()
            try student.train(labelled(200), ["nthread": .integer(threads)])
            return try student.classify(Self.texts)
        }
        for (one, two) in zip(answers[0], answers[1]) {
            #expect(one.label == two.label && isClose(one.probability, two.probability))
        }
    }

    @Test func stopsEarlyAndKeepsTheBest() throws {
        // Labels at random: the validation loss rises soon.
        var random = SeededGenerator(seed: 4)
        func noise(_ count: Int) -> [Example] {
            labelled(count).map { Example(input: $0.input, target: "label\(random.index(below: 2))") }
        }
        let student = try Make.student()
        let report = try student.train(
            noise(200), valid: noise(100), ["n_estimators": 200, "early_stopping_rounds": 5])
        let losses = try #require(report.history["eval_loss"])
        let best = try #require(losses.min { $0.value < $1.value })
        #expect(losses.count == best.step + 5)
        #expect(report.steps == losses.count)
        #expect(try student.trained(to: "test").booster.rounds == best.step)
        // Switched off, all rounds are kept.
        let stubborn = try Make.student()
        try stubborn.train(noise(200), valid: noise(100), ["n_estimators": 30, "early_stopping_rounds": 0])
        #expect(try stubborn.trained(to: "test").booster.rounds == 30)
    }

    @Test func cancellationKeepsWholeRounds() throws {
        let student = try Make.student()
        let box = Box()
        let job = Job(
            "test", listener: .init(progress: { if $0.done == 3 { box.job?.cancel() } }, note: { _ in }))
        box.job = job
        #expect(throws: LyceumError.self) {
            try student.train(labelled(200), job: job, ["n_estimators": 1000])
        }
        #expect(try student.trained(to: "test").booster.rounds == 3)
        #expect(try student.classify(Self.texts).count == Self.texts.count)
        // And it goes on.
        let report = try student.train(labelled(200), ["n_estimators": 2])
        #expect(try student.trained(to: "test").booster.rounds == 5)
        #expect(report.history["loss"]?.map(\.step) == [4, 5])
    }

    private final class Box: Sendable {
        nonisolated(unsafe) var job: Job?
    }

    @Test func resumedItIsAsIfNeverStopped() throws {
        let options: [String: Value] = ["save_steps": 2]
        let whole = try Make.student()
        let report = try whole.train(labelled(200), valid: labelled(50, seed: 2), options)
        try withFolder(isMade: false) { folder in
            var options = options.merging(["output_dir": .string(folder), "n_estimators": 5]) { $1 }
            let first = try Make.student()
            let stopped = try first.train(labelled(200), valid: labelled(50, seed: 2), options)
            #expect(stopped.checkpoint == folder + "/checkpoint-5")
            #expect(Set(Files.list(folder)) == ["checkpoint-4", "checkpoint-5"])
            options["n_estimators"] = 10
            options["resume"] = true
            let second = try Make.student()
            let resumed = try second.train(labelled(200), valid: labelled(50, seed: 2), options)
            #expect(resumed.steps == report.steps)
            for name in ["loss", "eval_loss"] {
                let (a, b) = (try #require(resumed.history[name]), try #require(report.history[name]))
                #expect(a.map(\.step) == b.map(\.step))
                #expect(zip(a, b).allSatisfy { isClose($0.value, $1.value) })
            }
            for (a, b) in zip(try second.classify(Self.texts), try whole.classify(Self.texts)) {
                #expect(isClose(a.probability, b.probability))
            }
        }
    }

    @Test func otherRunsAreLeftAlone() throws {
        try withFolder(isMade: false) { folder in
            let options: [String: Value] = [
                "save_steps": 2, "output_dir": .string(folder), "n_estimators": 5,
            ]
            try Make.student().train(labelled(200), options)
            func text(_ change: [String: Value], _ student: [String: Value] = [:], rows: Int = 200) throws
                -> String
            {
                let options = options.merging(change) { $1 }
                return try #require(throws: LyceumError.self) {
                    try Make.student(student).train(labelled(rows), options)
                }.description
            }
            #expect(try text([:]).contains("checkpoint-4, checkpoint-5"))
            #expect(try text([:]).contains("resume = true"))
            #expect(try text(["resume": true, "learning_rate": 0.5]).contains("eta was '0.3', is '0.5'"))
            #expect(try text(["resume": true], rows: 90).contains("train_examples was 200, is 90"))
            #expect(try text(["resume": true], ["max_classes": 7]).contains("max_classes was 1000, is 7"))
            #expect(Set(Files.list(folder)) == ["checkpoint-4", "checkpoint-5"])
        }
    }

    @Test func twoNamesOfOneOption() throws {
        let student = try Make.student()
        let report = try student.train(
            on: ExampleSource(labelled(90)), validation: nil,
            options: Make.training(["num_rounds": 4, "eta": 0.1]),
            job: .silent())
        #expect(report.steps == 4)
        #expect(throws: LyceumError.self) {
            try student.train(labelled(90), ["num_rounds": 4, "n_estimators": 5])
        }
        #expect(throws: LyceumError.self) { try student.train(labelled(90), ["resume": true]) }
    }
}

@Suite("Saved folders that are damaged")
struct DamagedFolderTests {
    @Test(arguments: [
        ("model.json", "{\"learner\": {"), ("model.json", "not JSON"), ("model.json", "{}"),
        ("model.json", ""),
        ("config.json", "[]"), ("config.json", "{\"task\": 3}"), ("vocabulary.json", "[]"),
        ("vocabulary.json", "[{\"terms\":[\"a\"],\"idf\":[1]}]"),
        ("vocabulary.json", "[{\"terms\":[\"a\"],\"idf\":[]}]"),
        ("labels.json", "[\"one\"]"), ("labels.json", "{}"),
    ])
    func isAnErrorThatNamesTheFile(_ name: String, _ content: String) throws {
        let student = try Make.student()
        try student.train(labelled(90))
        try withFolder(isMade: false) { folder in
            try student.save(to: folder)
            try Files.write(content, to: folder + "/" + name)
            do {
                _ = try GBDTStudent(folder: folder)
                Issue.record("a damaged \(name) was read")
            } catch let error as LyceumError {
                let said = "\(error)"
                #expect(said.contains(folder), "\(said)")
                #expect(!said.contains("Stack trace"), "\(said)")
            }
        }
    }

    @Test func aTreeCutShortIsAnError() throws {
        let student = try Make.student()
        try student.train(labelled(90))
        try withFolder(isMade: false) { folder in
            try student.save(to: folder)
            let bytes = try Files.read(folder + "/model.json")
            try Files.write(Array(bytes.prefix(bytes.count / 2)), to: folder + "/model.json")
            #expect(throws: LyceumError.self) { try GBDTStudent(folder: folder) }
            Files.removeTree(folder + "/model.json")
            #expect(throws: LyceumError.self) { try GBDTStudent(folder: folder) }
        }
    }

    @Test func theManifestSaysWhatIsRegistered() throws {
        let manifest = try PluginManifest(
            path: Files.parent(of: #filePath) + "/../../plugins/GBDT/plugin.json")
        let registered = GBDTStudent.registration
        let entry = try #require(manifest.students.first)
        #expect(entry.id == registered.id && entry.aliases == registered.aliases)
        #expect(entry.modelTypes == registered.modelTypes && entry.summary == registered.summary)
        #expect(entry.tasks == registered.tasks)
    }
}
