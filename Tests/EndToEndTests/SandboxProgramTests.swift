import Testing

/// `lyceum run --sandbox`, the real program.
@Suite(.serialized) struct SandboxProgramTests {
    /// Runs a script in a sandbox that may write below the folder `out`.
    private func run(_ code: String, _ options: [String] = []) throws -> (
        result: Program.Result, program: Program
    ) {
        let program = try Program()
        _ = try program.run(["-e", "os.execute('mkdir \(program.folder)/out')"])
        let script = try program.write("script.lua", "folder = '\(program.folder)'\n" + code)
        let result = try program.run(
            [
                "run", "--sandbox", "--write", program.folder + "/out", "--memory", "64", "--instructions",
                "20",
            ]
                + options + [script])
        return (result, program)
    }

    @Test("a script may write below the folder, by every way of writing")
    func inside() throws {
        let (result, program) = try run(
            """
            assert(io.open(folder .. "/out/a.txt", "w")):write("a"):close()
            assert(os.rename(folder .. "/out/a.txt", folder .. "/out/b.txt"))
            data.from({ { n = 1 } }):save(folder .. "/out/c.jsonl")
            print(#data.load(folder .. "/out/c.jsonl"))
            """)
        defer { program.remove() }
        // A save says where the rows went.
        #expect(result.errors == "1 row → \(program.folder)/out/c.jsonl\n")
        #expect(result.output == "1\n")
        #expect(program.read("out/b.txt") == "a")
    }

    @Test(
        "and nowhere else",
        arguments: [
            "assert(io.open(folder .. '/x.txt', 'w'))", "io.output(folder .. '/x.txt')",
            "assert(io.open(folder .. '/out/../x.txt', 'a'))", "assert(os.remove(folder .. '/script.lua'))",
            "assert(os.rename(folder .. '/script.lua', folder .. '/out/script.lua'))",
            "data.from({ { n = 1 } }):save(folder .. '/x.jsonl')",
            "data.from({ { n = 1 } }):save(folder .. '/out/../x.csv.gz')",
        ])
    func outside(code: String) throws {
        let (result, program) = try run(code)
        defer { program.remove() }
        #expect(result.status == 1)
        #expect(
            result.errors.contains("may not be written; this sandbox may write below"), "\(result.errors)")
        #expect(program.read("x.txt") + program.read("x.jsonl") == "")
        #expect(program.read("script.lua") != "")
    }

    @Test(
        "memory, instructions and time are bounded",
        arguments: [
            ("while true do end", [], "the limit of 20 million instructions is reached"),
            (
                "return pcall(function() while true do end end)", [],
                "the limit of 20 million instructions is reached"
            ),
            ("local s = 'x' while true do s = s .. s end", [], "not enough memory: the limit is 64 MiB"),
            ("table.move({}, 1, 1 << 50, 2)", [], "the limit of 20 million instructions is reached"),
            (
                "pcall(table.move, {}, 1, 1 << 50, 2) while true do pcall(error) end",
                ["--seconds", "1", "--instructions", "1000000"], "the limit of 1 s is reached"
            ),
        ] as [(String, [String], String)])
    func bounds(code: String, options: [String], expected: String) throws {
        let (result, program) = try run(code, options)
        defer { program.remove() }
        #expect(result.status == 1)
        #expect(result.errors.contains(expected), "\(result.errors)")
    }

    @Test(
        "the environment and what the system shows of processes are hidden on every road",
        arguments: [
            "assert(io.open(path))", "io.lines(path)", "io.input(path)", "dofile(path)",
            "assert(loadfile(path))",
            "data.load(path)", "data.load(path .. '.jsonl')", "prompt.load(path)",
            "student.load('/proc/self')",
            "student.load(path)", "package.path = '/proc/self/?' require 'environ'",
            "teacher.open { 'replay', path = path }", "data.load('/dev/fd/0')", "data.load('/proc/self/')",
        ])
    func hidden(code: String) throws {
        let (result, program) = try run("path = '/proc/self/environ' " + code)
        defer { program.remove() }
        #expect(result.status == 1)
        // Neither the names nor the values of variables come out, not even in an error message.
        #expect(!(result.output + result.errors).contains("HOME="), "\(result.errors)")
        #expect(!(result.output + result.errors).contains("PATH="), "\(result.errors)")
    }

    @Test("links do not help, and variables pass by a list")
    func links() throws {
        let (result, program) = try run(
            """
            for _, name in ipairs { "link.jsonl", "self/environ" } do
                local file, problem = io.open(folder .. "/" .. name)
                print(file, problem, (pcall(data.load, folder .. "/" .. name)))
            end
            print(os.getenv("HOME") ~= nil, os.getenv("LD_PRELOAD"), os.getenv("OPENAI_API_KEY"), os.getenv("LYCEUM_X"))
            """)
        defer { program.remove() }
        _ = try program.run([
            "-e",
            "os.execute('ln -s /proc/self/environ \(program.folder)/link.jsonl; ln -s /proc/self \(program.folder)/self')",
        ])
        let again = try program.run(["run", "--sandbox", program.folder + "/script.lua"])
        #expect(result.status == 0)
        #expect(again.output.contains("may not be read"))
        #expect(!again.output.contains("true\n"), "\(again.output)")
        #expect(again.output.hasSuffix("true\tnil\tnil\tnil\n"), "\(again.output)")
    }

    @Test("hostile SQL, finalizers and chains of calls are errors")
    func hostile() throws {
        let program = try Program()
        defer { program.remove() }
        let out = program.folder + "/out"
        _ = try program.run(["-e", "os.execute('mkdir \(out)')"])
        let script = try program.write(
            "script.lua",
            """
            student.new("gbdt", { task = "classify", min_df = 1 }):train(
                data.from { { t = "a cat", l = "x" }, { t = "a dog", l = "y" } }, { input = "t", target = "l" })
            data.from({ { n = 1 } }):map(function(r)
                assert(type(getmetatable(r)) ~= "table" and type(getmetatable(_G)) ~= "table")
                return r
            end)
            print(pcall(runs.sql, "select fts3_tokenizer('simple', x'4141414141414141')"))
            print(pcall(runs.sql, "select zeroblob(1000000000)"))
            print(pcall(function() getmetatable(io.stdout).__gc = print end))
            local m = setmetatable({}, {}) getmetatable(m).__call = m
            print(pcall(m))
            print(#runs.sql("select 1 as x"))
            """)
        let result = try program.run(["run", "--sandbox", "--write", out, "--lab", out + "/lab", script])
        #expect(result.status == 0, "\(result.errors)")
        let lines = result.output.split(separator: "\n")
        #expect(lines.count == 5 && lines.last == "1", "\(result.output)")
        #expect(lines.dropLast().allSatisfy { $0.hasPrefix("false\t") }, "\(result.output)")
    }

    @Test("modules next to the script are there, plugins of the user are not")
    func modules() throws {
        let (result, program) = try run("print(require('script2').x, io.popen)", [])
        defer { program.remove() }
        #expect(result.errors.contains("module 'script2' not found"))
        _ = try program.write("script2.lua", "return { x = 5 }")
        let again = try program.run(["run", "--sandbox", program.folder + "/script.lua"])
        #expect(again.output == "5\tnil\n")
    }

    @Test("wrong options are wrong usage")
    func usage() throws {
        let (result, program) = try run("", ["--memory", "0"])
        defer { program.remove() }
        #expect(result.status == 2)
        let other = try program.run(["run", "--write", "/tmp", program.folder + "/script.lua"])
        #expect(other.status == 2)
    }
}
