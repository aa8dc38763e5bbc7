import LyceumKit
import Testing

@testable import LuaBridge

extension BridgeTests {
    /// Values and data in both directions.
    @Suite struct ValueTests {
        static let documents: [Value] = [
            .null, .bool(true), .integer(.max), .integer(.min), .number(0.1), .number(-0.0), .string(""),
            .string("äöü \u{0} 日本 👩‍🔬"), .list([]), .list([.integer(1), .null, .list([.null])]), .object([:]),
            .object(["a": .list([.object(["b": .string("c")])]), "": .bool(false), "1": .integer(1)]),
        ]

        @Test("data survives the way to Lua and back", arguments: documents)
        func roundTrip(document: Value) throws {
            let state = try LuaState()
            let echo = try #require(try state.run("return function(x) return x end").first?.function)
            let back = try #require(try echo([.data(document)]).first)
            #expect(try state.data(back) == document)
        }

        @Test("a null field is absent in Lua, a null element keeps its place")
        func nulls() throws {
            let state = try LuaState()
            let test = try #require(
                try state.run("return function(x) return x.a == nil, #x.b end").first?.function)
            let result = try test([.data(.object(["a": .null, "b": .list([.null, .integer(2)])]))])
            #expect(result.first?.boolean == true)
            #expect(result.last?.integer == 2)
        }

        @Test("records become tables")
        func records() throws {
            let state = try LuaState()
            let read = try #require(
                try state.run("return function(r) return r.text, r.n, r.gone end").first?.function)
            let record = Record(columns: ["text", "n", "gone"], values: [.string("x"), .integer(3), .null])
            let result = try read([.record(record)])
            #expect(result[0].string == "x")
            #expect(result[1].integer == 3)
            #expect(result[2].isNil)
        }

        @Test(
            "what is not data is refused with the reason and the place",
            arguments: [
                ("local t = {}; t.t = t; return t", "data at 't': expected strings"),
                ("return { a = { print } }", "data at 'a.1'"),
                ("return { 1, 2, x = 3 }", "both positions and names"),
                ("return { [1] = 1, [3] = 3, [1000] = 5 }", "a list with a gap"),
                ("return { [1.5] = 1 }", "a table with a number as key"),
                ("return { [true] = 1 }", "a table with a boolean as key"),
                ("return '\\xff'", "not valid UTF-8"),
                ("return coroutine.create(print)", "got userdata"),
                ("local t = {}; for i = 1, 300 do t = { t } end; return t", "nested more than 200 levels"),
            ])
        func refused(code: String, expected: String) throws {
            let state = try LuaState()
            let value = try #require(try state.run(code).first)
            #expect(message { _ = try state.data(value) }.contains(expected))
        }

        @Test("data nested too deeply for Lua is refused")
        func deep() throws {
            let state = try LuaState()
            var data = Value.null
            for _ in 0..<300 { data = .list([data]) }
            let echo = try #require(try state.run("return function(x) return x end").first?.function)
            #expect(message { try echo([.data(data)]) }.contains("at most 200 levels"))
        }

        @Test("strings of arbitrary bytes survive")
        func bytes() throws {
            let state = try LuaState()
            let value = try #require(try state.run("return '\\xff\\0a'").first)
            guard case .bytes(let bytes) = value else {
                Issue.record("expected bytes, got \(value)")
                return
            }
            #expect(bytes == [0xFF, 0, 0x61])
            let length = try #require(try state.run("return function(s) return #s end").first?.function)
            #expect(try length([value]).first?.integer == 3)
        }

        @Test("numbers keep their kind")
        func numbers() throws {
            let state = try LuaState()
            let result = try state.run("return 1, 1.0, 2^53, math.mininteger, 1/0")
            guard case .integer(1) = result[0], case .number(1) = result[1],
                case .number(9007199254740992) = result[2],
                case .integer(.min) = result[3], case .number(.infinity) = result[4]
            else {
                Issue.record("unexpected \(result)")
                return
            }
        }

        @Test("references keep Lua values alive, and let them go")
        func references() throws {
            let state = try makeState()
            var table: LuaTable? = try state.run("return { probe = probes.make 'kept' }").first?.table
            state.collectGarbage()
            #expect(state.liveObjects == 1)
            #expect((try table?.get("probe").object as? Probe)?.label == "kept")
            table = nil
            state.collectGarbage()
            #expect(state.liveObjects == 0)
        }

        @Test("references that are dropped on other threads are given back")
        func threads() async throws {
            let state = try makeState()
            for _ in 0..<100 {
                let closure = try #require(
                    try state.run("local p = probes.make 'x'; return function() return p end").first)
                let holder = Holder(closure)
                await Task.detached { holder.drop() }.value
            }
            state.collectGarbage()
            #expect(state.liveObjects == 0)
        }

        /// Lets a value end on another thread; the test hands it over and never touches it again.
        private final class Holder: @unchecked Sendable {
            private var value: LuaValue?
            init(_ value: LuaValue) { self.value = value }
            func drop() { value = nil }
        }

        @Test("values of another interpreter are refused")
        func foreign() throws {
            let one = try LuaState()
            let other = try LuaState()
            let table = try one.makeTable()
            #expect(message { try other.setGlobal("x", .table(table)) }.contains("another interpreter"))
        }

        @Test("a value outlives its interpreter without harm")
        func closed() throws {
            var state: LuaState? = try LuaState()
            let table = try #require(try state?.makeTable())
            state = nil
            #expect(message { _ = try table.get("x") }.contains("has been closed"))
        }

        @Test("many arguments and results pass")
        func many() throws {
            let state = try LuaState()
            let echo = try #require(try state.run("return function(...) return ... end").first?.function)
            let numbers = (0..<5000).map { LuaValue.integer($0) }
            #expect(try echo(numbers).compactMap(\.integer) == Array(0..<5000))
            #expect(
                message { try echo(Array(repeating: .nil, count: 2_000_000)) }.contains("too many values"))
        }
    }
}
