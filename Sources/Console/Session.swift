import Glibc
import LuaBridge
import LyceumKit

/// One run of the program: an interpreter, what it may show, and how a script ended.
public final class Session {
    /// How code ended, as exit statuses of the program.
    public enum Outcome: Int32, Sendable {
        /// Without an error.
        case success = 0
        /// With an error, which has been reported.
        case failure = 1
        /// The user interrupted it.
        case interrupted = 130
    }

    /// The interpreter.
    public let state: LuaState
    let terminal: Terminal
    let progress: ProgressRenderer
    let isQuiet: Bool
    let outputStyle: Style
    private let errors: ErrorPrinter
    /// Told of every error that is reported, before it is; says how to report it, or nil to keep it quiet. For ranks.
    public var reporting: ((String) -> String?)?
    private let sources = SourceLines()

    /// Prepares a session; from now on Ctrl-C interrupts the code of `state`.
    ///
    /// - Parameter isQuiet: whether the greeting and the times are left out.
    public init(state: LuaState, terminal: Terminal, progress: ProgressRenderer, isQuiet: Bool) {
        self.state = state
        self.terminal = terminal
        self.progress = progress
        self.isQuiet = isQuiet
        outputStyle = Style(isColoured: terminal.isOutputInteractive && terminal.allowsColour)
        errors = ErrorPrinter(
            style: Style(isColoured: terminal.isErrorInteractive && terminal.allowsColour),
            sourceLine: { [sources] in sources.line(of: $0) })
        state.catchInterrupts()
    }

    /// Runs a script file.
    ///
    /// - Parameters:
    ///   - path: the file; "-" is standard input.
    ///   - arguments: what the script finds in `arg[1]`, `arg[2]`, … and in `...`.
    public func run(file path: String, arguments: [String] = []) -> Outcome {
        guarded {
            let isInput = path == "-"
            let source = try Files.read(isInput ? "/dev/stdin" : path)
            let text = try Files.text(of: source, name: isInput ? "standard input" : path)
            if !isInput { try findModules(near: path) }
            try setArguments(script: path, arguments)
            sources.keep(text, name: isInput ? "stdin" : path)
            try state.run(
                text, name: isInput ? "stdin" : "@" + path, arguments: arguments.map(LuaValue.string))
        }
    }

    /// Runs code from the command line.
    public func run(code: String) -> Outcome {
        guarded {
            try setArguments(script: "-e", [])
            try state.run(try Files.text(of: Array(code.utf8), name: "-e"), name: "command line")
        }
    }

    /// Requires a module into a global variable of its name, as `-l` of the `lua` program does.
    public func require(_ module: String) -> Outcome {
        guarded {
            guard let require = try state.global("require").function else { return }
            try state.setGlobal(module, try require([.string(module)]).first ?? .nil)
        }
    }

    /// Runs the user's own start-up file, `lyceum/init.lua` in the configuration folder, if there is one.
    public func runStartUpFile() -> Outcome {
        guard let folder = Environment.folder("XDG_CONFIG_HOME", fallback: ".config") else { return .success }
        let path = folder + "/init.lua"
        return Files.exists(path) ? run(file: path) : .success
    }

    /// Keeps what was typed, for errors in it.
    func keep(typed text: String) { sources.keep(text, name: ErrorPrinter.promptName) }

    /// Runs `body` and reports its error. If a signal has asked the program to end, it ends here.
    func guarded(isSingleLine: Bool = false, _ body: () throws -> Void) -> Outcome {
        defer { leaveIfAsked() }
        do {
            try body()
            progress.clear()
            try Terminal.checkOutput()
            return .success
        } catch {
            progress.clear()
            let isInterrupt = (error as? LuaError)?.isInterrupt == true
            // The terminal has just shown ^C.
            let lead = isInterrupt && terminal.isErrorInteractive ? "\n" : ""
            let text = errors.text(error, isSingleLine: isSingleLine)
            if let text = reporting.map({ $0(text) }) ?? text { Terminal.report(lead + text) }
            return isInterrupt ? .interrupted : .failure
        }
    }

    /// Ends the program, with status 128 + the signal's number, if a signal has asked for it.
    func leaveIfAsked() {
        guard let signal = Interrupt.leaving else { return }
        progress.clear()
        exit(128 + signal)
    }

    /// Lets `require` find modules next to a script.
    private func findModules(near path: String) throws {
        guard let package = try state.global("package").table else { return }
        let folder = Files.parent(of: path)
        let known = try package.get("path").string ?? ""
        try package.set("path", .string("\(folder)/?.lua;\(folder)/?/init.lua;\(known)"))
    }

    /// Sets the global table `arg`, as the `lua` program does.
    private func setArguments(script: String, _ arguments: [String]) throws {
        let table = try state.makeTable()
        for (position, argument) in ([script] + arguments).enumerated() {
            try table.set(position, .string(argument))
        }
        try state.setGlobal("arg", .table(table))
    }
}
