import Glibc
import LyceumKit
import Testing

@testable import LuaBridge

extension BridgeTests {
    /// Limits, and what a script that nobody knows cannot do.
    @Suite struct SandboxTests {
        private func sandbox(memory: Int? = nil, instructions: Int? = nil, seconds: Double? = nil) throws
            -> LuaState
        {
            let state = try makeState()
            try state.removeUnsafeLibraries { try WritePermission.nowhere.check($0) }
            state.setLimits(LuaLimits(memory: memory, instructions: instructions, seconds: seconds))
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
                "return os.getenv('DATABASE_URL') or os.getenv('AWS_SESSION') or os.getenv('LYCEUM_TEST_HARMLESS')",
                "return (pcall(os.getenv, setmetatable({}, { __eq = function() return true end })))",
                // The metatables of the host, of its objects and of the standard library.
                "return type(getmetatable(io.stdout)) == 'table' or type(getmetatable(io.stderr)) == 'table'",
                "return (pcall(function() getmetatable(io.stdout).__gc = function() while true do end end end))",
                "return (pcall(setmetatable, io.stdout, {})) or (pcall(setmetatable, '', {}))",
                "return type(getmetatable(probes)) == 'table' or type(getmetatable(probes.make('x'))) == 'table'",
                "return (pcall(function() getmetatable(probes).__index = print end))",
                "return (pcall(setmetatable, probes, { __index = print })) or (pcall(setmetatable, probes.make('x'), {}))",
                "local ok, e = pcall(probes.fail) return type(getmetatable(e)) == 'table'",
                "local f = io.open('/etc/hostname') return type(getmetatable(f)) == 'table'",
                // What the system shows of processes: the environment again, memory, open files.
                "return (io.open('/proc/self/environ')) or (io.open('/proc/thread-self/environ', 'r'))",
                "return (io.open('//proc/./self/../self/environ')) or (io.open('/proc/1/environ'))",
                "return (io.open('/dev/fd/0')) or (io.open('/proc/self/maps')) or (io.open('/proc/self/mem', 'rb'))",
                "return (pcall(io.lines, '/proc/self/environ')) or (pcall(io.input, '/proc/self/environ'))",
                "return (pcall(dofile, '/proc/self/environ')) or (loadfile('/proc/self/environ'))",
                "package.path = '/proc/self/?' local ok, e = pcall(require, 'environ') return ok or e:find('=', 1, true)",
                "return (package.searchpath('environ', '/proc/self/?'))",
                "return (io.open('/proc/self/environ\0.txt')) or (pcall(io.lines, 12))",
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
            setenv("LYCEUM_TEST_HARMLESS", "hidden", 1)
            setenv("DATABASE_URL", "postgres://user:password@host", 1)
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
                // The standard library's own loops, none of which executes an instruction.
                "string.find(('a'):rep(60), ('a*'):rep(30) .. 'b')", "('('):rep(1e6):find('%b()')",
                "for _ in string.gmatch(('a'):rep(60), ('a*'):rep(30) .. 'b') do end",
                "string.gsub(('a'):rep(60), ('a-'):rep(30) .. 'b', '')",
                "('a'):rep(60):match(('a?'):rep(60) .. 'b')",
                "('a'):rep(1e6):find('[' .. ('b'):rep(1e5) .. ']')", "('x'):rep(1e6):find('(x*)%1b')",
                "table.move({}, 1, math.maxinteger - 1, 2)", "table.move({}, 1, math.maxinteger - 1, 1, {})",
                "table.concat(setmetatable({}, { __index = table.concat }), '', 1, math.maxinteger)",
                "table.insert(setmetatable({}, { __len = function() return 1e15 // 1 | 0 end }), 1, 1)",
                "table.remove(setmetatable({}, { __len = function() return 1e15 // 1 | 0 end }), 1)",
                "table.sort(setmetatable({}, { __len = function() return 2000000000 end }), rawequal)",
                "load(string.gmatch((' '):rep(5e7), '.'))", "load(math.random)",
                "load(('x=1 '):rep(2e6)) load(('x=1 '):rep(2e6))",
                // Handlers, finalizers and closers, one inside the other.
                "xpcall(error, function() while true do end end)",
                "xpcall(function() while true do end end, function(e) while true do end end)",
                "local co = coroutine.create(function() local x <close> = setmetatable({}, { __close = function() "
                    + "while true do end end }) coroutine.yield() end) coroutine.resume(co) coroutine.close(co)",
                "local co = coroutine.create(function() local x <close> = setmetatable({}, { __close = function() "
                    + "while true do end end }) coroutine.yield() end) coroutine.resume(co) pcall(coroutine.close, co)",
                "coroutine.wrap(function() local x <close> = setmetatable({}, { __close = function() while true do "
                    + "end end }) error('x') end)()",
                "setmetatable({}, { __tostring = function() while true do end end }); "
                    + "return tostring(setmetatable({}, { __tostring = function() while true do end end }))",
                "return #setmetatable({}, { __len = function() while true do end end })",
                "return setmetatable({}, { __lt = function() while true do end end }) < {}",
                "for _ in pairs(setmetatable({}, { __pairs = function() while true do end end })) do end",
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

        @Test("time runs out, whatever catches errors; the next call has time of its own")
        func time() throws {
            let state = try sandbox(seconds: 0.2)
            for code in [
                "while true do pcall(function() while true do end end) end",
                "pcall(string.find, ('a'):rep(60), ('a*'):rep(30) .. 'b') while true do end",
                "table.move({}, 1, math.maxinteger - 1, 2)",
            ] {
                let error = try #require(throws: LuaError.self) { try state.run(code) }
                #expect(error.message.contains("the limit of 1 s is reached"), "\(error.message)")
                #expect(try state.run("return 5").first?.integer == 5)
            }
        }

        @Test(
            "what overflows a stack is an error, never a signal",
            arguments: [
                // A chain of coroutines, each of which closes the next.
                """
                local next
                for i = 1, 100000 do
                    local inner = next
                    next = coroutine.create(function()
                        local x <close> = setmetatable({}, { __close = function()
                            if inner then assert(coroutine.close(inner)) end
                        end })
                        coroutine.yield()
                    end)
                    coroutine.resume(next)
                end
                assert(coroutine.close(next))
                """,
                "local function f() return coroutine.wrap(f)() end f()",
                "local function f() return select(2, coroutine.resume(coroutine.create(f))) end error(f())",
                "local function f(s) return s:gsub('.', f) end f('x')",
                "local function f() return probes.each(f) end f()",
                "local function f() table.sort({ 1, 2, 3 }, f) end f()",
                "local t = setmetatable({}, {}) getmetatable(t).__index = function(t, k) return t[k] end return t.x",
                "local t = setmetatable({}, {}) getmetatable(t).__tostring = tostring return tostring(t)",
                "local t = {} for i = 1, 3e5 do t = setmetatable({}, { __index = t }) end return t.x",
                "assert(load(('('):rep(300)))", "assert(load(('{'):rep(1e6)))",
                "assert(load('return ' .. ('- '):rep(1e6) .. 'x'))",
                "assert(load('return ' .. ('not '):rep(1e5) .. 'x'))",
                "assert(load(('a.'):rep(1e5) .. '(')) ",
                "local function f() return f() + 1 end f()",
                "local function f(...) return f(1, ...) + 1 end f()",
                "xpcall(function() local function f() return f() + 1 end f() end, error) error('x')",
                "local function f() xpcall(error, f) end f() error('x')",
                "return ('x'):rep(1e5):find(('('):rep(1e5))",
                "return ('a'):rep(1e5):match(('a?'):rep(1e5))",
                "string.format('%s', setmetatable({}, { __tostring = 1 }))",
                "local function f() load(f) end f() error('x')",
                "local function f() local m = setmetatable({}, { __gc = f }) end local m = f() error('x')",
            ])
        func overflow(code: String) throws {
            for isSandboxed in [true, false] {
                let state = isSandboxed ? try sandbox(memory: 512 << 20) : try makeState()
                let error = try #require(throws: LuaError.self, "\(code)") { try state.run(code) }
                #expect(error.message.utf8.count < 10_000)
                #expect(try state.run("return 1 + 1").first?.integer == 2)
            }
        }

        @Test(
            "a table that calls itself without end is an error at once, in and out of a sandbox",
            arguments: [
                "local m = setmetatable({}, {}) getmetatable(m).__call = m m()",
                "local a, b = {}, {} setmetatable(a, { __call = b }) setmetatable(b, { __call = a }) a(1, 2)",
                "local t = {} for i = 1, 7 do t[i] = {} end for i = 1, 7 do setmetatable(t[i], { __call = t[i % 7 + 1] }) "
                    + "end return t[1]()",
                "local m = setmetatable({}, {}) getmetatable(m).__call = m return pcall(m) or error('x')",
                "local m = setmetatable({}, {}) getmetatable(m).__call = m coroutine.wrap(m)()",
            ])
        func calls(code: String) throws {
            for isSandboxed in [true, false] {
                let state =
                    isSandboxed ? try sandbox(memory: 64 << 20, instructions: 1_000_000) : try makeState()
                let error = try #require(throws: LuaError.self) { try state.run(code) }
                #expect(!error.message.isEmpty)
            }
        }

        @Test("errors inside load are texts")
        func loadErrors() throws {
            let state = try makeState()
            for depth in [1, 100, 199, 200, 201, 300, 100_000] {
                let code = "local f, e = load(('('):rep(\(depth))) return f == nil and type(e), e"
                #expect(try state.run(code).first?.string == "string", "\(depth)")
            }
            let code = "local f, e = load(function() error({ 1 }) end) return type(e), e[1]"
            #expect(try state.run(code).last?.integer == 1)
        }

        @Test("the standard library's replaced functions give what Lua's own give")
        func replaced() throws {
            let code = """
                assert(("hello world"):find("o w") == 5 and ("a.b"):find(".", 1, true) == 2 and ("abc"):find("b", -1) == nil)
                assert(("key = value"):match("^(%w+)%s*=%s*(%w+)$") == "key" and (""):find("") == 1 and ("x"):find("", 10) == nil)
                assert(("x"):find("", 2) == 2 and ("a\0b"):find("\0") == 2 and ("aXb"):gsub("%u", "%0%0") == "aXXb")
                assert(("THE (quick) fox"):find("%((%a+)%)") == 5 and ("[[x]]"):match("%b[]") == "[[x]]")
                assert(("THE (quick) fox"):gsub("%f[%a]%a+", string.lower) == "the (quick) fox")
                assert(("abc"):gsub("", "-") == "-a-b-c-" and ("abc"):gsub("b", { b = "x" }) == "axc")
                assert(select(2, ("aaa"):gsub("a", "b", 2)) == 2 and ("x"):rep(3, ",") == "x,x,x" and (""):rep(1e9) == "")
                assert(("x"):rep(0) == "" and ("x"):rep(-1) == "" and ("ab"):rep(2) == "abab" and (""):rep(3, ",") == ",,")
                local words = {} for w, n in ("a=1, b=2"):gmatch("(%w)=(%d)") do words[#words + 1] = w .. n end
                assert(table.concat(words, ";") == "a1;b2" and table.concat({ 1, 2, 3 }, "-", 2, 3) == "2-3")
                for p in pairs({ ["%"] = 1, ["[a"] = 1, ["(a"] = 1, ["%1"] = 1, ["%b"] = 1, ["%f"] = 1 }) do
                    assert(not pcall(string.find, "a", p))
                end
                assert(not pcall(string.rep, "xx", math.maxinteger) and not pcall(table.concat, { {} }))
                local t = { 5, 2, 8, 1 } table.sort(t) assert(table.concat(t) == "1258")
                table.sort(t, function(a, b) return a > b end) assert(table.concat(t) == "8521")
                table.insert(t, 1, 9) table.insert(t, 0) assert(table.concat(t) == "985210")
                assert(table.remove(t, 1) == 9 and table.remove(t) == 0 and #t == 4 and table.remove({}) == nil)
                assert(table.concat(table.move({ 1, 2, 3 }, 1, 3, 2)) == "1123" and not pcall(table.insert, {}, 5, 1))
                assert(not pcall(table.sort, { 1, "x" }) and #table.move({ 1, 2 }, 1, 2, 1, {}) == 2)
                assert(load("return ...")(7) == 7 and load("return x", "n", "t", { x = 3 })() == 3)
                local parts, i = { "return ", "1", "+1" }, 0
                assert(load(function() i = i + 1 return parts[i] end)() == 2 and not load("x", "x", "b"))
                assert(select("#", xpcall(function(...) return ... end, print, 1, nil, 3)) == 4)
                assert(select(2, xpcall(error, function(e) return e .. "!" end, "x")) == "x!")
                local co = coroutine.wrap(function() return xpcall(function() return coroutine.yield(1) end, print) end)
                assert(co() == 1 and select(2, co(9)) == 9)
                local closed = 0
                local pending = coroutine.create(function()
                    local x <close> = setmetatable({}, { __close = function() closed = closed + 1 end })
                    coroutine.yield()
                end)
                coroutine.resume(pending)
                assert(coroutine.close(pending) == true and closed == 1 and coroutine.status(pending) == "dead")
                assert(not pcall(coroutine.close, coroutine.running()))
                local gone = 0
                do setmetatable({}, { __gc = function(t) gone = gone + 1 end }) end
                collectgarbage() collectgarbage()
                return gone
                """
            #expect(try makeState().run(code).first?.integer == 1)
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
