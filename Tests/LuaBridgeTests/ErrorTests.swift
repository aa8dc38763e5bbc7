import LyceumKit
import Testing

@testable import LuaBridge

extension BridgeTests {
    /// Errors in every place from which they can travel, each with a proof that nothing leaks.
    @Suite struct ErrorTests {
        /// Every way to raise, with what the message must contain.
        static let raisers: [(code: String, message: String)] = [
            ("probes.fail()", "the Swift side failed"),
            ("probes.make('p'):fail()", "the Swift side failed"),
            ("error('plain text')", "plain text"),
            ("error({ code = 7 })", "{ code = 7 }"),
            ("local x = nil; x.y = 1", "attempt to index a nil value"),
            ("probes.make(nil)", "probes.make: argument 1 (label): expected a string, got nil"),
            ("probes.each(function() error('from a callback') end)", "from a callback"),
            ("probes.each(function() probes.fail() end)", "the Swift side failed"),
            ("local _ = 1 .. {}", "attempt to concatenate a table value"),
        ]

        /// Every place to raise in: `%` stands for the code.
        static let places: [String] = [
            "%",
            "pcall(function() pcall(function() % end) error('after', 0) end) %",
            "local ok, e = pcall(function() local ok, e = pcall(function() % end) error(e, 0) end) error(e, 0)",
            "local co = coroutine.create(function() coroutine.yield(1) % end) coroutine.resume(co) "
                + "local ok, e = coroutine.resume(co) assert(not ok) error(e, 0)",
            "local f = coroutine.wrap(function() coroutine.yield(1) % end) f() f()",
            "local f = coroutine.wrap(function() pcall(function() % end) % end) f()",
            "local t = setmetatable({}, { __index = function() % end }) return t.x",
            "local t = setmetatable({}, { __add = function() % end }) return t + 1",
            "local t = setmetatable({}, { __lt = function() % end }) return t < t",
            "local t <close> = setmetatable({}, { __close = function() % end })",
            "table.sort({3, 2, 1}, function() % end)",
            "string.gsub('abc', '.', function() % end)",
            "probes.each(function() probes.each(function() % end) end)",
            "xpcall(function() % end, function(e) error(e, 0) end) %",
        ]

        @Test("an error arrives with its message and leaves nothing behind", arguments: raisers, places)
        func arrives(raiser: (code: String, message: String), place: String) throws {
            let before = (Probe.living, ProbeCount.living)
            do {
                let state = try makeState()
                let functions = state.liveFunctions
                let code = place.replacing("%", with: "do \(raiser.code) end")
                let error = try #require(throws: LuaError.self) { try state.run(code) }
                #expect(error.message.contains(raiser.message), "\(code)")
                #expect(error.traceback?.contains("stack traceback") == true)
                if raiser.message == "the Swift side failed" { #expect(error.underlying is CountedFailure) }
                // The state works on.
                #expect(try state.run("return 1 + 1").first?.integer == 2)
                state.collectGarbage()
                #expect(state.liveObjects == 0)
                #expect(state.liveFunctions == functions)
            }
            #expect(Probe.living == before.0)
            #expect(ProbeCount.living == before.1)
        }

        @Test("an error raised by a finalizer does no harm")
        func finalizer() throws {
            let state = try makeState()
            try state.run("setmetatable({}, { __gc = function() probes.fail() end })")
            state.collectGarbage()
            #expect(try state.run("return 2").first?.integer == 2)
            #expect(state.liveObjects == 0)
        }

        @Test("a finalizer that calls Swift while the state closes does no harm")
        func closing() throws {
            let before = Probe.living
            do {
                let state = try makeState()
                try state.run("kept = setmetatable({}, { __gc = function() probes.make('late') end })")
            }
            #expect(Probe.living == before)
        }

        @Test("a table that was raised comes back as the same table through Swift")
        func sameValue() throws {
            let state = try makeState()
            let result = try state.run(
                """
                local raised = { code = 7 }
                local ok, e = pcall(probes.each, function() error(raised) end)
                return ok, e == raised
                """)
            #expect(result.first?.boolean == false)
            #expect(result.last?.boolean == true)
        }

        @Test("a Swift error keeps its type when a script raises it again")
        func reraised() throws {
            let state = try makeState()
            let error = try #require(throws: LuaError.self) {
                try state.run("local ok, e = pcall(probes.fail) error(e)")
            }
            #expect(error.underlying is CountedFailure)
        }

        @Test("a script can treat an error as text")
        func text() throws {
            let state = try makeState()
            let result = try state.run(
                """
                local ok, e = pcall(probes.make)
                return tostring(e), "<" .. e .. ">", e:find("argument 1", 1, true) ~= nil, e.message
                """)
            let text = "chunk:1: probes.make: argument 1 (label): expected a string, got nil"
            #expect(result.first?.string == text)
            #expect(result[1].string == "<\(text)>")
            #expect(result[2].boolean == true)
            #expect(result[3].string == text)
        }

        @Test("the traceback of a nested error reaches the innermost function")
        func traceback() throws {
            let state = try makeState()
            let error = try #require(throws: LuaError.self) {
                try state.run(
                    """
                    local function innermost() error("deep") end
                    probes.each(function() innermost() end)
                    """, name: "script.lua")
            }
            #expect(error.message == "script.lua:1: deep")
            #expect(error.traceback?.contains("innermost") == true)
            #expect(error.traceback?.contains("script.lua:2") == true)
        }

        @Test("endless recursion through Swift ends in an error")
        func recursion() throws {
            let state = try makeState()
            try state.run("function again() return probes.each(again) end")
            let text = message { try state.run("again()") }
            #expect(text.contains("stack overflow"))
            #expect(try state.run("return 3").first?.integer == 3)
        }

        @Test("yielding across a Swift function is an error, not a jump")
        func yieldAcross() throws {
            let state = try makeState()
            let text = message {
                try state.run(
                    "coroutine.wrap(function() probes.each(function() coroutine.yield() end) end)()")
            }
            #expect(text.contains("attempt to yield across a C-call boundary"))
        }

        @Test("syntax errors say whether more input could help")
        func syntax() throws {
            let state = try makeState()
            #expect(
                try #require(throws: LuaError.self) { try state.load("for i = 1, 3 do", name: "p") }
                    .isIncomplete)
            #expect(
                try #require(throws: LuaError.self) { try state.load("for for", name: "p") }.isIncomplete
                    == false)
            let error = try #require(throws: LuaError.self) { try state.run("error('<eof>', 0)") }
            #expect(!error.isIncomplete)
        }
    }
}
