import Glibc
import LyceumKit
import Testing

@testable import LuaBridge

extension BridgeTests {
    /// Limits, and what a script that nobody knows cannot do.
    @Suite struct SandboxTests {
        private func sandbox(memory: Int? = nil, instructions: Int? = nil) throws -> LuaState {
            let state = try makeState()
            try state.removeUnsafeLibraries { try WritePermission.nowhere.check($0) }
            state.setLimits(LuaLimits(memory: memory, instructions: instructions))
            return state
        }

        @Test(
            "nothing leads out",
            arguments: [
                // What is gone.
                "return os.execute or io.popen or package.loadlib or io.tmpfile or os.tmpname or os.setlocale",
                "return string.dump or debug.getregistry or debug.sethook or debug.setmetatable or debug.getupvalue",
                // The same tables by other ways.
                "return require('os').execute or package.loaded.io.popen or _G.package.loadlib",
                "return package.searchers[3] or package.searchers[4]",
                // The metatable of strings, shared by everything.
                "return type(getmetatable('')) == 'table'",
                // Bytecode.
                "return (load('\\27Lua')) or (load(function() return '\\27Lua' end))",
                "return (pcall(load, '\\27Lua', 'x', 'b'))",
                "local f = io.open(path .. '.luac', 'w') return f",
                // Finalizers run without hooks.
                "return (pcall(setmetatable, {}, { __gc = function() end }))",
                "return (pcall(setmetatable, {}, setmetatable({ __gc = 1 }, { __index = {} })))",
                "return (pcall(collectgarbage, 'stop')) or (pcall(collectgarbage, 'setpause', 1000))",
                // Secrets, also by a name that changes while it is looked at.
                "return os.getenv('OPENAI_API_KEY') or os.getenv('lyceum_test_token')",
                "string.upper = function() return '' end return os.getenv('LYCEUM_TEST_TOKEN')",
                "return (pcall(os.getenv, setmetatable({}, { __tostring = function() return 'x' end })))",
                // Modes and paths of other types.
                "return (pcall(io.open, path, { 'w' })) or (io.open(12, 'w'))",
                "return (io.open(path, 'r+')) or (io.open(path, 'a')) or (io.open('/dev/null', 'w'))",
                "string.find = function() end return (io.open(path, 'w'))",
                "type = function() return 'nil' end return (io.open(path, 'w'))",
                "return (os.remove(path)) or (os.rename(path, path .. '2')) or (pcall(io.output, path))",
                "return (io.open('/tmp/inside\\0/../' .. path, 'w'))",
                // A replaced library changes nothing that is used later.
                "package.searchpath = function() return path end return (pcall(require, 'no.such.module'))",
            ])
        func escape(code: String) throws {
            setenv("LYCEUM_TEST_TOKEN", "hidden", 1)
            let state = try sandbox()
            let path = "/tmp/lyceum-sandbox-\(getpid())"
            let results = try state.run("path = '\(path)' " + code)
            #expect(results.first?.isTrue != true)
            #expect(!Files.exists(path))
        }

        @Test("what a script needs is there")
        func useful() throws {
            let state = try sandbox(memory: 32 << 20, instructions: 10_000_000)
            let code = """
                assert(load("return 1 + 1")() == 2)
                assert(load("return x", "c", "t", { x = 3 })() == 3)
                local t = setmetatable({}, { __index = function() return 5 end })
                assert(t.x == 5 and ("x"):rep(3) == "xxx" and #tostring(io.stdout) > 0)
                assert(coroutine.wrap(function() coroutine.yield(1) end)() == 1)
                assert(collectgarbage("count") > 0 and collectgarbage() == 0)
                local f = assert(io.open("/etc/hostname")) f:close()
                return os.time() > 0 and type(debug.traceback()) == "string"
                """
            #expect(try state.run(code).first?.boolean == true)
        }

        @Test(
            "instructions run out, whatever catches errors",
            arguments: [
                "while true do end", "while true do pcall(function() while true do end end) end",
                "coroutine.wrap(function() while true do end end)()",
                "local co = coroutine.create(function() while true do end end) while true do coroutine.resume(co) end",
                "while true do coroutine.wrap(function() for i = 1, 10 do end end)() end",
                "while true do xpcall(function() while true do end end, function() while true do end end) end",
                "local t <close> = setmetatable({}, { __close = function() while true do end end }) error 'x'",
                "coroutine.wrap(function() local x <close> = setmetatable({}, { __close = function() while true do "
                    + "end end }) while true do end end)()",
                "local co = coroutine.create(function() local x <close> = setmetatable({}, { __close = function() "
                    + "while true do end end }) while true do end end) coroutine.resume(co) coroutine.close(co)",
                "table.sort({ 3, 2, 1, 5, 4 }, function() while true do end end)",
                "string.gsub(('x'):rep(10), 'x', function() while true do end end)",
                "load(function() while true do end end)", "probes.each(function() while true do end end)",
                "setmetatable({}, { __index = function() while true do end end }).x = nil; "
                    + "return setmetatable({}, { __index = function() while true do end end }).x",
                "local function f() return f() end f()",
            ])
        func instructions(code: String) throws {
            let state = try sandbox(instructions: 200_000)
            let error = try #require(throws: LuaError.self) { try state.run(code) }
            #expect(error.message.contains("limit of 1 million instructions"), "\(error.message)")
            #expect(!error.isInterrupt)
            // The next call has instructions of its own.
            #expect(
                try state.run("local n = 0 for i = 1, 1000 do n = n + 1 end return n").first?.integer == 1000)
        }

        @Test(
            "memory runs out with an error, and comes back",
            arguments: [
                "local s = 'x' while true do s = s .. s end", "return ('x'):rep(1 << 40)",
                "local t = {} for i = 1, 1e9 do t[i] = {} end",
                "local t = {} for i = 1, 1e9 do t[i] = function() return i end end",
                "local t = {} for i = 1, 1e9 do t[i] = coroutine.create(print) end",
                "local function f() return 1 + f() end f() local t = {} for i = 1, 1e9 do t[#t + 1] = tostring(i) end",
                "probes.each(function() local s = 'x' while true do s = s .. s end end)",
                "local t = {} for i = 1, 1e9 do t[i] = probes.make('x' .. i) end",
            ])
        func memory(code: String) throws {
            let state = try sandbox(memory: 16 << 20)
            let error = try #require(throws: LuaError.self) { try state.run(code) }
            #expect(
                error.message.contains("not enough memory") || error.message.contains("stack overflow")
                    || error.message.contains("too large"), "\(error.message)")
            #expect(
                try state.run(
                    "collectgarbage() collectgarbage() return #('y'):rep(1 << 20), collectgarbage('count') < 8192"
                )
                .last?.boolean == true)
            state.collectGarbage()
            #expect(state.liveObjects == 0)
        }

        @Test("an error of memory inside pcall inside Swift inside Lua is an ordinary one")
        func nested() throws {
            let state = try sandbox(memory: 16 << 20)
            let code = """
                local ok, problem = pcall(probes.each, function() return ("x"):rep(1 << 30) end)
                return tostring(problem)
                """
            #expect(try state.run(code).first?.string?.contains("not enough memory") == true)
        }
    }
}
