import Foundation
import LyceumKit
import Testing

/// A student that names classes, from Lua.
@Suite struct ClassifyingTests {
    @Test func aLabelForEachText() throws {
        let state = try makeState()
        try state.run(
            """
            s = student.new("bert", { hidden_size = 16, num_hidden_layers = 1, num_attention_heads = 2,
                intermediate_size = 16, vocab_size = 80, max_position_embeddings = 32 })
            rows = data.from { { text = "rain and wind", kind = "weather" }, { text = "a cat and a dog", kind = "pet" } }
            local run = s:train(rows, { input = "text", target = "kind", valid = rows, max_steps = 40, seed = 3,
                max_source_length = 16, precision = "fp32", learning_rate = 5e-3, dropout = 0,
                metric_for_best_model = "accuracy" })
            assert(run.steps == 40)
            local out = s:classify(rows, { input = "text" })
            assert(out[1].prediction == "weather" and out[2].prediction == "pet")
            assert(out[1].probability > 0.5 and out[1].probability <= 1)
            -- A text gives the answer alone, all probabilities only when they are asked for.
            assert(select("#", s:classify "a cat and a dog") == 1 and s:classify "a cat and a dog" == "pet")
            local all = s:classify("a cat and a dog", { all_probabilities = true })
            assert(all.pet > 0.5 and math.abs(all.pet + all.weather - 1) < 1e-3)
            assert(math.abs(all.pet - out[2].probability) < 1e-6)
            assert(#s:classify { "rain", "cat" } == 2 and s:classify({ "rain", "cat" }, { all_probabilities = true })[2].pet)
            local more = s:classify(rows, { input = "text", probability = "p", all_probabilities = true })
            assert(more[1].p_all.weather == more[1].p)
            -- Called, it answers with the label, as a writer answers with a text.
            local answer, more = s "rain and wind"
            assert(answer == "weather" and more == nil)
            assert(s("rain and wind", { max_source_length = 8 }))
            assert(s:detokenize(s:tokenize "Rain and WIND") == "rain and wind")
            assert(s:loss(rows, { input = "text", target = "kind" }) < 1)
            """)
        for (code, expected) in [
            ("s:generate({ 'a' })", "classify, not generate"),
            ("s('a', { max_new_tokens = 3 })", "unknown option 'max_new_tokens'"),
            ("s:classify({ 'a' }, { batchsize = 2 })", "did you mean 'batch_size'?"),
            ("s:classify({ input = 'text' })", "write student:classify(data, { input = \"text\" })"),
            ("s:train(rows, { input = 'text', target = 'kind', class_weight = 'even' })", "balanced"),
            ("s:train(rows, { input = 'text', target = 'text', max_steps = 1 })", "new_labels = true"),
        ] {
            #expect(message(code, in: state).contains(expected), "\(code): \(message(code, in: state))")
        }
    }
}
