import Corpus
import Evaluation
import LuaBridge
import LyceumKit
import Scripting
import TestServers
import Testing
import Workbench

/// The workshop, judges, votes and searches as a script uses them.
@Suite struct WorkshopLuaTests {
    /// A state whose global `gpt` asks a server: it answers in capitals where the prompt says so, and judges by "good".
    private func withServer(_ recorder: Recorder, _ body: (LuaState) throws -> Void) throws {
        let server = try LoopbackServer { request in
            let text = (try? question(request)) ?? ""
            if text.contains("[Answer 1]") {
                let first =
                    text.split(separator: "[Answer 1]\n").last?.split(separator: "[Answer 2]").first ?? ""
                return LoopbackServer.Reply(200, completion(first.contains("good") ? "1" : "2"))
            }
            if text.contains("[Answer]") {
                return LoopbackServer.Reply(200, completion(text.contains("LOUD") ? "9" : "3"))
            }
            let word = text.split(separator: " ").last.map(String.init) ?? ""
            return LoopbackServer.Reply(
                200, completion(text.contains("loudly") ? "LOUD \(word)" : "soft \(word)"))
        }
        defer { server.stop() }
        let state = try makeState(recorder)
        try state.run(
            """
            gpt = teacher.open { "openai", model = "tiny", base_url = "\(server.baseURL)", price_in = 1, price_out = 2,
              max_tokens = 50 }
            rows = {}
            for i = 1, 12 do rows[i] = { word = "w" .. i, answer = "LOUD w" .. i } end
            rows = data.from(rows)
            w = workshop { prompts = { a = "say {{ word }}", b = "say loudly {{ word }}" }, teachers = gpt, data = rows,
              reference = "answer", metrics = { "exact_match", rouge = { stemmer = true, types = { "rouge1" } } },
              checks = { loud = function(answer, row) return answer:find(row.word, 1, true) ~= nil and answer:find("LOUD") ~= nil end,
                         short = { max_words = 2 }, count = function(answer) return #answer end },
              judge = { teacher = gpt, criterion = "is it loud?", input = "word" } }
            """, name: "test")
        try body(state)
    }

    @Test("a workshop by metrics, checks and a judge: table, rows, differences, files")
    func workshop() throws {
        let recorder = Recorder()
        try withServer(recorder) { state in
            try state.run(
                """
                assert(w.best == "b" and w.established)
                assert(w.figures.b.exact_match.mean == 1 and w.figures.a.exact_match.mean == 0)
                assert(w.figures.b.loud.mean == 1 and w.figures.b.short.mean == 1 and w.figures.a.count.values[1] == 7)
                assert(w.figures.b.judge.mean == 9 and w.figures.a.judge.mean == 3)
                assert(w.figures.b.rouge1.mean > w.figures.a.rouge1.mean)
                assert(w.sentence:find("b is better than a in exact match", 1, true), w.sentence)
                assert(#w:rows() == 24 and w:rows()[2].variant == "b" and w:rows()[2].score_exact_match == 1)
                assert(w.runs.a and w.runs.b and w.cost_usd.a > 0)
                assert(#w.tests == 7 and w.tests[1].p_holm < 0.05)
                w:show(3, { questions = true })
                w:diff("a", "b", 2)
                w:diff("b", "b", 2)
                w:grid()
                local path = os.tmpname() .. ".html"
                w:save(path)
                assert(io.open(path):read("a"):find("Is the difference real?", 1, true))
                w:save(os.tmpname() .. ".jsonl")
                -- A report of any of its runs has the workshop, whole.
                for _, list in ipairs { { w.runs.a, w.runs.b }, { w.runs.b } } do
                  local page = io.open(runs.report(list, { file = os.tmpname() .. ".html" })):read("a")
                  for _, text in ipairs { "Workshop: a, b", w.sentence, "say loudly {{ word }}", "LOUD w7", "row 12: b 100.0, a 0.0",
                      "Is the difference real?", "grade 9", " USD, " } do
                    assert(page:find(text, 1, true), text)
                  end
                end
                before = gpt.usage.calls
                workshop { prompts = { a = "say {{ word }}", b = "say loudly {{ word }}" }, teachers = gpt, data = rows,
                  reference = "answer" }
                assert(gpt.usage.calls == before)
                """, name: "test")
            #expect(recorder.output.contains("row 3 of 12") && recorder.output.contains("say loudly w3"))
            #expect(recorder.output.contains("[-soft-]{+LOUD+} w2"))
            #expect(recorder.output.contains("the answers are the same:\nLOUD w2"))
            #expect(recorder.output.contains("row  ") && recorder.output.contains("\n12"))
            #expect(
                recorder.notes.contains {
                    $0.hasPrefix(
                        "workshop: 2 variants, 24 questions to ask, 0 answers reused, 24 questions to the judge, "
                    )
                })
        }
    }

    @Test(
        "mistakes are named: options, metrics, checks, teachers, and what would cost much is not asked unseen"
    )
    func mistakes() throws {
        try withServer(Recorder()) { state in
            let start = "workshop { prompts = { a = '{{ word }}' }, teachers = gpt, data = rows, "
            for (code, text) in [
                ("metrics = { 'rogue' }, reference = 'answer' }", "did you mean 'rouge'"),
                ("metrics = { rouge = { stemer = true } }, reference = 'answer' }", "did you mean 'stemmer'"),
                ("metrics = { 'rouge' } }", "reference"), ("checks = { 'x' } }", "a name for each check"),
                ("checks = { x = { containz = 'a' } } }", "did you mean 'contains'"),
                ("checks = { x = function() return 'yes' end } }", "true, false or a number"),
                ("judge = 3 }", "a teacher"), ("samples = 3 }", "unknown option 'samples'"),
                ("confirm_usd = 0, fresh = true }", "confirm_usd"),
                // Without a bound nobody can say what it costs at most, and here nobody can be asked.
                (
                    "fresh = true, confirm_usd = 1000, judge = teacher.open { 'openai', model = 'new', api_key = 'k', price_in = 1, price_out = 1 } }",
                    "new has no max_tokens, so a reply may be of any length"
                ),
            ] {
                let said = message(start + code, in: state)
                #expect(said.contains(text), "\(code): \(said)")
            }
            #expect(
                message("workshop { prompts = '{{ word }}', data = rows, teachers = 'gpt' }", in: state)
                    .contains("a teacher"))
            #expect(
                message("workshop { prompts = '{{ nothing }}', data = rows, teachers = gpt }", in: state)
                    .contains("nothing"))
            #expect(message("w:show(13)", in: state).contains("1 to 12"))
            #expect(message("w:diff('a', 'c', 1)", in: state).contains("unknown variant 'c'"))
            #expect(message("vote(w)", in: state).contains("at the prompt"))
        }
    }

    @Test(
        "metrics.judge: grades of one system, both orders of two, labels of people, a warning where the judge wrote"
    )
    func judging() throws {
        let recorder = Recorder()
        try withServer(recorder) { state in
            try state.run(
                """
                local a, b = {}, {}
                for i = 1, 10 do
                  a[i] = { task = "t" .. i, prediction = "good " .. i }
                  b[i] = { task = "t" .. i, prediction = "poor " .. i }
                end
                a, b = data.from(a), data.from(b)
                local s = metrics.judge(a, b, { teacher = gpt, input = "task", names = { "new", "old" } })
                assert(s.win_rate.value == 1 and s.position_consistency == 1 and s.win_rate.ci[1] == 1 and s.p < 0.01)
                assert(s.warning == "" and s.signature:find("judge:tiny", 1, true))
                -- People agree on nine and say tie on one.
                local votes = a:map(function(r) return { task = r.task, first_system = "old", first = "poor " .. r.task:sub(2),
                  second_system = "new", second = r.prediction, verdict = r.task == "t1" and "tie" or "new" } end)
                local l = metrics.judge({ a, b }, { teacher = gpt, input = "task", labels = votes })
                assert(l.agreement == 0.9 and l.labels == 10 and math.abs(l.kappa) < 1e-9)
                local g = metrics.judge(a, { teacher = gpt, input = "task" })
                assert(g.score == 3 and g.values[1] == 3 and g.judge.ci[1] == 3)
                assert(metrics.compare({ g, g }).pairs[1].difference == 0)
                -- Lists of texts, as every other metric takes them.
                local texts = metrics.judge(a:column("prediction"), { teacher = gpt, tasks = a:column("task") })
                assert(texts.score == 3 and #texts.values == 10)
                local two = metrics.judge({ a:column("prediction"), b:column("prediction") },
                  { teacher = gpt, tasks = a:column("task"), names = { "new", "old" } })
                assert(two.win_rate.value == 1 and two.count == 10)
                -- What the judge wrote itself.
                local own = gpt:generate(rows, { prompt = "say {{ word }}", output = "prediction" })
                local other = rows:map(function(r) return { prediction = "x", word = r.word, answer = r.answer } end)
                local j = metrics.judge(own, other, { teacher = gpt, input = "word" })
                assert(j.warning:find("tiny", 1, true))
                """, name: "test")
            #expect(recorder.notes.contains { $0.contains("also wrote answers") })
            #expect(
                message(
                    "metrics.judge(rows, rows:take(3), { teacher = gpt, prediction = 'word' })", in: state
                ).contains("12 and 3"))
            for (code, text) in [
                ("metrics.judge({ 'a' }, { teacher = gpt })", "one for each of the 1 texts"),
                ("metrics.judge({ 'a' }, { teacher = gpt, tasks = { 'x', 'y' } })", "got 2"),
                ("metrics.judge({ rows, rows, rows }, { teacher = gpt })", "two at a time"),
                ("metrics.judge({ rows, 3 }, { teacher = gpt, prediction = 'word' })", "a dataset"),
                ("metrics.judge({}, { teacher = gpt })", "one system or two"),
                ("metrics.judge(3, { teacher = gpt })", "a dataset"),
                ("vote({ rows })", "two datasets"), ("vote(rows)", "two datasets"),
            ] {
                let said = message(code, in: state)
                #expect(said.contains(text), "\(code): \(said)")
            }
        }
    }

    @Test("prompt:optimize, prompt:diff, prompt.hash, prompt:runs")
    func prompts() throws {
        let recorder = Recorder()
        try withServer(recorder) { state in
            try state.run(
                """
                local p = prompt "say {{ word }}"
                local o = p:optimize { data = rows, teacher = gpt, reference = "answer", instruction_trials = 1, example_trials = 1,
                  resamples = 100, save = os.tmpname() }
                assert(#o.trials >= 2 and o.prompt and o.calls > 0 and type(o.sentence) == "string")
                local q = prompt "say loudly {{ word }}"
                assert(p:diff(q) and not p:diff(prompt "say {{ word }}"))
                assert(p.hash ~= q.hash and #p.hash == 64)
                assert(#p:runs() >= 1 and #(prompt "never asked {{ x }}"):runs() == 0)
                """, name: "test")
            #expect(recorder.output.contains("{+loudly +}"))
            #expect(recorder.output.contains("the prompts are the same"))
        }
    }

    @Test("every built-in metric scores through Lua, datasets and lists, and compares")
    func metrics() throws {
        let state = try makeState()
        try state.run(
            """
            local d = data.from { { prediction = "the cat sat on the mat", summary = "the cat sat on a mat" },
                                  { prediction = "dogs bark at night", summary = "dogs bark at night" } }
            for _, id in ipairs { "rouge", "bleu", "chrf", "ter", "exact_match", "token_f1", "novelty" } do
              local a = metrics[id](d, { reference = "summary" })
              local b = metrics.score(id, d:column("prediction"), d:column("summary"))
              assert(a.score == b.score and #a.values == 2 and #a:rows() == 2, id)
              assert(#metrics.compare({ a, b }).pairs > 0, id)
              assert(metrics.compare({ d, d }, { reference = "summary", metric = id, resamples = 50 }).pairs[1].difference == 0, id)
            end
            for _, id in ipairs { "length", "repetition" } do
              local a = metrics[id](d)
              assert(a.score == metrics[id](d:column("prediction")).score and #a.values == 2, id)
              assert(metrics.score(id, { "a" }, { "b" }, { resamples = 10 }).values[1])
            end
            assert(metrics.length({ "a b" }, { tokens = function(t) return #t end }).tokens.mean == 3)
            """, name: "test")
        #expect(message("metrics.bertscore({ 'a' }, { 'a' })", in: state).contains("student"))
        #expect(
            message("metrics.bleu({ 'a' }, { 'a' }, { tokenise = '13a' })", in: state).contains(
                "did you mean 'tokenize'"))
    }
}
