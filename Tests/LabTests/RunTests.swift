import Glibc
import LyceumKit
import Testing

@testable import Lab

@Suite struct RunTests {
    private let folder = TemporaryFolder()
    private var lab: LabStore { LabStore(folder: folder.lab) }

    private func train(_ title: String, _ options: [String: Value] = [:]) -> RunStart {
        RunStart(
            kind: .train, title: title, options: options, seed: 3, data: ["train": "d1"],
            versions: ["lyceum": "0.1.0"])
    }

    @Test func whatIsRecordedIsRead() throws {
        let lab = lab
        let before = Timestamp.now
        let recorder = lab.record(train("t5 on gold", ["learning_rate": 3e-4, "nested": ["a": [1, "b"]]])) {
            Issue.record("\($0)")
        }
        let id = try #require(recorder.id)
        recorder.metrics(step: 1, ["loss": 9.5, "learning_rate": 1e-4])
        recorder.metrics(step: 2, ["loss": .nan])
        recorder.metrics(step: 3, ["loss": 4.25])
        recorder.evaluation(
            RunEvaluation(
                name: "test", data: "d2", signature: "ROUGE|v1",
                scores: [RunScore("rouge1", 0.43, low: 0.41, high: 0.45), RunScore("length", 61.3)]))
        #expect(try lab.run(id).state == .running)
        recorder.finish(.finished)
        recorder.metrics(step: 4, ["loss": 1])

        let run = try LabStore(folder: folder.lab).run(id)
        #expect(run.title == "t5 on gold")
        #expect(run.kind == .train)
        #expect(run.state == .finished)
        #expect(run.options == ["learning_rate": 3e-4, "nested": ["a": [1, "b"]]])
        #expect(run.seed == 3)
        #expect(run.data == ["train": "d1"])
        #expect(run.versions == ["lyceum": "0.1.0"])
        #expect(!run.host.isEmpty)
        #expect(run.started >= before)
        #expect(try #require(run.seconds) >= 0)
        #expect(run.metrics["loss"] == .init(step: 3, value: 4.25))
        #expect(run.metrics["learning_rate"] == .init(step: 1, value: 1e-4))
        #expect(run.metrics.count == 2)
        #expect(
            run.evaluations == [
                RunEvaluation(
                    name: "test", data: "d2", signature: "ROUGE|v1",
                    scores: [RunScore("rouge1", 0.43, low: 0.41, high: 0.45), RunScore("length", 61.3)])
            ])
        let loss = try #require(try lab.history(of: id)["loss"])
        #expect(loss.map(\.step) == [1, 2, 3])
        #expect(loss[1].value.isNaN)
    }

    @Test func artifacts() throws {
        let lab = lab
        let id = try lab.startRun(train("t5"))
        let home = try lab.makeArtifactsFolder(of: id)
        try Files.write("abc", to: Files.join(home, "weights"))
        try Files.write("", to: folder.file("outside"))
        let inside = try lab.addArtifact(
            kind: "checkpoint", path: Files.join(home, "weights"), step: 10, to: id)
        try lab.addArtifact(kind: "report", path: folder.file("outside"), to: id)
        #expect(inside.sha256 == "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad")
        let all = try lab.artifacts(of: id)
        #expect(all.map(\.kind) == ["checkpoint", "report"])
        #expect(all[0] == inside)
        #expect(all[0].byteCount == 3)
        #expect(all[1].path == folder.file("outside"))
        // A lab that moves takes its artifacts along.
        try lab.finishRun(id, .finished)
        let moved = folder.file("moved")
        #expect(rename(folder.lab, moved) == 0)
        let there = LabStore(folder: moved)
        #expect(try there.artifacts(of: id)[0].path == moved + "/artifacts/\(id)/weights")
        try there.deleteRun(id)
        #expect(!Files.exists(moved + "/artifacts/\(id)"))
        #expect(Files.exists(folder.file("outside")))
        #expect(message { try _ = there.run(id) } == "unknown run '\(id)'; runs.list() shows what there is")
    }

    @Test("deleting a run removes what it recorded, and nothing through a link")
    func deletingLeavesTheRest() throws {
        let lab = lab
        let (first, second) = (try lab.startRun(train("a")), try lab.startRun(train("b")))
        for id in [first, second] {
            let home = try lab.makeArtifactsFolder(of: id)
            try Files.write("w", to: Files.join(home, "weights"))
            try lab.addArtifact(kind: "checkpoint", path: Files.join(home, "weights"), to: id)
            try Files.write("mine", to: Files.join(home, "notes.txt"))
            try lab.finishRun(id, .finished)
        }
        try lab.deleteRun(first)
        #expect(Files.list(folder.lab + "/artifacts/\(first)") == ["notes.txt"])
        // Somebody moved the artifacts and left a link.
        #expect(rename(folder.lab + "/artifacts", folder.file("elsewhere")) == 0)
        symlink("../elsewhere", folder.lab + "/artifacts")
        #expect(message { try lab.deleteRun(second) }?.contains("symbolic link") == true)
        #expect(Files.exists(folder.file("elsewhere/\(second)/weights")))
        #expect(try lab.run(second).id == second)
    }

    @Test("a lab in a folder with other files leaves them")
    func otherFilesOfTheFolder() throws {
        for name in ["1-2.txt", "12-ab", "notes", "5-zz", "7-1f"] {
            try Files.makeFolder(folder.lab + "/processes")
            try Files.write(name == "7-1f" ? "" : name, to: folder.lab + "/processes/" + name)
        }
        let lab = lab
        _ = try lab.startRun(train("a"))
        _ = try lab.runs(RunQuery())
        let left = Files.list(folder.lab + "/processes")
        #expect(
            left.contains("notes") && left.contains("1-2.txt") && left.contains("12-ab")
                && left.contains("5-zz"))
    }

    @Test("a closed lab is whole in one file, and opens again")
    func closing() throws {
        let lab = lab
        let id = try lab.startRun(train("a"))
        lab.close()
        #expect((try? Files.read(lab.path + "-wal"))?.isEmpty ?? true)
        #expect(try lab.run(id).id == id)
        // Another process's connection keeps the log; the database is whole all the same.
        let other = LabStore(folder: folder.lab)
        _ = try other.run(id)
        let next = try lab.startRun(train("b"))
        lab.close()
        try Files.makeFolder(folder.file("copy"))
        try Files.write(Files.read(lab.path), to: folder.file("copy/lab.sqlite"))
        #expect(try LabStore(folder: folder.file("copy")).run(next).id == next)
    }

    @Test("a backup can be cancelled and replaces nothing")
    func backup() throws {
        let lab = lab
        #expect(message { _ = try lab.backup(to: folder.file("early")) }?.contains("does not exist") == true)
        let id = try lab.startRun(train("a"))
        let path = try lab.backup(to: folder.file("deep/b.sqlite"))
        #expect(Files.list(Files.parent(of: path)) == ["b.sqlite"])
        #expect(message { _ = try lab.backup(to: path) }?.contains("already") == true)
        let job = Job.silent()
        job.cancel()
        try lab.addMetrics(
            ["loss": (1...60_000).map { TrainingReport.Point(step: $0, value: 1) }], to: id)
        #expect(throws: LyceumError.self) { _ = try lab.backup(to: folder.file("c/"), job: job) }
        #expect(!Files.exists(folder.file("c")))
    }

    @Test func listing() throws {
        let lab = lab
        let a = try lab.startRun(train("Beta t5"))
        let b = try lab.startRun(RunStart(kind: .evaluate, title: "alpha 100% lead"))
        let c = try lab.startRun(train("gamma bart"))
        try lab.finishRun(b, .failed, problem: "no data")
        try lab.finishRun(c, .finished)
        try lab.tag(run: a, add: ["paper", "draft"])
        try lab.tag(run: c, add: ["paper"])
        try lab.tag(run: a, add: ["paper"], remove: ["draft"])
        try lab.note("The one with LARGER batches", run: c)
        try lab.addMetrics(["loss": [.init(step: 1, value: 1), .init(step: 9, value: 5)]], to: a)
        try lab.addMetrics(["loss": [.init(step: 1, value: 3)]], to: c)
        try lab.addEvaluation(RunEvaluation(name: "test", scores: [RunScore("rouge1", 0.1)]), to: a)
        try lab.addEvaluation(RunEvaluation(name: "test", scores: [RunScore("rouge1", 0.4)]), to: a)
        try lab.addEvaluation(RunEvaluation(name: "test", scores: [RunScore("rouge1", 0.2)]), to: b)
        func ids(_ query: RunQuery) throws -> [Int] { try lab.runs(query).map(\.id) }
        #expect(try ids(RunQuery()) == [a, b, c])
        #expect(try ids(RunQuery(descending: true, limit: 2)) == [c, b])
        #expect(try ids(RunQuery(kinds: [.train])) == [a, c])
        #expect(try ids(RunQuery(states: [.failed, .finished])) == [b, c])
        #expect(try ids(RunQuery(tags: ["paper"])) == [a, c])
        #expect(try ids(RunQuery(tags: ["paper", "draft"])) == [])
        #expect(try ids(RunQuery(text: "larger")) == [c])
        #expect(try ids(RunQuery(text: "100%")) == [b])
        #expect(try ids(RunQuery(text: "%")) == [b])
        #expect(try ids(RunQuery(order: .title)) == [b, a, c])
        #expect(try ids(RunQuery(order: .figure("loss"))) == [c, a, b])
        #expect(try ids(RunQuery(order: .figure("rouge1"), descending: true)) == [a, b, c])
        #expect(try ids(RunQuery(kinds: [.train], tags: ["paper"], order: .figure("loss"))) == [c, a])
        #expect(try lab.run(b).problem == "no data")
        #expect(try lab.run(a).tags == ["paper"])
    }

    @Test func comparing() throws {
        let lab = lab
        let a = try lab.startRun(train("gold", ["learning_rate": 1e-3, "batch_size": 16]))
        let b = try lab.startRun(
            RunStart(
                kind: .train, title: "pseudo",
                options: ["learning_rate": 3e-4, "batch_size": 16, "beams": 4],
                seed: 3, data: ["train": "d9"], versions: ["lyceum": "0.1.0"]))
        for (id, score, data) in [(a, 0.1, "t"), (a, 0.43, "t"), (b, 0.42, "t"), (b, 0.9, "other")] {
            let name = data == "t" ? "test" : "valid"
            try lab.addEvaluation(
                RunEvaluation(
                    name: name, data: data,
                    scores: [RunScore("rouge1", score, low: score - 0.01, high: score + 0.01)]),
                to: id)
        }
        try lab.addEvaluation(
            RunEvaluation(name: "valid", data: "t", scores: [RunScore("rouge1", 0.5)]), to: a)
        let comparison = try lab.compare([a, b])
        #expect(comparison.differing.map(\.name) == ["beams", "learning_rate", "data.train"])
        #expect(comparison.differing[0].values == [nil, 4])
        #expect(comparison.differing[1].values == [1e-3, 3e-4])
        #expect(comparison.common.map(\.name).contains("batch_size"))
        #expect(comparison.scores.map(\.evaluation) == ["test", "valid", "valid"])
        #expect(comparison.scores.map(\.data) == ["t", "t", "other"])
        #expect(comparison.scores[0].values.map { $0?.value } == [0.43, 0.42])
        #expect(comparison.scores[0].values[0]?.low == 0.42)
        #expect(comparison.scores[0].isFair)
        #expect(comparison.scores[1].values.map { $0?.value } == [0.5, nil])
        try lab.addEvaluation(
            RunEvaluation(name: "test", data: "t", signature: "stem", scores: [RunScore("rouge1", 0.4)]),
            to: b)
        #expect(try lab.compare([a, b]).scores.map(\.isFair) == [false, true, true])
        #expect(message { _ = try lab.compare([a, 99]) }?.contains("unknown run '99'") == true)
        #expect(message { _ = try lab.compare([]) }?.contains("is empty") == true)
    }

    @Test func whatWasWrittenAndScoredIsKept() throws {
        let lab = lab
        let teacher = try lab.startGeneration(
            GenerationStart(
                title: "gpt", teacher: "openai", model: "m", prompt: "p", inputData: "d0", rows: 2))
        try lab.keep(
            [GenerationRow(row: 0, outcome: .reply(newReply(1)))], of: teacher)
        var start = train("t5 on pseudo")
        start.parents = [teacher, 4711]
        let run = try lab.startRun(start)
        #expect(try lab.run(run).parents == [teacher])
        #expect(try lab.spending(ofRun: run)?.cost == 0.25)
        #expect(try lab.spending(ofRun: lab.startRun(train("gold"))) == nil)

        let output = RunOutput(
            task: "generate", data: "d2", options: ["num_beams": 4], seconds: 1.5,
            predictions: ["a \0 cat", "", "naïve <b>"])
        #expect(try lab.newestOutput(of: run) == nil)
        try lab.addOutput(output, to: run)
        #expect(
            try lab.newestOutput(of: run)
                == RunOutput(
                    task: "generate", data: "d2", options: ["num_beams": 4], seconds: 1.5,
                    predictions: ["a \u{FFFD} cat", "", "naïve <b>"]))

        let pairs = [
            EvaluatedPair(
                input: "in", prediction: "out", references: ["r1", "r2"], figures: ["rouge1": 0.5]),
            EvaluatedPair(prediction: "", references: [], figures: ["rouge1": .nan]),
        ]
        let evaluation = RunEvaluation(name: "rouge", data: "d2", scores: [RunScore("rouge1", 0.25)])
        try lab.addEvaluation(evaluation, to: run)
        #expect(try lab.pairs(of: run, evaluation: "rouge", data: "d2").isEmpty)
        try lab.addEvaluation(evaluation, pairs: pairs, to: run)
        let kept = try lab.pairs(of: run, evaluation: "rouge", data: "d2")
        #expect(kept[0] == pairs[0])
        #expect(kept[1] == EvaluatedPair(prediction: "", references: [], figures: [:]))
        #expect(try lab.pairs(of: run, evaluation: "rouge", data: "other").isEmpty)
        try lab.addMetrics(["loss": [.init(step: 1, value: 2)]], to: run)
        #expect(try lab.figureNames() == ["loss", "rouge1"])

        try lab.finishRun(run, .finished)
        try lab.deleteRun(run)
        for table in ["lineage", "outputs", "predictions", "pairs"] {
            #expect(try lab.sql("select count(*) from \(table)").rows == [[0]])
        }
    }

    @Test func aRunThatGoesOnIsNotDeleted() throws {
        let lab = lab
        let id = try lab.startRun(train("t5"))
        #expect(message { try lab.deleteRun(id) } == "run \(id) is still going on; end it first")
        // Nor by another lab in this or another process.
        #expect(message { try LabStore(folder: folder.lab).deleteRun(id) }?.contains("going on") == true)
        try lab.finishRun(id, .cancelled)
        try lab.deleteRun(id)
        #expect(try lab.runs().isEmpty)
        // A number is never used again.
        #expect(try lab.startRun(train("t5")) == id + 1)
    }

    @Test func aRecorderThatIsDroppedLeavesAnAbandonedRun() throws {
        let lab = lab
        var recorder: RunRecorder? = lab.record(train("t5")) { _ in }
        let id = try #require(recorder?.id)
        recorder = nil
        #expect(try lab.run(id).state == .abandoned)
    }
}

@Suite struct SQLTests {
    private let folder = TemporaryFolder()

    @Test func reads() throws {
        let lab = LabStore(folder: folder.lab)
        #expect(message { _ = try lab.sql("select 1") }?.contains("is empty") == true)
        try lab.keep([newReply(1), newReply(2, cost: nil)])
        let result = try lab.sql(
            "-- money\n /* first */ select id, text, cost, x'0aff' as blob from replies where id >= ? order by id",
            arguments: [1])
        #expect(result.columns == ["id", "text", "cost", "blob"])
        #expect(result.rows == [[1, "Answer 1.", 0.25, "0aff"], [2, "Answer 2.", .null, "0aff"]])
        #expect(try lab.sql("with a(x) as (values (7)) select x from a").rows == [[7]])
    }

    @Test(arguments: [
        "delete from replies", "insert into tags values (1, 'x')", "drop table replies",
        "pragma journal_mode = delete", "attach 'x.db' as x", "vacuum", "begin", "", "-- nothing",
        "with x as (select 1) delete from replies", "select 1; delete from replies", "/* open",
        "update replies set text = ''",
    ])
    func refusesAllElse(_ query: String) throws {
        let lab = LabStore(folder: folder.lab)
        try lab.keep([newReply(1)])
        #expect(message { _ = try lab.sql(query) } != nil)
        #expect(try lab.replies(for: [request(1).key]).count == 1)
    }

    @Test func aWrongQueryIsExplained() throws {
        let lab = LabStore(folder: folder.lab)
        try lab.keep([newReply(1)])
        #expect(
            message { _ = try lab.sql("select colour from replies") }
                == "the query cannot be run (no such column: colour); `select name, sql from sqlite_master` lists the tables"
        )
        #expect(message { _ = try lab.sql("select ?", arguments: []) } != nil)
        #expect(
            message { _ = try lab.sql("select ?", arguments: [[1]]) }?.contains("expected a string") == true)
    }

    @Test func ctrlCEndsALongQuery() async {
        let path = folder.lab
        await #expect(processExitsWith: .success) { [path = path as String] in
            let lab = LabStore(folder: path)
            try lab.keep([newReply(1)])
            Interrupt.raise()
            let endless =
                "with recursive n(i) as (select 1 union all select i + 1 from n) select max(i) from n"
            let text = message { _ = try lab.sql(endless) }
            #expect(text == "interrupted")
            Interrupt.clear()
            let rows = try lab.sql("select count(*) from replies").rows
            #expect(rows == [[1]])
        }
    }
}
