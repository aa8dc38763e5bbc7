import LuaBridge
import LyceumKit
import Testing

/// A student's weights at the prompt.
@Suite(.serialized) struct WeightTests {
    @Test func areListedAndLookedAt() throws {
        try makeState().run(
            """
            local t5 = student.new("t5", { d_model = 4, d_kv = 2, d_ff = 8, num_heads = 2, num_layers = 1,
                                           vocab_size = 40 })
            local function refused(code) local ok, e = pcall(code) return not ok and tostring(e) end
            assert(refused(function() t5:weights() end):find("no weights yet"))
            t5:train(data.from { { a = "a b", b = "b" } }, { input = "a", target = "b", max_steps = 1, seed = 1 })
            local list = t5:weights()
            local total = 0
            for _, w in ipairs(list) do total = total + w.count end
            local shared = t5:weight "shared.weight"
            assert(list[1].name == "shared.weight" and list[1].shape == ("[%d, 4]"):format(shared.shape[1]))
            assert(total > list[1].count and shared.dtype == "float32" and shared.device == "cpu")
            local sum, rows = 0, shared:list()
            for _, row in ipairs(rows) do for _, x in ipairs(row) do sum = sum + x * x end end
            assert(#rows == shared.shape[1] and math.abs(math.sqrt(sum) - shared.norm) < 1e-5 * shared.norm)
            local text = tostring(t5:weight "encoder.final_layer_norm.weight")
            assert(text:match "^tensor%(%[[%d%., ]+%]%)$", text)
            assert(refused(function() t5:weight "shared.wight" end):find "shared.weight")
            """)
    }

    @Test func treesHaveNone() throws {
        let text = message("student.new('gbdt', { task = 'classify' }):weights()", in: try makeState())
        #expect(text.contains("not a network"), "\(text)")
    }
}
