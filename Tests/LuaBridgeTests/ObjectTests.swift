import LyceumKit
import Testing

@testable import LuaBridge

extension BridgeTests {
    /// Host objects, modules, arguments, options.
    @Suite struct ObjectTests {
        @Test(
            "objects answer to Lua",
            arguments: [
                ("return probes.make('ab'):greet('you')", "ab greets you"),
                ("return probes.make('ab'):greet()", "ab greets all"),
                ("return probes.make('ab').label", "ab"),
                ("return probes.make('ab') 'hello'", "ab hears hello"),
                ("return tostring(#probes.make('ab'))", "2"),
                ("return probes.make('ab')[2]", "b"),
                ("return probes.make('ab').mirror", "rorrim"),
                ("return tostring(probes.make('ab'))", "probe(ab)"),
                ("return 'a ' .. probes.make('ab')", "a probe(ab)"),
                (
                    "local n = 0; for i, c in ipairs(probes.make('abc')) do n = n + i end; return tostring(n)",
                    "6"
                ),
                ("for _ in ipairs(probes.make('')) do return 'one' end return 'none'", "none"),
                ("return getmetatable(probes.make('ab'))", "probe"),
            ])
        func behaviour(code: String, expected: String) throws {
            let state = try makeState()
            #expect(try state.run(code).first?.string == expected)
        }

        @Test(
            "mistakes name the function, what was expected and the nearest name",
            arguments: [
                ("probes.mkae('x')", "unknown field of probes 'mkae'; did you mean 'make'?"),
                ("probes.make('x'):gret()", "unknown method or field of probe 'gret'; did you mean 'greet'?"),
                ("return probes.make('x').miror", "did you mean 'mirror'?"),
                ("return probes.make('ab')[3]", "no row 3; the rows are 1 to 2"),
                ("return probes.make('ab')[0]", "no row 0; the rows are 1 to 2"),
                ("return probes.make('a')[1.5]", "no row 1.5; there is one row, [1]"),
                ("return probes.make('')[1]", "no row 1; there are no rows"),
                ("probes.make(7)", "probes.make: argument 1 (label): expected a string, got number"),
                ("probes.make('\\xff')", "bytes that are not valid UTF-8"),
                ("probes.make('x', 'y')", "probes.make: expected 1 argument, got 2"),
                ("probes.make('x').greet('y')", "probe:greet: expected a probe before ':', got string"),
                (
                    "probes.make('x'):greet(print)",
                    "probe:greet: argument 1 (whom): expected a string, got function"
                ),
                ("probes.make('x').label = 1", "a probe cannot be assigned to"),
                (
                    "probes.options { inptu = 'a' }",
                    "probes.options: unknown option 'inptu'; did you mean 'input'?"
                ),
                ("probes.options { batch_size = 1 }", "option 'input': expected a string, got nothing"),
                (
                    "probes.options { input = 'a', batch_size = 'b' }",
                    "option 'batch_size': expected a whole number"
                ),
                ("probes.options { input = 'a', batch_size = 0 }", "from 1 to 1024, got 0"),
                ("probes.options { input = 'a', probe = 5 }", "option 'probe': expected a probe, got number"),
                (
                    "probes.options { input = 'a', filter = 5 }",
                    "option 'filter': expected a function, got number"
                ),
                ("probes.options { input = print }", "option 'input'"),
                ("probes.options { 'a' }", "option '1': expected name = value"),
                (
                    "probes.options(3)",
                    "probes.options: argument 1 (options): expected a table of options, got number"
                ),
                ("pritn('x')", "global 'pritn'); did you mean 'print'?"),
            ])
        func mistakes(code: String, expected: String) throws {
            let state = try makeState()
            #expect(message { try state.run(code) }.contains(expected))
        }

        @Test("options arrive checked, with defaults, objects and functions")
        func options() throws {
            let state = try makeState()
            let result = try state.run(
                "return probes.options { input = 'text', probe = probes.make 'p', filter = print }")
            #expect(result[0].integer == 16)
            #expect(result[1].string == "text")
            #expect(result[2].string == "p")
            #expect(result[3].boolean == true)
        }

        @Test("an object keeps its identity in Lua")
        func identity() throws {
            let state = try makeState()
            let probe = Probe("one")
            try state.setGlobal("a", .object(probe))
            try state.setGlobal("b", .object(probe))
            #expect(try state.run("return a == b, rawequal(a, b)").compactMap(\.boolean) == [true, true])
            #expect(try state.run("return a").first?.object === probe)
            #expect(state.liveObjects == 1)
            try state.run("a = nil; b = nil")
            state.collectGarbage()
            #expect(state.liveObjects == 0)
            try state.setGlobal("a", .object(probe))
            #expect(try state.run("return a.label").first?.string == "one")
        }

        @Test("closing the state releases everything")
        func closing() throws {
            let before = Probe.living
            do {
                let state = try makeState()
                try state.run("kept = {}; for i = 1, 100 do kept[i] = probes.make(tostring(i)) end")
                #expect(Probe.living == before + 100)
            }
            #expect(Probe.living == before)
        }

        @Test("an object of an unregistered class is refused")
        func unregistered() throws {
            final class Stranger {}
            let state = try LuaState()
            #expect(message { try state.setGlobal("x", .object(Stranger())) }.contains("Stranger"))
        }

        @Test("scripts may add to a module")
        func extended() throws {
            let state = try makeState()
            #expect(
                try state.run("function probes.two() return 2 end return probes.two()").first?.integer == 2)
        }

        @Test("calling a finalizer by hand does no harm")
        func finalizerByHand() throws {
            let state = try makeState()
            let text = message {
                try state.run("local p = probes.make 'x'; debug.getmetatable(p).__gc(p); return p:greet()")
            }
            #expect(text.contains("this probe was closed"))
            state.collectGarbage()
            #expect(state.liveObjects == 0)
        }
    }
}
