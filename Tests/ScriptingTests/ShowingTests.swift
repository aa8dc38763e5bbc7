import LuaBridge
import LyceumKit
import Testing

/// What `print` and `show` write: the same as the prompt, in scripts too.
@Suite struct ShowingTests {
    /// What a script writes to standard output.
    private func output(_ code: String) throws -> String {
        let recorder = Recorder()
        try makeState(recorder).run(code)
        return recorder.output
    }

    private static let gold = """
        gold = data.from {
          { document = "A cat sat on a mat. It slept.", summary = "cat on mat", score = 0.8519563674926758 },
          { document = "A dog ran home.\\nIt was late.", summary = "dog ran", score = 433.01269526853645 },
        }

        """

    @Test("texts and numbers are written as Lua writes them")
    func plain() throws {
        #expect(
            try output("print('a', 1, 1.5, 2^53, true, nil)") == "a\t1\t1.5\t9.007199254741e+15\ttrue\tnil\n")
        #expect(try output("print()") == "\n")
        #expect(try output("print('two\\nlines', 'x')") == "two\nlines\tx\n")
        let named = "print(setmetatable({}, { __tostring = function() return 'mine' end }))"
        #expect(try output(named) == "mine\n")
    }

    @Test("records, lists, tables of tables, chats")
    func values() throws {
        #expect(
            try output(Self.gold + "print(gold[1])") == """
                document  A cat sat on a mat. It slept.
                score     0.852
                summary   cat on mat

                """)
        #expect(try output(Self.gold + "print(gold.columns)") == "{ \"document\", \"score\", \"summary\" }\n")
        #expect(try output("print({ a = { b = { 1, 2 } } })") == "{ a = { b = { 1, 2 } } }\n")
        let chat = """
            local ask = prompt { system = "Answer.", user = "Say {{ text }}",
              examples = data.from { { text = "a", reply = "A" } }, answer = "{{ reply }}" }
            print(ask { text = "b\\nc" })
            """
        #expect(try output(chat) == "system: Answer.\nuser: Say a\nassistant: A\nuser: Say b\nc\n")
    }

    @Test("datasets, scores with intervals, comparisons, prompts, students print as tables")
    func objects() throws {
        let table = try output(Self.gold + "print(gold)")
        #expect(table.hasPrefix("2 rows × 3 columns\n") && table.contains("0.852") && table.contains("433.0"))
        let score = try output("print(metrics.rouge({ 'a cat', 'a dog' }, { 'a cat', 'a fox' }))")
        #expect(score.contains("ROUGE-1") && score.contains("95 % interval of F") && score.contains("\n"))
        let comparison = try output(
            """
            print(metrics.compare({ metrics.rouge({ 'a cat', 'a dog' }, { 'a cat', 'a fox' }),
                                  metrics.rouge({ 'a hat', 'a dog' }, { 'a cat', 'a fox' }) }))
            """)
        #expect(comparison.contains("ROUGE-1") && comparison.split(separator: "\n").count > 2)
        #expect(
            try output("print('prompt', prompt 'Say {{ x }}')").contains(
                "prompt\nprompt of {{ x }}\nuser: Say"))
    }

    @Test("twenty rows without asking, more with show")
    func rows() throws {
        let make =
            "d = data.from((function() local t = {} for i = 1, 30 do t[i] = { n = i } end return t end)())\n"
        let ten = try output(make + "print(d:take(10))")
        #expect(ten.split(separator: "\n").count == 13 && !ten.contains("more"))
        #expect(try output(make + "print(d:take(20))").contains("\n20  20\n"))
        #expect(try output(make + "print(d)").hasSuffix("… 10 more\n"))
        let all = try output(make + "show(d, { rows = 30 })")
        #expect(all.contains("\n30  30\n") && !all.contains("more"))
        #expect(try output(make + "show(d, { rows = { 7, 3 } })").hasSuffix("\n7  7\n3  3\n"))
        #expect(
            message("show(data.from { { n = 1 } }, { rows = { 2 } })", in: try makeState()).contains(
                "no row 2"))
        #expect(
            message("show(data.from { { n = 1 } }, { columns = { 'm' } })", in: try makeState())
                .contains("no column 'm'"))
    }

    @Test("whole texts side by side, or one below the other")
    func wholeTexts() throws {
        let make = """
            long = ("word "):rep(60) .. "end"
            d = data.from { { question = long, zero = "Zero answers " .. long, few = "Few " .. long } }

            """
        let wide = try output(make + "show(d, { columns = { 'zero', 'few' }, width = 100 })")
        let lines = wide.split(separator: "\n")
        #expect(lines[1].contains("zero") && lines[1].contains("few"))
        #expect(lines.allSatisfy { $0.count <= 100 } && wide.components("end") == 2)
        let below = try output(make + "show(d, { width = 60 })")
        #expect(below.contains("── row 1 ─") && below.components("end") == 3)
        #expect(below.split(separator: "\n").allSatisfy { $0.count <= 60 })
        // What print cuts, show has.
        #expect(try output(make + "print(d)").components("end") == 0)
        let record = try output("r = data.from { { text = ('x'):rep(5000) } }[1] print(r)")
        #expect(record.contains("4400 more characters"))
        #expect(
            try output("show(data.from { { text = ('x'):rep(5000) } }[1])").filter { $0 == "x" }.count >= 5000
        )
    }

    @Test("as deep as one asks for")
    func depth() throws {
        let deep = "{ a = { b = { c = { d = { e = 1 } } } } }"
        #expect(try output("print(\(deep))").contains("…"))
        #expect(try output("show(\(deep))") == "\(deep)\n")
        #expect(try output("show(\(deep), { depth = 2 })") == "{ a = { b = {…} } }\n")
    }

    @Test("a table that is raised as an error is written out")
    func raised() throws {
        #expect(message("error({ code = 1 })", in: try makeState()).contains("{ code = 1 }"))
    }

    @Test("control characters of texts do not reach the terminal")
    func harmless() throws {
        let nasty = "data.from { { text = 'a\\27[31mb' } }"
        for code in ["print(\(nasty))", "print(\(nasty)[1])", "show(\(nasty))", "show(\(nasty)[1])"] {
            #expect(try !output(code).unicodeScalars.contains { $0.value == 0x1B }, "\(code)")
        }
    }
}

extension String {
    /// How often a text occurs.
    fileprivate func components(_ part: String) -> Int { ranges(of: part).count }
}
