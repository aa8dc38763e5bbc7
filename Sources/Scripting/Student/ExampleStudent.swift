import LuaBridge

extension Scripting {
    /// What examples of trained students find: one so small that it learns in no time.
    static let exampleStudent = LuaFunction.SetUp(
        "gold, a dataset; t5, a student; run, its training on gold",
        code: """
            local gold = data.from { { document = "A cat sat on the mat.", summary = "a cat" },
                                     { document = "A dog ran home.", summary = "a dog" } }
            local t5 = student.new("t5", { d_model = 16, d_kv = 8, d_ff = 32, num_heads = 2, num_layers = 1,
                                           vocab_size = 60 })
            local run = t5:train(gold, { input = "document", target = "summary", max_steps = 2, batch_size = 2 })

            """)
}
