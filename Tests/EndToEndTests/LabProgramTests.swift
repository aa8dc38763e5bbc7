import Glibc
import Testing

/// The lab of the real program: when it is made, what outlives a kill, who may share it.
@Suite(.serialized) struct LabProgramTests {
    private static let student = """
        gold = data.from { { d = "A cat sat on the mat.", s = "a cat" }, { d = "A dog ran home.", s = "a dog" } }
        t5 = student.new("t5", { d_model = 16, d_kv = 8, d_ff = 32, num_heads = 2, num_layers = 1, vocab_size = 60 })
        function learn(o) o.input = "d" o.target = "s" return t5:train(gold, o) end

        """

    private func withProgram(_ body: (Program) throws -> Void) throws {
        let program = try Program()
        defer { program.remove() }
        try body(program)
    }

    @Test("the lab is made when something is recorded, and --no-lab makes none")
    func lazily() throws {
        try withProgram { program in
            let lab = program.folder + "/lab"
            let script = try program.write(
                "train.lua", Self.student + "print(learn({ max_steps = 1 }).number)")
            #expect(try program.run(["-e", "print(#runs.list(), runs.lab())"]).output == "0\t\(lab)\n")
            #expect(access(lab, F_OK) != 0)
            #expect(try program.run(["--no-lab", "run", script]).output == "nil\n")
            #expect(access(lab, F_OK) != 0)
            #expect(try program.run(["--lab", program.folder + "/other", "run", script]).output == "1\n")
            #expect(access(lab, F_OK) != 0)
            #expect(try program.run(["run", script]).output == "1\n")
            #expect(access(lab, F_OK) == 0)
            #expect(try program.run(["run", script]).output == "2\n")
            let refusal = try program.run(["--no-lab", "-e", "runs.list()"])
            #expect(refusal.errors.contains("this session has no lab; start lyceum without --no-lab"))
        }
    }

    @Test("kill -9 in a training: the run is abandoned, and all steps before it are there")
    func killed() throws {
        try withProgram { program in
            let out = program.folder + "/out"
            let script = try program.write(
                "train.lua",
                Self.student + """
                    local me = io.open("/proc/self/stat"):read("n")
                    os.execute("(until [ -d \(out)/checkpoint-20 ]; do sleep 0.02; done; kill -9 " .. me .. ") &")
                    learn { max_steps = 1000000, save_steps = 20, output_dir = "\(out)" }
                    """)
            #expect(try program.run(["-q", "run", script]).status == 128 + SIGKILL)
            let result = try program.run([
                "-e",
                """
                local run = runs.list { state = "abandoned" }[1]
                local points = run:history("loss")
                for i, point in ipairs(points) do assert(point.step == i) end
                print(run.number, #points >= 20, run.checkpoint ~= nil, run.problem)
                """,
            ])
            #expect(result.output == "1\ttrue\ttrue\tnil\n")
            #expect(result.errors == "")
        }
    }

    @Test("two processes record in one lab at once")
    func together() throws {
        try withProgram { program in
            let one = try program.write("one.lua", Self.student + "print(learn({ max_steps = 60 }).number)")
            let two = try program.write(
                "two.lua",
                Self.student + """
                    local other = io.popen("\(try Program.path) -q run \(one)")
                    local own = learn({ max_steps = 60 }).number
                    local theirs = tonumber(other:read("a"))
                    assert(own ~= theirs and own + theirs == 3, theirs)
                    for _, run in ipairs(runs.list()) do
                        assert(run.state == "finished" and #run:history("loss") == 60)
                    end
                    print("both")
                    """)
            let result = try program.run(["-q", "run", two])
            #expect(result.output == "both\n")
            #expect(result.errors == "")
        }
    }

    @Test("where the sandbox does not let the lab be written, the work goes on, and one line says so")
    func sandboxed() throws {
        try withProgram { program in
            let script = try program.write(
                "train.lua",
                Self.student + """
                    print(learn({ max_steps = 2 }).number, #learn({ max_steps = 2 }):history("loss"))
                    """)
            let result = try program.run(["-q", "run", "--sandbox", "--memory", "2000", script])
            #expect(result.output == "nil\t2\n")
            #expect(result.errors.contains("not recorded for now"))
            #expect(result.errors.split(separator: "\n").count == 1, "\(result.errors)")
            #expect(access(program.folder + "/lab", F_OK) != 0)
        }
    }
}
