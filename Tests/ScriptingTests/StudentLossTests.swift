import LuaBridge
import Testing

/// `student:loss` and the options of training that end or steer a run, as a script gives them.
@Suite(.serialized) struct StudentLossTests {
    private static let student =
        RoadTests.corpus + """
            t5 = student.new("t5", { d_model = 16, d_ff = 32, d_kv = 8, num_heads = 2, num_layers = 1,
                                     vocab_size = 100, dropout_rate = 0 })
            local columns = { input = "document", target = "summary" }
            function with(more) for k, v in pairs(columns) do more[k] = v end return more end

            """

    @Test func isTheValidationLossOfTheEnd() throws {
        try makeState().run(
            Self.student + """
                local valid = corpus:take(8)
                local run = t5:train(corpus, with { valid = valid, max_steps = 12, batch_size = 16, seed = 1,
                                                    learning_rate = 1e-2, precision = "fp32" })
                local measured = run:history("eval_loss")
                local best = math.huge
                for _, point in ipairs(measured) do best = math.min(best, point.value) end
                local loss = t5:loss(valid, columns)
                assert(math.abs(loss - best) < 1e-4 * best, loss .. " and " .. best)
                assert(math.abs(t5:loss(valid, with { batch_size = 3 }) - loss) < 1e-4 * loss)
                assert(t5:loss(valid, with { max_target_length = 2 }) ~= loss)
                """)
    }

    @Test func runsEndEarlyWhenValidationsGetNoBetter() throws {
        try makeState().run(
            Self.student + """
                local run = t5:train(corpus, with { valid = corpus:take(8), max_steps = 60, eval_steps = 1,
                                                    learning_rate = 0, optim = "adafactor",
                                                    early_stopping_patience = 2, precision = "fp32" })
                assert(run.steps == 3, run.steps)
                """)
    }

    @Test func mistakesAreNamed() throws {
        let state = try makeState()
        try state.run(Self.student)
        let columns = #"{ input = "document", target = "summary" }"#
        #expect(message("t5:loss(corpus, \(columns))", in: state).contains("train it first"))
        #expect(message("t5:loss(corpus:take(0), \(columns))", in: state).contains("empty"))
        #expect(message(#"t5:loss(corpus, { input = "document" })"#, in: state).contains("target"))
        let early =
            #"t5:train(corpus, { input = "document", target = "summary", early_stopping_patience = 1 })"#
        #expect(message(early, in: state).contains("early_stopping_patience"))
        let optimizer = #"t5:train(corpus, { input = "document", target = "summary", optim = "sgd" })"#
        #expect(message(optimizer, in: state).contains("adafactor"))
    }
}
