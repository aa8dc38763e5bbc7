import Fuzzing
import Glibc
import Lab
import LuaBridge
import LyceumKit
import Scripting
import Workbench

// Lua in the sandbox, SQL, labs.
extension FuzzTarget {
    static var sandboxedLua: FuzzTarget {
        FuzzTarget(
            "lua",
            seeds: [
                "local d = data.from { { n = 1, t = 'a cat' }, { n = 2, t = 'a dog' } } return #d:filter(function(r) return r.n > 1 end)",
                "getmetatable(io.stdout).__gc = function() while true do end end", "load(('('):rep(300))",
                "local m = setmetatable({}, {}) getmetatable(m).__call = m m()",
                "return os.getenv('OPENAI_API_KEY')",
                "data.from({ { n = 1 } }):map(function(r) getmetatable(r).__gc = function() while true do end end return r end)",
                "for i = 1, 3 do coroutine.wrap(function() coroutine.yield(i) end)() end",
                "string.rep('', math.maxinteger)",
                "string.find(('a'):rep(60), ('a*'):rep(30) .. 'b')",
                "table.move({}, 1, math.maxinteger - 1, 2)",
                "local x <close> = setmetatable({}, { __close = function() error('x') end }) error('y')",
                "local p = prompt [[{{ text | upper }}]] return p { text = 'x' }",
                "return json.decode(json.encode({ 1, { a = 2 } }))",
                "local t = {} for i = 1, 100 do t[i] = { n = i % 7, s = ('x'):rep(i) } end return data.from(t):sort('n'):take(3)",
                "return pcall(string.format, '%99d', 1), ('x'):byte(1, -1), utf8.char(72, 0x10FFFF), string.pack('i4z', 3, 'x')",
                "return runs.sql(\"select fts3_tokenizer('simple', x'4141414141414141')\")",
                "return runs.list(), help(data.load)",
                "return metrics.rouge(data.from { { p = 'a b', r = 'a c' } }, { prediction = 'p', reference = 'r' })",
                "return xpcall(error, debug.traceback, { 1 })",
                "return io.open('/proc/self/environ'), os.remove('/tmp/x')",
            ],
            tokens: [
                "while true do end", "function() ", " end", "setmetatable(", "coroutine.wrap(", "pcall(",
                "error(", "load(", "{ ",
                " }", "math.maxinteger", "math.mininteger", "0/0", ":rep(1e9)", "data.from", ":filter(",
                "return ", "local x <close> = ",
                "string.gsub(", "table.concat(", "nil", "__index", "__call", "__gc", "__close", "..",
                "goto x", "::x::", "1e308", "[[", "]]",
            ], longest: 2048
        ) { folder in
            Files.restrictWriting(to: try .below(folder: folder))
            Files.hideProcesses()
            var state = try sandboxedState(folder)
            return { input in
                // What a script prints is nobody's business here.
                let text = "local print, io = function() end, nil " + String(decoding: input, as: UTF8.self)
                for value in (try? state.run(text)) ?? [] { _ = try? state.describe(value) }
                state.collectGarbage()
                do {
                    demand(try state.run("return 1 + 1").first?.integer == 2, "the state works on afterwards")
                } catch {
                    // The script's global variables may fill its memory for good.
                    demand("\(error)".contains("memory"), "the state works on afterwards: \(error)")
                    state = try sandboxedState(folder)
                }
            }
        }
    }

    /// A state in which everything is registered, closed as `lyceum run --sandbox` closes it.
    private static func sandboxedState(_ folder: String) throws -> LuaState {
        let state = try LuaState()
        try Scripting.install(
            into: state,
            environment: ScriptEnvironment(
                plugins: PluginHost(folders: []), listener: nil,
                lab: LabSession(folder: folder + "/lab", versions: [:], tell: { _ in }), write: { _ in }))
        try state.removeUnsafeLibraries()
        state.setLimits(LuaLimits(memory: 128 << 20, instructions: 5_000_000, seconds: 3))
        return state
    }

    static var sql: FuzzTarget {
        FuzzTarget(
            "sql",
            seeds: [
                "select fts3_tokenizer('simple', x'4141414141414141')", "select zeroblob(1000000000)",
                "select * from replies",
                "with recursive c(x) as (values (1) union all select x + 1 from c limit 100) select sum(x) from c",
                "select name, sql from sqlite_master",
                "select count(*), max(id) from runs group by state having 1 order by 2 desc",
                "select value from json_each('[1,2]')",
                "select printf('%d', 1), substr('abc', -1), hex('x'), quote(x'00')",
                "select row_number() over (order by key) from replies",
                "select instr('abc', 'c'), trim('xax', 'x'), replace('a', 'a', 'b')",
                "explain select 1", "values (1), (2)", "select 'a' like '%a%' escape '\\'",
                "select 1; select 2",
                "with recursive c(x) as (values (1) union all select x + 1 from c lim) select sum(x) from c",
            ],
            tokens: [
                "select ", " from ", "runs", "replies", "(", ")", " union all ", "with recursive ", "limit 9",
                "zeroblob(", "printf('%", "'",
                " over ", "json_extract(", "hex(", "group_concat(", "like ", "glob ", "x'", "null", "--",
                "/*", "pragma_table_info('runs')",
                "replace(", "instr(", "trim(", "randomblob(9999)", "case when ", " end", "cast(", " as blob)",
                " collate nocase",
            ], longest: 4096, mayBeEndless: true
        ) { folder in
            let lab = LabStore(folder: folder + "/lab")
            let run = try lab.startRun(RunStart(kind: .train, title: "t5"))
            try lab.finishRun(run, .finished)
            return { input in
                _ = try? lab.sql(String(decoding: input, as: UTF8.self))
                Interrupt.clear()
                demand((try? lab.sql("select count(*) from runs").rows) == [[1]], "the lab is as it was")
            }
        }
    }

    static var labFile: FuzzTarget {
        FuzzTarget(
            "lab", seeds: [], bytes: [labBytes], tokens: ["SQLite format 3\0", "CREATE TABLE "],
            longest: 1 << 20
        ) { folder in
            { input in
                let place = folder + "/hostile"
                Files.removeTree(place)
                try Files.makeFolder(place)
                try plainWrite(input, to: place + "/lab.sqlite")
                let lab = LabStore(folder: place, patience: 0)
                _ = try? lab.runs()
                _ = try? lab.sql("select * from runs, replies")
                _ = try? lab.check()
                _ = try? lab.run(1)
                _ = try? lab.startRun(RunStart(kind: .train, title: "more"))
            }
        }
    }

    /// A small lab's database.
    private static let labBytes: [UInt8] = {
        let folder = "/tmp/lyceum-fuzz-seed-\(getpid())"
        defer { Files.removeTree(folder) }
        do {
            let lab = LabStore(folder: folder)
            try lab.finishRun(try lab.startRun(RunStart(kind: .train, title: "t5")), .finished)
        } catch { return [] }
        // The log is part of the file's content once the last connection is closed.
        return (try? Files.read(folder + "/lab.sqlite")) ?? []
    }()
}
