import ArgumentParser
import Console

/// The version of Lyceum.
let lyceumVersion = "0.1.0"

/// `lyceum`: the prompt, or Lua code from the command line or standard input.
struct LyceumCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "lyceum",
        abstract: "A workbench for teacher/student language experiments.",
        usage: """
            lyceum                        open the prompt
            lyceum run FILE [ARGUMENT …]  run a Lua script
            lyceum -e CODE                run Lua code
            command | lyceum              run standard input as a script
            """,
        discussion: "help() at the prompt, or lyceum -e 'help()', explains what Lua code can use.",
        version: "lyceum \(lyceumVersion)",
        subcommands: [RunCommand.self, PluginCommand.self, DoctorCommand.self])

    @Option(
        name: [.customShort("e"), .customLong("execute")],
        help: ArgumentHelp("Run this Lua code; may be given several times.", valueName: "code"))
    var code: [String] = []

    @Flag(
        name: [.customShort("i"), .customLong("interactive")], help: "Open the prompt after the code has run."
    )
    var isInteractive = false

    @OptionGroup var output: OutputOptions

    @Argument(help: ArgumentHelp("- runs standard input as a script.", valueName: "-"))
    var input: String?

    func validate() throws {
        guard let input, input != "-" else { return }
        throw ValidationError("unknown command '\(input)'; to run a script: lyceum run \(input)")
    }

    func run() throws {
        let terminal = Terminal()
        let readsInput = input == "-" || (code.isEmpty && !isInteractive && !terminal.isInputInteractive)
        let opensPrompt = isInteractive || (code.isEmpty && !readsInput)
        let session = try Program.session(isQuiet: output.isQuiet, terminal: terminal)
        for piece in code { try Program.check(session.run(code: piece)) }
        if readsInput { try Program.check(session.run(file: "-")) }
        if opensPrompt { Program.prompt(session) }
    }

    /// `lyceum --quiet run …` means `lyceum run --quiet …`: the flag moves behind the subcommand.
    static func quietMoved(_ arguments: [String]) -> [String] {
        let flags = arguments.prefix { $0 == "--quiet" || $0 == "-q" }
        let rest = arguments.dropFirst(flags.count)
        guard !flags.isEmpty, let command = rest.first, !command.hasPrefix("-") else { return arguments }
        return command == "run" ? [command, "--quiet"] + rest.dropFirst() : Array(rest)
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
