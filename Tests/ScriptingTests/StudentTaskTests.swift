import LuaBridge
import Testing

/// What a student is asked for that it cannot do: the error names who can.
@Suite struct StudentTaskTests {
    private static let students = """
        bert = student.new("bert", { hidden_size = 16, num_hidden_layers = 1, num_attention_heads = 2,
            intermediate_size = 16, vocab_size = 80, max_position_embeddings = 32 })
        gb = student.new("gbdt", { task = "classify", min_df = 1 })
        extract = student.new("gbdt", { task = "generate" })
        t5 = student.new("t5", { d_model = 8, d_kv = 4, d_ff = 8, num_layers = 1, num_heads = 2, vocab_size = 60,
            task = "classify" })
        rows = data.from { { text = "rain and wind", kind = "weather" } }

        """

    /// The ids of student.list() that do a task, as the errors name them.
    private func able(_ task: String, in state: LuaState) throws -> String {
        let list = try state.run(
            """
            local able = {}
            for _, s in ipairs(student.list()) do
                for _, task in ipairs(s.tasks) do if task == "\(task)" then able[#able + 1] = s.id end end
            end
            return table.concat(able, ", ")
            """)
        return try #require(list.first?.string)
    }

    @Test func errorsNameThoseThatCan() throws {
        let state = try makeState()
        try state.run(Self.students)
        let writers = try able("generate", in: state)
        let classifiers = try able("classify", in: state)
        #expect(writers.contains("t5") && !writers.contains("bert"))
        #expect(classifiers.contains("bert") && classifiers.contains("gbdt"))
        for (code, expected) in [
            ("bert:generate({ 'a' })", "does classify, not generate; \(writers) can generate"),
            // Told before anything else is looked at: its options are those of nobody.
            ("bert:generate(rows, { input = 'text', num_beams = 2 })", "not generate; \(writers) can"),
            ("gb:generate(rows, { input = 'text' })", "\(writers) can generate"),
            ("extract:classify('a')", "does generate, not classify"),
            ("extract:classify(rows, { input = 'text' })", "\(classifiers) can classify"),
            // An architecture of both tasks, made with the other one.
            ("gb:generate({ 'a' })", #"student.new("gbdt", { task = "generate" }) makes one that does"#),
            ("extract:classify({ 'a' })", #"student.new("gbdt", { task = "classify" }) makes one that does"#),
            ("t5:generate({ 'a' })", #"student.new("t5", { task = "generate" }) makes one that does"#),
        ] {
            #expect(message(code, in: state).contains(expected), "\(code): \(message(code, in: state))")
        }
        #expect(!message("bert:generate({ 'a' })", in: state).contains("student.new"))
    }

    @Test func callingDoesWhatTheStudentCan() throws {
        let state = try makeState()
        try state.run(Self.students)
        for code in ["bert('a')", "gb('a')", "extract('a')", "t5('a')"] {
            #expect(message(code, in: state).contains("train"), "\(code): \(message(code, in: state))")
        }
    }
}
