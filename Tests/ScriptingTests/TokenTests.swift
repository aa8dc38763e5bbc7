import LyceumKit
import Testing

/// A student shows how it reads a text.
@Suite struct TokenTests {
    @Test func tokensPiecesAndTextGoTogether() throws {
        let state = try makeState()
        try state.run(
            """
            s = student.new("t5", { d_model = 8, d_kv = 4, d_ff = 8, num_layers = 1, num_heads = 2, vocab_size = 60 })
            rows = data.from { { text = "rain and wind and sun", short = "weather" } }
            s:train(rows, { input = "text", target = "short", num_train_epochs = 0 })
            local ids, pieces = s:tokenize("wind and rain"), s:pieces("wind and rain")
            assert(#ids == #pieces and #ids > 2)
            assert(ids[#ids] == 1 and pieces[#pieces] == "</s>", "the end is among them")
            assert(table.concat(pieces, "", 1, #pieces - 1) == "▁wind▁and▁rain", table.concat(pieces, " "))
            assert(s:detokenize(ids) == "wind and rain")
            assert(#s:tokenize("") == 1 and s:detokenize({}) == "")
            """)
        for (code, expected) in [
            ("s:detokenize({ 1, 99999 })", "an id from 0 to"), ("s:detokenize({ -1 })", "an id from 0 to"),
            ("s:detokenize({ 1.5 })", "expected a whole number"),
            ("s:detokenize({ 'a' })", "expected a whole number"),
            ("s:detokenize(3)", "list"), ("s:tokenize()", "string"),
            ("student.new('t5'):tokenize('a')", "train it first"),
            ("student.new('gbdt'):pieces('a')", "does not read text in pieces"),
        ] {
            #expect(message(code, in: state).contains(expected), "\(code): \(message(code, in: state))")
        }
    }
}
