import CBridge
import Glibc
import LuaBridge
import LyceumKit

/// Times a million calls from Lua, into Swift and into C.
@main struct BridgeBench {
    static let calls = 1_000_000
    static let rounds = 5

    static let benches = [
        (name: "Lua → host", code: "local add = add for i = 1, \(calls) do add(i, 1) end"),
        (
            name: "Lua → host → Lua",
            code:
                "local apply = apply local function f(x) return x + 1 end for i = 1, \(calls) do apply(f, i) end"
        ),
    ]

    static func main() throws {
        let state = try LuaState()
        try state.register(
            LuaFunction(
                name: "add", summary: "Adds.",
                parameters: [LuaParameter("a", .integer, "one"), LuaParameter("b", .integer, "the other")]
            ) { call in [.integer(try call.integer(1) &+ call.integer(2))] })
        try state.register(
            LuaFunction(
                name: "apply", summary: "Calls a function.",
                parameters: [
                    LuaParameter("f", .function("x → any"), "what"), LuaParameter("x", .any, "with"),
                ]
            ) { call in try call.function(1)([call.value(2)]) })
        for bench in benches {
            let code = try state.load(bench.code, name: "bench")
            var ours = Double.infinity
            var peer = Double.infinity
            for _ in 0..<rounds {
                let begun = clock()
                try code()
                ours = min(ours, Double(clock() - begun) / 1_000_000)
                peer = min(peer, bridge_time(bench.code))
            }
            func rate(_ seconds: Double) -> String { (seconds * 1e9 / Double(calls)).fixed(1) }
            print("a call \(bench.name), processor time\t\(rate(ours))\tns\tC on Lua's API\t\(rate(peer))")
        }
    }
}
