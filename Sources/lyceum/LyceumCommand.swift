import ArgumentParser
import Console

/// The version of Lyceum.
let lyceumVersion = "0.1.0"

/// `lyceum`: chooses the command; without one, `PromptCommand`.
struct LyceumCommand: ParsableCommand {
    fileprivate static let usage = """
        lyceum [-q]                   open the prompt
        lyceum run FILE [ARGUMENT …]  run a Lua script
        lyceum -e CODE [-e CODE …]    run Lua code; -i opens the prompt afterwards
        command | lyceum [-]          run standard input as a script
        """

    static let configuration = CommandConfiguration(
        commandName: "lyceum",
        abstract: "A workbench for teacher/student language experiments.",
        usage: usage,
        discussion: """
            -q, --quiet leaves out the greeting and the progress.
            help() at the prompt, or lyceum -e 'help()', explains what Lua code can use.
            Exit status: 0 success, 1 failure, 2 wrong usage, 130 interrupted.
            """,
        version: "lyceum \(lyceumVersion)",
        subcommands: [PromptCommand.self, RunCommand.self, PluginCommand.self, DoctorCommand.self],
        defaultSubcommand: PromptCommand.self)

    /// The arguments in the form that the parser knows: `lyceum -` means `lyceum run -`, and
    /// `lyceum --quiet run …` means `lyceum run --quiet …`.
    static func prepared(_ arguments: [String]) -> [String] {
        let flags = arguments.prefix { $0 == "--quiet" || $0 == "-q" }
        let rest = arguments.dropFirst(flags.count)
        switch rest.first {
        case "-": return ["run"] + flags + rest
        case "run": return ["run"] + flags + rest.dropFirst()
        case "plugin", "doctor": return Array(rest)
        default: return arguments
        }
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

    func run() throws {
        let terminal = Terminal()
        let readsInput = code.isEmpty && !isInteractive && !terminal.isInputInteractive
        let opensPrompt = isInteractive || (code.isEmpty && !readsInput)
        let session = try Program.session(isQuiet: output.isQuiet, terminal: terminal)
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

/// `lyceum run`: a script.
struct RunCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "run", abstract: "Run a Lua script.",
        usage: "lyceum run [--quiet] [-i] FILE [ARGUMENT …]",
        discussion: "The script finds its arguments in `arg` and `...`, and modules beside it with require.")

    @OptionGroup var output: OutputOptions

    @Flag(
        name: [.customShort("i"), .customLong("interactive")],
        help: "Open the prompt after the script has run.")
    var isInteractive = false

    @Argument(help: "The script; - is standard input.")
    var file: String

    @Argument(parsing: .captureForPassthrough, help: "What the script gets.")
    var arguments: [String] = []

    func run() throws {
        let session = try Program.session(isQuiet: output.isQuiet, terminal: Terminal())
        let outcome = session.run(file: file, arguments: arguments)
        if isInteractive { return Program.prompt(session) }
        try Program.check(outcome)
    }
}
