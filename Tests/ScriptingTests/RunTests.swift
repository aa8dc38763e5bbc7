import GRDB
import Lab
import LuaBridge
import LyceumKit
import TestSupport
import Testing

@testable import Scripting

/// What the lab remembers of what scripts do.
@Suite struct RunTests {
    private static let train = """
        local gold = data.from {
          { d = "A cat sat on the mat.", s = "a cat" }, { d = "A dog ran home.", s = "a <script>dog</script>" } }
        function new() return student.new("t5", { d_model = 16, d_kv = 8, d_ff = 32, num_heads = 2,
                                                  num_layers = 1, vocab_size = 60 }) end
        t5 = new()
        function learn(o) o.input = "d" o.target = "s" return t5:train(gold, o) end
        run = learn { max_steps = 3, seed = 7, valid = gold, eval_steps = 2 }
        out = t5:generate(gold, { input = "d", max_new_tokens = 4 })

        """

    @Test func aTrainingIsRecordedWithWhatCameOfIt() throws {
        try makeState().run(
            Self.train + """
                assert(run.number == 1 and run.kind == "train" and run.state == "finished")
                assert(run.title == "t5 on records" and run.seed == 7 and run.steps == 3)
                assert(run.options.architecture == "t5" and run.options["student.d_model"] == 16)
                assert(run.options.batch_size > 0, "defaults are recorded too")
                assert(#run.data.train == 32 and run.versions.lyceum == "test" and run.host ~= "")
                local again = runs.get(1)
                local a, b = run:history("loss"), again:history("loss")
                assert(#a == 3 and #b == 3)
                for i = 1, 3 do assert(a[i].value == b[i].value and a[i].step == b[i].step) end
                assert(#again:history("eval_loss") == 2)
                assert(again.tokens == run.tokens and again.epochs == run.epochs)
                local kept = again:predictions()
                assert(kept[1].prediction == out[1].prediction and #kept == 2)
                assert(out:history()[2].run == 1)
                """)
    }

    @Test func scoresGoToTheRunThatMadeThePredictions() throws {
        try makeState().run(
            Self.train + """
                local score = metrics.rouge(out:filter(function() return true end), { reference = "s" })
                metrics.latency(t5, { "A cat." }, { max_new_tokens = 2, warmup = 0 })
                local kept = runs.get(1).scores
                assert(kept.rouge.rouge1.value == score.rouge1.fmeasure)
                assert(kept.rouge.rouge1.low == score.rouge1.ci[1])
                assert(kept.latency.p50.value > 0)
                -- Others' predictions are not this run's.
                metrics.rouge(metrics.lead(out, { input = "d" }), { reference = "s" })
                assert(runs.sql("select count(*) as n from evaluations")[1].n == 2)
                -- Unless the user says so.
                metrics.rouge({ "a" }, { "a" }, { run = 1 })
                assert(runs.get(1).scores.rouge.rouge1.value == 1)
                -- A student that the lab knows nothing of gets a run for what it writes.
                local other = os.tmpname() .. "-t5"
                t5:save(other)
                local o2 = student.load(other):generate(gold, { input = "d", max_new_tokens = 2 })
                assert(runs.get(2).kind == "generate" and runs.get(2).state == "finished")
                metrics.rouge(o2, { reference = "s" })
                assert(runs.get(2).scores.rouge)
                """)
    }

    @Test func listsAndComparisons() throws {
        let state = try makeState()
        try state.run(
            Self.train + """
                metrics.rouge(out, { reference = "s" })
                learn { max_steps = 2, learning_rate = 0.5 }
                runs.get(2):tag("paper", "b"):note("a note"):untag("b")
                assert(#runs.list() == 2 and #runs.list { tags = { "paper" } } == 1)
                assert(runs.list { text = "NOTE" }[1].number == 2 and #runs.list { state = "failed" } == 0)
                assert(runs.list { sort = "number", descending = true, limit = 1 }[1].number == 2)
                assert(runs.list { sort = "rouge1" }[1].number == 1)
                assert(#runs.list { where = function(r) return r.steps == 2 end } == 1)
                assert(runs.get(2).parents[1] == 1, "it went on from the first")
                local c = runs.compare({ 1, runs.get(2) })
                assert(c.differing.max_steps[1] == 3 and c.differing.max_steps[2] == 2 and c.common.batch_size == run.options.batch_size)
                assert(c.scores[1].name == "rouge1" and c.scores[1].values[1].value and c.scores[1].is_fair)
                assert(runs.delete({ 2 }) == 1 and #runs.list() == 1)
                """)
        #expect(message("runs.get(2)", in: state).contains("unknown run '2'"))
        #expect(message("runs.compare({ 1, 2 })", in: state).contains("unknown run '2'"))
        #expect(message("runs.compare({ 'a' })", in: state).contains("a run or its number"))
        #expect(message("runs.list { sort = 'rogue1' }", in: state).contains("did you mean 'rouge1'"))
        #expect(message("runs.list { state = 'done' }", in: state).contains("finished"))
        #expect(message("runs.sql 'delete from runs'", in: state).contains("can only be read"))
        #expect(message("runs.sql 'select nothing'", in: state).contains("cannot be run"))
        #expect(message("runs.get(1):history('los')", in: state).contains("did you mean 'loss'"))
        #expect(message("runs.get(1):plot('los')", in: state).contains("did you mean 'loss'"))
        #expect(message("runs.plot({}, 'loss')", in: state).contains("is empty"))
        #expect(message("runs.get(1):plot('loss'):save('x.png')", in: state).contains(".svg"))
        #expect(
            message("metrics.rouge({ 'a' }, { 'a' }, { run = 9 })", in: state).contains("unknown run '9'"))
    }

    @Test func howARunEndsIsRecorded() throws {
        let state = try makeState()
        try state.run(
            Self.train + """
                t5 = new()
                print(pcall(learn, { max_steps = 2, resume = true, output_dir = "/nonexistent/x" }))
                assert(runs.get(2).state == "failed" and runs.get(2).problem:find("resume"))
                """)
    }

    /// A lab of a later version, one that is not a folder, and one that another process keeps locked.
    @Test(arguments: ["newer", "file", "locked"])
    func aLabThatCannotBeWrittenStopsNoWork(_ fault: String) throws {
        try withFolder { folder in
            let path = folder + "/lab"
            var blocker: DatabaseQueue?
            if fault == "file" {
                try Files.write("", to: path)
            } else {
                _ = try LabStore(folder: path).startRun(RunStart(kind: .train, title: "earlier"))
                var configuration = Configuration()
                configuration.allowsUnsafeTransactions = true
                let queue = try DatabaseQueue(
                    path: path + "/lab.sqlite", configuration: configuration)
                if fault == "newer" {
                    try queue.write { try $0.execute(sql: "PRAGMA user_version = 99") }
                } else {
                    try queue.inDatabase { try $0.execute(sql: "BEGIN IMMEDIATE") }
                    blocker = queue
                }
            }
            let recorder = Recorder()
            let state = try makeState(recorder, lab: path)
            try state.run(
                Self.train + """
                    assert(run.number == nil and run.steps == 3 and #run:history("loss") == 3)
                    assert(tostring(run):find("not recorded"))
                    metrics.rouge(out, { reference = "s" })
                    learn { max_steps = 1 }
                    """)
            let told = recorder.notes.filter { $0.contains("recorded") || $0.contains("remember") }
            #expect(told.count == 1, "\(recorder.notes)")
            let reason = ["newer": "newer Lyceum", "file": "cannot be made", "locked": "another process"][
                fault]
            #expect(told.first?.contains(reason ?? "?") == true, "\(told)")
            #expect(message("run:note('x')", in: state).contains("this run is not in the lab"))
            if fault == "newer" { #expect(message("runs.list()", in: state).contains("newer Lyceum")) }
            if fault == "locked" { #expect(message("assert(#runs.list() == 1)", in: state) == "(no error)") }
            try blocker?.inDatabase { try $0.execute(sql: "ROLLBACK") }
        }
    }

    @Test func theReportLetsNothingThrough() throws {
        try withFolder { folder in
            try makeState().run(
                Self.train + """
                    metrics.rouge(out, { reference = "s" })
                    learn { max_steps = 2, learning_rate = 0.5 }
                    metrics.rouge(t5:generate(gold, { input = "d", max_new_tokens = 4 }), { reference = "s" })
                    run:note("<script>alert(1)</script>")
                    runs.report({ 1, 2 }, { file = "\(folder)/r.html", title = "a <script> & 'b'" })
                    """)
            let page = String(decoding: try Files.read(folder + "/r.html"), as: UTF8.self)
            #expect(!page.contains("<script"))
            #expect(page.contains("<h1>a &lt;script&gt; &amp; &#39;b&#39;</h1>"))
            #expect(page.contains("&lt;script&gt;dog&lt;/script&gt;"))
            #expect(page.contains("&lt;script&gt;alert(1)"))
            #expect(page.contains("Is the difference real?"))
            #expect(
                !page.contains("http://")
                    || page.components(of: "http://") == page.components(of: "http://www.w3.org/2000/svg"))
            #expect(page.contains("learning_rate"))
            for tag in ["table", "section", "details", "article", "figure", "svg", "div", "tr", "td"] {
                #expect(
                    page.components(of: "<\(tag)>") + page.components(of: "<\(tag) ")
                        == page.components(of: "</\(tag)>"), "\(tag)")
            }
        }
    }
}

extension String {
    /// How often a text stands in this one.
    fileprivate func components(of text: String) -> Int { ranges(of: text).count }
}
