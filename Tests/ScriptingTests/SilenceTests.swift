import LuaBridge
import LyceumKit
import TestSupport
import Testing

/// Nothing is silent: what means nothing says so, with what was meant, whatever tool the name comes from.
@Suite struct SilenceTests {
    @Test(
        "an unknown global",
        arguments: [
            ("gold = 1 print(goldd)", "unknown global 'goldd'; did you mean 'gold'?"),
            ("pritn('x')", "unknown global 'pritn'; did you mean 'print'?"),
            ("ten = {} few = {} clean = {} len(ten)", "unknown global 'len'; #x counts"),
            ("exit()", "os.exit()"), ("return rouge", "metrics.rouge"),
            ("return latency", "'metrics.latency'"),
            ("load_dataset('x')", "data.load"), ("return None", "nil is Lua's"),
            ("pd.read_csv('x')", "data.load"),
            ("return something_else", "rawget(_G, \"something_else\")"),
            ("if not configured then x = 1 end", "unknown global 'configured'"),
        ])
    func globals(code: String, expected: String) throws {
        let text = message(code, in: try makeState())
        #expect(text.contains(expected), "\(text)")
    }

    @Test("a global that was assigned, a test with rawget and old names are not errors")
    func knownGlobals() throws {
        let state = try makeState()
        try state.run(
            """
            best = nil
            for i = 1, 3 do if not best or i > best then best = i end end
            best = nil
            assert(best == nil and rawget(_G, "never") == nil)
            local unpack = unpack or table.unpack
            local load = loadstring or load
            assert(unpack({ 7 }) == 7 and jit == nil)
            _G["made"] = 1
            assert(made == 1)
            local environment = setmetatable({}, { __index = _G })
            assert(load("x = 1 return y", "chunk", "t", {})() == nil)
            assert(not pcall(function() return never end))
            """)
        // In coroutines and in functions, too.
        #expect(message("coroutine.wrap(function() return nevr end)()", in: state).contains("unknown global"))
    }

    @Test("what table.pack gives is a list")
    func packed() throws {
        try makeState().run(
            """
            local d = data.from { { a = 1, b = 2, c = 3 } }
            assert(#d:select(table.pack("a", "c")).columns == 2)
            """)
    }

    @Test("no guess by letters across variables that have nothing to do with it")
    func noGuess() throws {
        let state = try makeState()
        try state.run("ten = 1 few = 2 clean = 3")
        for name in ["fez", "tex", "chain"] {
            #expect(!message("return \(name)", in: state).contains("'clean' or"))
        }
        #expect(!message("return fun", in: state).contains("few"))
    }

    @Test(
        "names of pandas and Hugging Face at our objects",
        arguments: [
            ("d:head()", "it is called 'take' here"), ("d:describe()", "it is called 'stats' here"),
            ("d:show(2)", "show(d, { rows = 10 })"), ("d:value_counts()", "'group'"),
            ("return d.document", "it is a column: :column(\"document\")"),
            ("return d['document']", ":column(\"document\")"), ("d:columns()", "'columns' is a field"),
            ("student.from_pretrained('x')", "it is called 'load' here"),
            ("data.read_csv('x')", "'load' here"),
            ("for r in d do end", "for i, r in ipairs(d)"), ("for k, v in pairs(d) do end", "ipairs(d)"),
            ("d:select('document', 'n')", "in braces"), ("d:split(0.8)", "{ train = 0.8, test = 0.2 }"),
            ("d:shuffle(13)", "d:shuffle({ seed = 13 })"), ("d:sample(1, 13)", "d:sample(1, { seed = 13 })"),
            ("runs.compare(1, 2)", "write runs.compare({ 1, 2 })"),
            (
                "local a, b = metrics.rouge({ 'a' }, { 'a' }), 1 metrics.compare(a, a, { seed = 1 })",
                "write metrics.compare({ a, b }, { … })"
            ),
            ("local s = metrics.rouge({ 'a' }, { 'a' }) runs.compare(s, s)", "write runs.compare({ a, b })"),
            ("runs.delete(1)", "write runs.delete({ 1 })"),
            ("runs.report { 1, 2, file = 'x.html' }", "write runs.report({ 1, 2 }, { file = \"x.html\" })"),
            ("d:dedup { near = 0.8 }", "write dataset:dedup(columns, { near = 0.8 })"),
            ("d:dedup { 'document', near = 0.8 }", "write dataset:dedup({ \"document\" }, { near = 0.8 })"),
            ("d:select { columns = 'n' }", "got a table with the name 'columns'"),
            ("d:drop { 'n', all = true }", "got a table with the name 'all'"),
            ("d:select { [1] = 'n', [3] = 'document' }", "a table with the key 3"),
            ("data.from { { a = 1 }, b = 2 }", "got a table with the name 'b'"),
            ("runs.delete { run = 3 }", "got a table with the name 'run'"),
            ("runs.compare { kind = 'train' }", "got a table with the name 'kind'"),
            ("metrics.rouge({ 'a' }, { { 'a', reference = 'x' } })", "element 1"),
            ("json.encode(d)", "d:save(\"rows.jsonl\")"), ("json.encode { rows = d }", "data at 'rows'"),
            ("json.encode(metrics.rouge({ 'a' }, { 'a' }))", "its fields are"),
            ("json.encode(print)", "call it, or leave it out"),

            ("json.encode({}, true)", "json.encode(x, { pretty = true })"),
            ("data.from { a = 1 }", "data.from { { text ="), ("x += 1", "x = x + y"),
            ("if 1 != 2 then end", "~="), ("return d[1:5]", ":skip("),
            ("('x'):strip()", "match"), ("d:filter { section = 'libs' }", "equals = { section ="),
            ("d:filter { min_words = 10 }", "min_words = { document = 10 }"),
            ("d:dedup('document', { near = 0.8, words = 3 })", "'near_words' here"),
            ("d:curate { column = 'document', against = 'section' }", "'other_column' here"),
        ])
    func foreign(code: String, expected: String) throws {
        let state = try makeState()
        try state.run("d = data.from { { document = 'a cat', section = 'libs', n = 1 } }")
        let text = message(code, in: state)
        #expect(text.contains(expected), "\(text)")
    }

    @Test(
        "options of a split stand in a table of their own",
        arguments: [
            (
                "{ train = 0.8, test = 0.1, seed = 13 }",
                "d:split({ test = 0.1, train = 0.8 }, { seed = 13 })"
            ),
            (
                "{ train = 0.8, test = 0.1, sed = 13 }", "is it 'seed'?"
            ),
            ("{ train = 0.5, group = 'section' }", "{ group = \"section\" }"),
        ])
    func split(parts: String, expected: String) throws {
        let state = try makeState()
        try state.run("d = data.from { { n = 1, section = 'a' }, { n = 2, section = 'b' } }")
        let text = message("d:split \(parts)", in: state)
        #expect(text.contains(expected), "\(text)")
        try state.run("assert(#d:split({ seen = 0.5, unseen = 0.5 }, { seed = 13 }).seen == 1)")
    }

    @Test("all unknown options of a call are reported together")
    func together() throws {
        let text = message(
            "student.new('t5', { d_model = 16, num_layers = 1, vocab_size = 100 }):train(data.from { { a = 'x', b = 'y' } }, "
                + "{ input = 'a', target = 'b', lr = 1, epochs = 2, eval_dataset = 3, bogus_thing = 1 })",
            in: try makeState())
        for part in [
            "'lr' (it is called 'learning_rate' here)", "'epochs' (it is called 'num_train_epochs' here)",
            "'eval_dataset' (it is called 'valid' here)", "'bogus_thing'",
        ] {
            #expect(text.contains(part), "\(text)")
        }
    }

    @Test("what was saved says what went where")
    func saves() throws {
        let recorder = Recorder()
        let state = try makeState(recorder)
        try withFolder { folder in
            try state.run(
                """
                d = data.from { { n = 1 }, { n = 2 } }
                assert(d:save("\(folder)/d.jsonl") == d)
                prompt("Say {{ n }}"):save("\(folder)/p.txt")
                """)
            #expect(recorder.notes.contains("2 rows → \(folder)/d.jsonl"))
            #expect(recorder.notes.contains("prompt → \(folder)/p.txt"))
            #expect(
                message("d:save('\(folder)/none/d.jsonl')", in: state)
                    .contains("the folder \(folder)/none/ does not exist"))
        }
    }
}
