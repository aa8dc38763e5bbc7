import LuaBridge
import LyceumKit
import TestSupport
import Testing

/// The road of the experiment, as a script takes it, in small.
@Suite(.serialized) struct RoadTests {
    /// A corpus whose documents say what their summaries say, in more words.
    static let corpus = """
        local things = { "editor", "compiler", "library", "player", "browser", "game", "shell", "server" }
        local kinds = { "fast", "small", "graphical", "portable", "secure", "modern" }
        rows = {}
        for i, thing in ipairs(things) do
            for j, kind in ipairs(kinds) do
                rows[#rows + 1] = {
                    source = thing, summary = kind .. " " .. thing,
                    document = ("This package provides a %s. The %s is %s and works everywhere. "):format(thing, thing, kind)
                        .. ("People like a %s %s very much."):format(kind, thing),
                }
            end
        end
        corpus = data.from(rows)

        """

    @Test func groupedSplitKeepsSiblingsTogether() throws {
        try makeState().run(
            Self.corpus + """
                local parts = corpus:split({ train = 0.6, test = 0.4 }, { group = "source", seed = 3 })
                assert(#parts.train + #parts.test == #corpus)
                local seen = {}
                for _, r in ipairs(parts.train) do seen[r.source] = true end
                for _, r in ipairs(parts.test) do assert(not seen[r.source], r.source) end
                local again = corpus:split({ train = 0.6, test = 0.4 }, { group = "source", seed = 3 })
                assert(again.train.fingerprint == parts.train.fingerprint)
                """)
    }

    @Test func teacherAnswersAndRemembers() throws {
        let recorder = Recorder()
        let state = try makeState(recorder)
        try state.run(
            Self.corpus + """
                local parts = corpus:split({ background = 0.5, gold = 0.5 }, { group = "source", seed = 3 })
                gpt = teacher.open { "retrieval", corpus = parts.background, input = "document", target = "summary" }
                local write = prompt "Describe '{{ summary }}'."
                local pseudo = gpt:generate(parts.gold, { prompt = write, output = "document" })
                assert(#pseudo == #parts.gold and pseudo.failed == nil)
                for i, r in ipairs(pseudo) do
                    assert(r.summary == parts.gold[i].summary, "the order is kept")
                    assert(r.document ~= parts.gold[i].document and #r.document > 20)
                end
                gpt:generate(parts.gold, { prompt = write, output = "document" })
                """)
        #expect(recorder.notes.contains { $0.contains("24 of 24 replies reused") }, "\(recorder.notes)")
    }

    @Test func rougeOfTwoListsAndOfTwoColumns() throws {
        try makeState().run(
            """
            local a = metrics.rouge({ "the cat sat" }, { "the cat sat down" }, { stemmer = true })
            assert(math.abs(a.rouge1.precision - 1) < 1e-12 and math.abs(a.rouge1.recall - 0.75) < 1e-12)
            assert(math.abs(a.rougeL.fmeasure - 6 / 7) < 1e-12 and #a.rouge1.ci == 2)
            local d = data.from { { p = "the cat sat", r = "the cat sat down" } }
            local b = metrics.rouge(d, { prediction = "p", reference = "r", stemmer = true })
            assert(b.rouge2.fmeasure == a.rouge2.fmeasure)
            assert(metrics.lead(data.from { { t = "One. Two." } }, { input = "t" })[1].prediction == "One.")
            """)
    }

    @Test func studentLearnsSavesAndLoads() throws {
        try withFolder { folder in
            let state = try makeState()
            try state.setGlobal("folder", .string(Files.join(folder, "my-t5")))
            try state.run(
                Self.corpus + """
                    t5 = student.new("t5", { d_model = 32, d_ff = 64, d_kv = 16, num_heads = 2, num_layers = 1,
                                             vocab_size = 120, dropout_rate = 0 })
                    run = t5:train(corpus, { input = "document", target = "summary", valid = corpus:take(8),
                                             max_steps = 60, batch_size = 16, learning_rate = 1e-2, seed = 1 })
                    local loss = run:history("loss")
                    assert(run.steps == 60 and loss[#loss].value < loss[1].value / 2, "it learns")
                    local out = t5:generate(corpus, { input = "document", max_new_tokens = 12 })
                    assert(#out == #corpus and out[1].prediction)
                    local score = metrics.rouge(out, { prediction = "prediction", reference = "summary" })
                    assert(score.rouge1.fmeasure > 0.3, score.rouge1.fmeasure)
                    t5:save(folder)
                    local again = student.load(folder)
                    local same = again:generate(corpus, { input = "document", max_new_tokens = 12 })
                    assert(same.fingerprint == out.fingerprint, "a loaded student writes what the saved one wrote")
                    local text, more = again "This package provides a game."
                    assert(type(text) == "string" and more == nil)
                    """)
            // A checkpoint that is cut short is named, and nothing traps.
            let weights = Files.join(folder, "my-t5/model.safetensors")
            let bytes = try Files.read(weights)
            try Files.write(Array(bytes.prefix(bytes.count / 2)), to: weights)
            let text = message("student.load(folder)", in: state)
            #expect(text.contains("model.safetensors"), "\(text)")
            #expect(try state.run("return run.steps").first?.integer == 60)
        }
    }
}
