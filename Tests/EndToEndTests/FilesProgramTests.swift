import Foundation
import Testing

/// What the program does to files that somebody else owns, and what it says when it cannot write.
@Suite(.serialized) final class FilesProgramTests {
    private let program: Program

    init() throws { program = try Program() }
    deinit { program.remove() }

    @Test(
        "output that cannot be written is an error, by whichever road",
        arguments: [
            ["-e", "print('x')"], ["-e", "io.write('x')"], ["-e", "help()"], ["-e", "print('x') os.exit(0)"],
            ["--help"], ["--version"], ["plugin", "list"], ["run", "--help"], ["doctor"],
            ["-e", "for i = 1, 100000 do print(i) end"],
            ["--generate-completion-script", "bash"],
        ])
    func outputThatCannotBeWritten(arguments: [String]) throws {
        let quoted = arguments.map { "'" + $0.replacingOccurrences(of: "'", with: "'\\''") + "'" }
        let status = try program.shell("$LYCEUM \(quoted.joined(separator: " ")) > /dev/full")
        #expect(status.status == 1, "\(arguments): \(status.errors)")
        #expect(
            status.errors.contains("standard output: cannot be written"), "\(arguments): \(status.errors)")
    }

    @Test("piped scripts and files, and a standard output that is closed")
    func otherRoads() throws {
        let script = try program.write("s.lua", "print('x')")
        for command in [
            "echo 'print(1)' | $LYCEUM > /dev/full", "$LYCEUM run \(script) > /dev/full",
            "$LYCEUM run \(script) >&-", "$LYCEUM --help >&-",
        ] {
            let ended = try program.shell(command)
            #expect(ended.status == 1, "\(command)")
            #expect(
                ended.errors.contains("standard output: cannot be written"), "\(command): \(ended.errors)")
        }
        // Where nothing is printed there is nothing to lose.
        #expect(try program.shell("$LYCEUM -e 'x = 1' >&-").status == 0)
    }

    @Test("a save next to somebody's files leaves them, or is an error")
    func aSaveIntoAProject() throws {
        let ended = try program.lua(
            """
            os.execute("mkdir -p proj/src proj/.git; echo 1 > proj/src/a.py; echo ref > proj/.git/HEAD")
            local d = data.from { { text = "good", label = "a" }, { text = "bad", label = "b" } }
            local s = student.new("gbdt", { min_df = 1 })
            s:train(d, { input = "text", target = "label", n_estimators = 2 })
            s:save("proj")
            s:save("proj")
            assert(io.open("proj/src/a.py") and io.open("proj/.git/HEAD") and io.open("proj/model.json"))
            assert(student.load("proj"):classify("good"))
            os.execute("mkdir own; echo mine > own/config.json")
            local ok, problem = pcall(s.save, s, "own")
            assert(not ok and tostring(problem):find("config.json", 1, true), problem)
            assert(io.open("own/config.json"):read("a") == "mine\\n" and not io.open("own/model.json"))
            """)
        #expect(ended.status == 0, "\(ended.errors)")
    }

    @Test("a new run among an earlier run's checkpoints is an error; resumed with other options, too")
    func anEarlierRun() throws {
        let ended = try program.lua(
            """
            local d = data.from { { text = "good", label = "a" }, { text = "bad", label = "b" }, { text = "x", label = "b" } }
            local function train(o, rows)
                o.input, o.target, o.output_dir, o.save_steps = "text", "label", "out", 3
                return pcall(function() return student.new("gbdt", { min_df = 1 }):train(rows or d, o) end)
            end
            assert(train { n_estimators = 9 })
            local function refused(o, parts, rows)
                local ok, problem = train(o, rows)
                assert(not ok)
                for _, part in ipairs(parts) do assert(tostring(problem):find(part, 1, true), tostring(problem)) end
            end
            refused({ n_estimators = 4 }, { "checkpoint-6, checkpoint-9", "resume = true", "another output_dir" })
            refused({ n_estimators = 12, resume = true, max_depth = 3 }, { "max_depth was '6', is '3'" })
            refused({ n_estimators = 12, resume = true }, { "train data: other rows" }, d:take(2))
            assert(io.open("out/checkpoint-6/model.json") and io.open("out/checkpoint-9/model.json"))
            assert(train { n_estimators = 12, resume = true })
            assert(io.open("out/checkpoint-12/model.json") and not io.open("out/checkpoint-6/model.json"))
            os.execute("echo mine > report.html")
            local ok, problem = pcall(runs.report, { 1 })
            assert(not ok and tostring(problem):find("report.html", 1, true), problem)
            assert(io.open("report.html"):read("a") == "mine\\n")
            assert(runs.report({ 1 }, { file = "other.html" }))
            os.remove("report.html")
            assert(runs.report { 1 } and runs.report { 1 })
            """)
        #expect(ended.status == 0, "\(ended.errors)")
    }

    @Test("a copy of lab.sqlite is whole after a normal end, an error, os.exit and SIGTERM")
    func aCopyOfTheLabIsWhole() throws {
        let work = """
            local d = data.from { { text = "good", label = "a" }, { text = "bad", label = "b" } }
            local s = student.new("gbdt", { min_df = 1 })
            s:train(d, { input = "text", target = "label", n_estimators = 2 })
            """
        let ends = [
            "", "error('x')", "os.exit(0)", "os.exit(3, true)",
            "os.execute('kill -TERM $PPID') while true do end",
        ]
        for (number, end) in ends.enumerated() {
            _ = try program.lua(work + "\n" + end, "--lab lab\(number)")
            _ = try program.shell("mkdir copy\(number); cp lab\(number)/lab.sqlite copy\(number)/")
            let read = try program.lua("assert(#runs.list() == 1)", "--lab copy\(number)")
            #expect(read.status == 0, "\(end): \(read.errors)")
        }
    }

    @Test("runs.backup copies a lab that is in use, and replaces nothing")
    func backup() throws {
        let ended = try program.lua(
            """
            assert(not pcall(runs.backup, "early.sqlite"))
            local d = data.from { { text = "good", label = "a" }, { text = "bad", label = "b" } }
            local s = student.new("gbdt", { min_df = 1 })
            s:train(d, { input = "text", target = "label", n_estimators = 2 })
            os.execute("mkdir copy")
            assert(runs.backup("copy"):match("copy/lab.sqlite$"))
            assert(runs.backup("one.sqlite"))
            local ok, problem = pcall(runs.backup, "one.sqlite")
            assert(not ok and tostring(problem):find("already", 1, true), problem)
            """)
        #expect(ended.status == 0, "\(ended.errors)")
        #expect(try program.shell("ls copy").output == "lab.sqlite\n")
        let read = try program.lua("assert(#runs.list() == 1)", "--lab copy")
        #expect(read.status == 0, "\(read.errors)")
    }

    @Test("scripts with a byte order mark, from a file, standard input, -e, a module, init.lua, in UTF-16")
    func byteOrderMarks() throws {
        let script = try program.write("s.lua", "\u{FEFF}print(require('m').x)")
        _ = try program.write("m.lua", "\u{FEFF}return { x = 7 }")
        #expect(try program.run(["run", script]).output == "7\n")
        #expect(try program.run(["-e", "\u{FEFF}print(7)"]).output == "7\n")
        #expect(try program.shell("printf '\\357\\273\\277print(7)' | $LYCEUM").output == "7\n")
        #expect(try program.shell("printf 'print(7)' | iconv -t utf-16 | $LYCEUM").output == "7\n")
        _ = try program.write("p.md", "\u{FEFF}---\n---\nSay {{ x }}.")
        let prompt = try program.lua("print(prompt.load('p.md') { x = 'hi' })")
        #expect(prompt.output.contains("Say hi."), "\(prompt.errors)\(prompt.output)")
        let bad = try program.shell("printf 'print(1)\\nx = \"\\377\"' | $LYCEUM")
        #expect(
            bad.status == 1 && bad.errors.contains("standard input:2: is not UTF-8: byte 0xff at position 15")
        )
    }

    @Test("a Git LFS pointer is named as one, whatever reads it")
    func pointers() throws {
        let text = "version https://git-lfs.github.com/spec/v1\noid sha256:4d7a\nsize 12345\n"
        for name in ["d.csv", "d.tsv", "d.jsonl", "d.json", "d.csv.gz"] {
            _ = try program.write(name, text)
            let ended = try program.lua("data.load('\(name)')")
            #expect(ended.status == 1 && ended.errors.contains("Git LFS pointer"), "\(name): \(ended.errors)")
        }
        for name in ["config.json", "spiece.model", "tokenizer.json", "model.safetensors"] {
            let ended = try program.lua(
                """
                os.execute("rm -rf m; mkdir m")
                local s = student.new("t5", { d_model = 16, d_kv = 4, d_ff = 16, num_layers = 1, num_heads = 2, vocab_size = 40 })
                local d = data.from { { a = "one two three", b = "two" }, { a = "three four", b = "four" } }
                s:train(d, { input = "a", target = "b", max_steps = 1, precision = "fp32" })
                s:save("m")
                local f = io.open("m/\(name)", "r")
                if not f then print("none") return end
                f:close()
                f = io.open("m/\(name)", "w")
                f:write([[\(text)]])
                f:close()
                student.load("m")
                """)
            if ended.output == "none\n" { continue }
            #expect(ended.status == 1 && ended.errors.contains("Git LFS pointer"), "\(name): \(ended.errors)")
            #expect(ended.errors.contains("git lfs pull") && ended.errors.contains("12345 bytes"))
        }
    }
}
