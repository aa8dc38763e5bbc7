import Testing

/// The real program with pipes: scripts, code, standard input, exit statuses.
@Suite(.serialized) struct CommandLineTests {
    /// Runs the program once.
    private func run(_ arguments: [String], input: String = "") throws -> Program.Result {
        let program = try Program()
        defer { program.remove() }
        return try program.run(arguments, input: input)
    }

    @Test("a script gets its arguments, its folder's modules, and may begin with #!")
    func script() throws {
        let program = try Program()
        defer { program.remove() }
        _ = try program.write("helper.lua", "return { name = 'helper' }")
        let script = try program.write(
            "main.lua",
            """
            #!/usr/bin/env lyceum
            print(arg[0] == "\(program.folder)/main.lua", #arg, arg[1], select("#", ...), require("helper").name)
            error("line four")
            """)
        let result = try program.run(["run", script, "--quiet", "two words"])
        #expect(result.output == "true\t2\t--quiet\t2\thelper\n")
        #expect(result.errors == "error: \(script):3: line four\n  3 | error(\"line four\")\n")
        #expect(result.status == 1)
    }

    @Test("code, piped input, and both")
    func code() throws {
        #expect(try run(["-e", "x = 20", "-e", "print(x + 1)"]).output == "21\n")
        #expect(try run([], input: "print('piped')").output == "piped\n")
        #expect(try run(["-"], input: "print('dash')").output == "dash\n")
        #expect(try run(["--quiet", "run", "-"], input: "print(arg[0])").output == "-\n")
        #expect(try run(["--lab", "x", "-q", "run", "-"], input: "print(arg[0])").output == "-\n")
        #expect(try run(["--version"]).output.hasPrefix("lyceum "))
    }

    @Test(
        "exit statuses",
        arguments: [
            (["-e", "return 1"], 0), (["-e", "error 'x'"], 1), (["-e", "for for"], 1),
            (["run", "/no/such.lua"], 1), (["--no-such-option"], 2), (["nonsense"], 2), (["run"], 2),
            (["--no-lab", "--lab", "x"], 2), (["--lab"], 2),
            (["-e", "os.exit(7)"], 7),
            (
                [
                    "-e",
                    "io.popen('kill -INT ' .. io.open('/proc/self/stat'):read('n')):close() while true do end",
                ],
                130
            ),
        ] as [([String], Int32)])
    func status(arguments: [String], expected: Int32) throws {
        let result = try run(arguments)
        #expect(result.status == expected)
        #expect(result.output == "")
        #expect(result.errors.isEmpty == (expected == 0 || expected == 7))
    }

    @Test("-l requires a module into a global of its name")
    func library() throws {
        let loaded = "print(package.loaded.string == string)"
        #expect(try run(["-l", "string", "-e", loaded]).output == "true\n")
        let missing = try run(["-l", "no.such", "-e", "print 'never'"])
        #expect(missing.output == "")
        #expect(missing.status == 1 && missing.errors.contains("module 'no.such' not found"))
    }

    @Test("an error of one piece of code keeps the next from running")
    func stops() throws {
        #expect(try run(["-e", "error 'x'", "-e", "print 'never'"]).output == "")
    }

    @Test("libtorch is not loaded, and the doctor works without it")
    func noTorch() throws {
        let code = "print(#student.list() >= 0, io.open('/proc/self/maps'):read('a'):find('torch'))"
        #expect(try run(["-e", code]).output == "true\tnil\n")
        let doctor = try run(["doctor"])
        #expect(doctor.output.contains("Lua 5.4"))
        #expect(doctor.output.contains("run scripts/setup"))
        #expect(doctor.status == 1)
        #expect(try run(["plugin", "list"]).status == 0)
    }

    @Test("the start-up file runs at the prompt only")
    func startUpFile() throws {
        let program = try Program()
        defer { program.remove() }
        #expect(try program.run(["-e", "os.execute('mkdir -p $HOME/config/lyceum')"]).status == 0)
        _ = try program.write("config/lyceum/init.lua", "mine = 'from init'")
        #expect(try program.run(["-e", "print(rawget(_G, 'mine'))"]).output == "nil\n")
        #expect(try program.run(["-e", "print(mine)"]).errors.contains("unknown global 'mine'"))
        let terminal = try program.terminal()
        terminal.type("mine\r")
        try terminal.expect("\n\"from init\"")
        terminal.type(":quit\r")
        #expect(terminal.end() == 0)
    }
}
