import LuaBridge
import LyceumKit
import Testing

/// A row in Lua's hands: a table to read, which takes no assignment.
@Suite struct RecordTests {
    private func state() throws -> LuaState {
        let state = try makeState()
        try state.run("d = data.from { { text = 'a', n = 1, tags = { 'x', 'y' } }, { text = 'b', n = 2 } }")
        return state
    }

    @Test(arguments: ["d[1].text = 'c'", "d[1].new = 1", "for _, r in ipairs(d) do r.n = 0 end"])
    func assignmentsAreRefused(_ code: String) throws {
        let state = try state()
        let text = message(code, in: state)
        #expect(text.contains("read-only") && text.contains("d:map"), "\(text)")
        try state.run("assert(d[1].text == 'a' and d[1].n == 1 and d[2].tags == nil)")
    }

    @Test func aRowFunctionCannotChangeItsRecord() throws {
        let text = message("d:filter(function(r) r.n = r.n + 1 return true end)", in: try state())
        #expect(text.contains("read-only") && text.contains("row 1"), "\(text)")
    }

    @Test func itReadsLikeATable() throws {
        try state().run(
            """
            local r = d[1]
            assert(type(r) == "table" and r.text == "a" and r["n"] == 1 and r.tags[2] == "y")
            local seen = {}
            for k, v in pairs(r) do seen[k] = v end
            assert(seen.text == "a" and seen.n == 1 and #seen.tags == 2)
            assert(not pcall(setmetatable, r, nil) and getmetatable(r) == "record")
            """)
    }

    @Test func everythingTakesItAsATable() throws {
        try state().run(
            """
            assert(json.encode(d[2]) == '{"n":2,"text":"b"}')
            assert(data.from { d[1], d[2] }.fingerprint == d.fingerprint)
            assert((prompt "Say {{ text }}")(d[2]) == "Say b")
            local copy = {}
            for k, v in pairs(d[2]) do copy[k] = v end
            copy.n = 3
            assert(data.from { copy }[1].n == 3)
            -- A map may hand a record of another dataset on.
            assert(d:map(function(r) return d[2] end)[1].text == "b")
            """)
    }

    @Test(
        "a name that is not a column is an error, a column without a value is nil",
        arguments: [
            ("return d[1].txet", "no column 'txet'; did you mean 'text'?"),
            ("for _, r in ipairs(d) do print(r.zzz) end", "no column 'zzz'; the columns are"),
            ("d:filter(function(r) return r.nn > 1 end)", "no column 'nn'; did you mean 'n'?"),
            (
                "d:map(function(r) r.long = r.tex .. 'x' return r end)",
                "no column 'tex'; did you mean 'text'?"
            ),
            ("return d[1][1]", "no column '1'"),
        ])
    func unknownColumns(code: String, expected: String) throws {
        let text = message(code, in: try state())
        #expect(text.contains(expected), "\(text)")
    }

    @Test func columnsWithoutAValueAreNil() throws {
        try state().run(
            """
            assert(d[2].tags == nil)
            local e = d:map(function(r) if r.tags then r.first = r.tags[1] end return r end)
            assert(e[1].first == "x" and e[2].first == nil)
            -- What a map has set can be read again.
            assert(#d:map(function(r) r.more = 1 r.n = r.more return r end) == 2)
            """)
    }

    @Test(
        "a row number that does not exist is an error",
        arguments: [
            ("return d[0]", "no row 0; the rows are 1 to 2"), ("return d[3]", "no row 3"),
            ("return d[-1]", "no row -1"), ("return d:take(0)[1]", "there are no rows"),
            ("return d:take(1)[2]", "there is one row"), ("return d[1.5]", "no row 1.5"),
        ])
    func unknownRows(code: String, expected: String) throws {
        let text = message(code, in: try state())
        #expect(text.contains(expected), "\(text)")
    }

    @Test func loopsEndWithTheLastRow() throws {
        try state().run(
            """
            local count = 0
            for i, r in ipairs(d) do count = count + i assert(r.text) end
            assert(count == 3)
            for _ in ipairs(d:take(0)) do error("no row") end
            for i, v in ipairs({ 1, 2, nil, 4 }) do assert(i < 3) end
            local texts = {}
            for i, v in ipairs(setmetatable({}, { __index = function(_, i) return i < 3 and i or nil end })) do
                texts[i] = v
            end
            assert(#texts == 2)
            """)
    }

    @Test func equalityIsByContent() throws {
        try state().run(
            """
            assert(d[1] == d[1] and d[1] ~= d[2])
            assert(d:filter(function() return true end)[1] == d[1])
            assert(d == d:take(2) and d ~= d:take(1) and d ~= d:rename { n = "m" })
            assert(d == data.from { d[1], d[2] })
            local copy = {}
            for k, v in pairs(d[1]) do copy[k] = v end
            assert(d[1] == copy and not (d[1] == { text = "a" }))
            assert(prompt "{{ text }}" == prompt "{{ text }}" and prompt "a" ~= prompt "b")
            assert(d ~= prompt "a" and d[1] ~= "a")
            local path = os.tmpname()
            prompt({ system = "s", user = "{{ text }}" }):save(path)
            assert(prompt.load(path) == prompt { system = "s", user = "{{ text }}" })
            """)
    }

    @Test func aRecordStaysOneOnItsWayThroughSwift() throws {
        let state = try state()
        // Swift reads the argument and hands it on to a Lua function.
        let record = try state.run("return d[1]")
        try state.setGlobal("kept", record[0])
        #expect(message("kept.text = 'c'", in: state).contains("read-only"))
        try state.run("later = d[2] assert(later == d[2] and getmetatable(later) == 'record')")
    }

    @Test func mapGetsACopyOfItsOwn() throws {
        try state().run(
            """
            local e = d:map(function(r) r.n = r.n + 1 return r end)
            assert(e[1].n == 2 and d[1].n == 1)
            """)
    }
}
