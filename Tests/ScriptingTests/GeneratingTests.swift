import Foundation
import LyceumKit
import Testing

/// What a student writes comes in the shape that was asked for.
@Suite struct GeneratingTests {
    @Test func severalTextsForEachInput() throws {
        let state = try makeState()
        try state.run(
            """
            s = student.new("t5", { d_model = 8, d_kv = 4, d_ff = 8, num_layers = 1, num_heads = 2, vocab_size = 60 })
            rows = data.from { { text = "rain and wind and sun", short = "weather" }, { text = "sun", short = "day" } }
            s:train(rows, { input = "text", target = "short", num_train_epochs = 0 })
            local few = { max_new_tokens = 4, precision = "fp32" }
            local one = s:generate({ "rain", "sun" }, few)
            assert(#one == 2 and type(one[1]) == "string")
            few.num_beams, few.num_return_sequences = 3, 2
            local two = s:generate({ "rain", "sun" }, few)
            assert(#two == 2 and #two[1] == 2 and type(two[2][2]) == "string")
            few.input = "text"
            local out = s:generate(rows, few)
            assert(#out == 2 and type(out[1].prediction) == "string" and #out[1].prediction_all == 2)
            assert(out[1].prediction == out[1].prediction_all[1])
            local drawn = { do_sample = true, temperature = 1.5, seed = 3, max_new_tokens = 6, precision = "fp32" }
            assert(s("rain", drawn) == s("rain", drawn))
            """)
        for (code, expected) in [
            ("s:generate({ 'a' }, { temperature = 2 })", "do_sample = true"),
            ("s:generate({ 'a' }, { num_return_sequences = 2 })", "num_beams of as many"),
            ("s:generate({ 'a' }, { suppress_tokens = { 99999 } })", "99999"),
            ("s:generate({ 'a' }, { early_stopping = 'soon' })", "'never'"),
            ("s:generate({ 'a' }, { num_beems = 2 })", "did you mean 'num_beams'?"),
        ] {
            #expect(message(code, in: state).contains(expected), "\(code): \(message(code, in: state))")
        }
    }
}
