import ArgumentParser
import Console
import LuaBridge
import LyceumKit
import Scripting
import Workbench

/// The version of Lyceum.
let lyceumVersion = "0.1.0"

/// `lyceum`: chooses the command; without one, `PromptCommand`.
struct LyceumCommand: ParsableCommand {
    fileprivate static let usage = """
        lyceum [-q]                   open the prompt
        lyceum run FILE [ARGUMENT …]  run a Lua script; lyceum FILE does too
        lyceum -e CODE [-e CODE …]    run Lua code; -i opens the prompt afterwards
        lyceum -l MODULE              require a module first
        command | lyceum [-]          run standard input as a script
        """

    static let configuration = CommandConfiguration(
        commandName: "lyceum",
        abstract: "A workbench for teacher/student language experiments.",
        usage: usage,
        discussion: """
            -q, --quiet leaves out the greeting and the progress.
            --lab FOLDER, or LYCEUM_LAB, is where runs, replies and scores are remembered (else .lyceum in \
            this folder, made with the first of them); --no-lab remembers nothing.
            help() at the prompt, or lyceum -e 'help()', explains what Lua code can use.
            Exit status: 0 success, 1 failure, 2 wrong usage, 130 interrupted.
            """,
        version: "lyceum \(lyceumVersion)",
        subcommands: [
            PromptCommand.self, RunCommand.self, ServeCommand.self, LabCommand.self, PluginCommand.self,
            HubCommand.self, DoctorCommand.self,
        ],
        defaultSubcommand: PromptCommand.self)

    /// The arguments in the form that the parser knows: `lyceum -` means `lyceum run -`, `lyceum x.lua`
    /// means `lyceum run x.lua`, and `lyceum --quiet run …` means `lyceum run --quiet …`.
    ///
    /// - Throws: `ValidationError` if the first word is neither a command nor a file.
    static func prepared(_ arguments: [String]) throws -> [String] {
        var rest = arguments[...]
        while let first = rest.first {
            if first == "--lab" {
                rest = rest.dropFirst(2)
            } else if ["-q", "--quiet", "--no-lab", "--no-plugins"].contains(first)
                || first.hasPrefix("--lab=")
            {
                rest = rest.dropFirst()
            } else {
                break
            }
        }
        let flags = arguments[..<rest.startIndex]
        switch rest.first {
        case "-": return ["run"] + flags + rest
        case "run": return ["run"] + flags + rest.dropFirst()
        case let name? where isCommand(name): return name == "prompt" ? arguments : Array(rest)
        case let name? where !name.hasPrefix("-"):
            guard Files.exists(name), !Files.isFolder(name) else { throw unknownCommand(name) }
            return ["run"] + flags + rest
        default: return arguments
        }
    }

    private static func isCommand(_ name: String) -> Bool {
        name == "help" || configuration.subcommands.contains { $0.configuration.commandName == name }
    }

    /// The error for a word that names neither a command nor a file.
    private static func unknownCommand(_ name: String) -> ValidationError {
        let commands = configuration.subcommands.filter { $0.configuration.shouldDisplay }
            .map { $0.configuration.commandName ?? "" }
        let near = Nearest.names(to: name, among: commands)
        let hint =
            near.isEmpty
            ? "the commands are \(commands.joined(separator: ", "))" : "did you mean '\(near[0])'?"
        return ValidationError("'\(name)' is neither a command nor a script; \(hint)")
    }
}

/// `lyceum` alone: the prompt, or Lua code from the command line or standard input.
struct PromptCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "prompt", abstract: "Open the prompt, or run code.",
        usage: LyceumCommand.usage, shouldDisplay: false)

    @Option(
        name: [.customShort("e"), .customLong("execute")],
        help: ArgumentHelp("Run this Lua code; may be given several times.", valueName: "code"))
    var code: [String] = []

    @Flag(
        name: [.customShort("i"), .customLong("interactive")], help: "Open the prompt after the code has run."
    )
    var isInteractive = false

    @OptionGroup var output: OutputOptions
    @OptionGroup var lab: LabOptions
    @OptionGroup var plugins: PluginOptions
    @OptionGroup var modules: ModuleOptions

    func run() throws {
        let terminal = Terminal()
        let readsInput = code.isEmpty && !isInteractive && !terminal.isInputInteractive
        let opensPrompt = isInteractive || (code.isEmpty && !readsInput)
        let session = try Program.session(
            isQuiet: output.isQuiet, lab: lab.folder, plugins: plugins, terminal: terminal)
        try modules.require(in: session)
        for piece in code { try Program.check(session.run(code: piece)) }
        if readsInput { try Program.check(session.run(file: "-")) }
        if opensPrompt { Program.prompt(session) }
    }
}

/// What the commands that run code have in common.
struct OutputOptions: ParsableArguments {
    @Flag(name: [.customShort("q"), .customLong("quiet")], help: "No greeting, no progress.")
    var isQuiet = false
}

/// Where runs, replies and scores are remembered.
struct LabOptions: ParsableArguments {
    @Option(
        name: .customLong("lab"),
        help: ArgumentHelp(
            "Remember runs, replies and scores there; otherwise in LYCEUM_LAB, or in .lyceum of this folder.",
            valueName: "folder"),
        completion: .directory)
    var path: String?

    @Flag(name: .customLong("no-lab"), help: "Remember nothing.")
    var isOff = false

    func validate() throws {
        guard !isOff || path == nil else { throw ValidationError("--no-lab and --lab exclude each other") }
        if path == "" { throw ValidationError("--lab needs the name of a folder") }
    }

    /// Where; nil is nowhere.
    var folder: String? {
        if isOff { return nil }
        let named = Environment.value("LYCEUM_LAB") ?? ""
        return path ?? (named.isEmpty ? LabSession.defaultFolder : named)
    }
}

/// Modules that are there before anything else runs.
struct ModuleOptions: ParsableArguments {
    @Option(
        name: [.customShort("l"), .customLong("library")],
        help: ArgumentHelp("Require this module into a global of its name.", valueName: "module"))
    var names: [String] = []

    func require(in session: Session) throws {
        for name in names { try Program.check(session.require(name)) }
    }
}

/// `lyceum run`: a script.
struct RunCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "run", abstract: "Run a Lua script.",
        usage:
            "lyceum run [--quiet] [--lab FOLDER | --no-lab] [-i] [-l MODULE] [--sandbox …] FILE [ARGUMENT …]",
        discussion: """
            The script finds its arguments in `arg` and `...`, and modules next to it with require.

            --sandbox is for a script that you did not write. It takes away programs (os.execute, io.popen), \
            native libraries, bytecode, finalizers and all but debug.traceback; writing files except below \
            --write; environment variables that may hold secrets, and /proc; plugins except those that came with \
            Lyceum; and it bounds memory, instructions and time. A script may still read your files, and ask \
            teachers at the providers' own addresses, OPENAI_BASE_URL, this machine and every --allow-host; keys of \
            the environment go to no other server, and not to this machine. SECURITY.md says exactly what is promised \
            and what is not.
            """)

    @OptionGroup var output: OutputOptions
    @OptionGroup var lab: LabOptions
    @OptionGroup var plugins: PluginOptions
    @OptionGroup var modules: ModuleOptions
    @OptionGroup var sandbox: SandboxOptions

    @Flag(
        name: [.customShort("i"), .customLong("interactive")],
        help: "Open the prompt after the script has run.")
    var isInteractive = false

    @Option(
        name: .customLong("processes"),
        help: ArgumentHelp(
            "Run the script in this many processes (ranks) on this machine; see help \"several machines\".",
            valueName: "n"))
    var processes: Int?

    @Argument(help: "The script; - is standard input.", completion: .file(extensions: ["lua"]))
    var file: String

    @Argument(parsing: .captureForPassthrough, help: "What the script gets.", completion: .file())
    var arguments: [String] = []

    func validate() throws {
        guard let processes else { return }
        guard (1...1024).contains(processes) else {
            throw ValidationError("--processes is a number from 1 to 1024")
        }
        if isInteractive { throw ValidationError("--processes and -i exclude each other") }
        if file == "-" {
            throw ValidationError("--processes needs a file: only one process can read standard input")
        }
    }

    func run() throws {
        if let processes, processes > 1 {
            var launcher = RankLauncher(count: processes)
            let status = try launcher.run(
                RankLauncher.withoutProcesses(Array(CommandLine.arguments.dropFirst())))
            if status != 0 { throw ExitCode(status) }
            return
        }
        let ranks = try RankSession.join()
        let session = try Program.session(
            isQuiet: output.isQuiet || ranks?.isSilent == true,
            lab: try ranks == nil ? lab.folder : ranks?.lab(of: lab.folder),
            labIsOnlyRead: ranks?.isSilent == true,
            plugins: plugins, terminal: Terminal(), sandbox: try sandbox.sandbox)
        ranks?.attach(to: session)
        try modules.require(in: session)
        let outcome = session.run(file: file, arguments: arguments)
        if isInteractive { return Program.prompt(session) }
        if outcome == .success { ranks?.leave() }
        try Program.check(outcome)
    }
}

/// The options of a sandbox.
struct SandboxOptions: ParsableArguments {
    @Flag(name: .customLong("sandbox"), help: "Keep the script from doing harm.")
    var isSandboxed = false

    @Option(
        name: .customLong("write"),
        help: ArgumentHelp("Where a sandboxed script may write.", valueName: "folder"),
        completion: .directory)
    var folder: String?

    @Option(
        name: .customLong("allow-host"), parsing: .singleValue,
        help: ArgumentHelp(
            "A server that a sandboxed script may talk to and send keys of the environment to, besides the "
                + "providers' own addresses and OPENAI_BASE_URL; can be given several times.",
            valueName: "host"))
    var hosts: [String] = []

    @Option(help: ArgumentHelp("Memory for a sandboxed script's Lua values, in MiB.", valueName: "mib"))
    var memory = 1024

    @Option(help: ArgumentHelp("Lua instructions of a sandboxed script, in millions.", valueName: "millions"))
    var instructions = 100_000

    @Option(
        help: ArgumentHelp(
            "Seconds after which a sandboxed script ends, whatever it does; 0 means no limit.",
            valueName: "seconds"))
    var seconds = 3600

    func validate() throws {
        guard isSandboxed || folder == nil else { throw ValidationError("--write needs --sandbox") }
        guard isSandboxed || hosts.isEmpty else { throw ValidationError("--allow-host needs --sandbox") }
        guard (1...1_000_000).contains(memory), (1...1_000_000_000).contains(instructions),
            (0...1_000_000_000).contains(seconds)
        else { throw ValidationError("--memory, --instructions and --seconds are whole numbers from 1 on") }
    }

    /// What was asked for; nil without --sandbox.
    var sandbox: Sandbox? {
        get throws {
            guard isSandboxed else { return nil }
            return Sandbox(
                folder: folder,
                limits: LuaLimits(
                    memory: memory << 20, instructions: instructions * 1_000_000,
                    seconds: seconds > 0 ? Double(seconds) : nil),
                seconds: seconds, hosts: hosts)
        }
    }
}
