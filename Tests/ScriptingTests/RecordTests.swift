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
        try state.run("assert(d[1].text == 'a' and d[1].n == 1 and d[1].new == nil)")
    }

    @Test func aRowFunctionCannotChangeItsRecord() throws {
        let text = message("d:filter(function(r) r.n = r.n + 1 return true end)", in: try state())
        #expect(text.contains("read-only") && text.contains("row 1"), "\(text)")
    }

    @Test func itReadsLikeATable() throws {
        try state().run(
            """
            local r = d[1]
            assert(type(r) == "table" and r.text == "a" and r["n"] == 1 and r.missing == nil and r.tags[2] == "y")
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

    @Test func mapGetsACopyOfItsOwn() throws {
        try state().run(
            """
            local e = d:map(function(r) r.n = r.n + 1 return r end)
            assert(e[1].n == 2 and d[1].n == 1)
            """)
    }
}
