import LuaBridge
import LyceumKit
import Testing

/// What decides which weights a training ends with.
@Suite(.serialized) struct BestModelTests {
    private static let student = """
        valid = corpus:take(12)
        t5 = student.new("t5", { d_model = 32, d_ff = 64, d_kv = 16, num_heads = 2, num_layers = 1,
                                 vocab_size = 120, dropout_rate = 0 })
        options = { input = "document", target = "summary", valid = valid, batch_size = 16, learning_rate = 1e-2,
                    seed = 1, precision = "fp32", generation_max_length = 12 }
        function train(more)
            for k, v in pairs(more) do options[k] = v end
            return t5:train(corpus, options)
        end
        function rouge(name)
            local out = t5:generate(valid, { input = "document", max_new_tokens = 12, precision = "fp32" })
            return metrics.rouge(out, { reference = "summary" })[name].fmeasure
        end

        """

    @Test func rougeOfGeneratedTextsDecides() throws {
        try makeState().run(
            RoadTests.corpus + Self.student + """
                local run = train { metric_for_best_model = "rougeL", eval_steps = 10, max_steps = 80 }
                local curve, best = run:history "eval_rougeL", 0
                assert(#curve == 8 and #run:history "eval_rouge2" == 8 and #run:history "eval_loss" == 8)
                for _, point in ipairs(curve) do best = math.max(best, point.value) end
                assert(best > 0.2 and curve[1].value < best)
                -- The weights of the best validation are there: they write the texts that were scored.
                assert(math.abs(rouge "rougeL" - best) < 1e-12, best)
                """)
    }

    @Test func patienceWatchesRouge() throws {
        try makeState().run(
            RoadTests.corpus + Self.student + """
                -- Without a rate nothing changes: the first validation stays the best.
                local run = train { metric_for_best_model = "rouge1", early_stopping_patience = 2, eval_steps = 3,
                                    learning_rate = 0, max_steps = 60 }
                assert(run.steps == 9 and #run:history "eval_rouge1" == 3)
                """)
    }

    @Test func rougeIsRecordedWithoutDeciding() throws {
        try makeState().run(
            RoadTests.corpus + Self.student + """
                local run = train { predict_with_generate = true, eval_steps = 5, max_steps = 10,
                                    load_best_model_at_end = false }
                local curve = run:history "eval_rouge1"
                assert(#curve == 2 and math.abs(rouge "rouge1" - curve[2].value) < 1e-12)
                """)
    }

    @Test func whatDoesNotFitIsRefused() throws {
        let state = try makeState()
        try state.run(RoadTests.corpus + Self.student)
        for (options, words) in [
            ("{ metric_for_best_model = 'rouge' }", "rouge1"),
            ("{ metric_for_best_model = 'rouge1', predict_with_generate = false }", "predict_with_generate"),
        ] {
            let error = #expect(throws: (any Error).self) { try state.run("train(\(options))") }
            #expect("\(error as Any)".contains(words), "\(error as Any)")
        }
        let error = #expect(throws: (any Error).self) {
            try state.run(
                "options.valid, options.predict_with_generate = nil\ntrain { metric_for_best_model = 'rouge2' }"
            )
        }
        #expect("\(error as Any)".contains("metric_for_best_model needs"), "\(error as Any)")
    }
}
