import LuaBridge
import LyceumKit

/// The prompt: reads lines of Lua, runs them, shows what comes out.
public final class Prompt {
    private let session: Session
    private let history: History
    private let reader: ChunkReader
    private var editor: LineEditor?
    /// The results of earlier lines, the latest first.
    private var results: [LuaValue] = []
    private var showsTime = false

    /// Results that stay in reach as `_1` … `_9`.
    private static let keptResults = 9
    /// From this time on a line tells how long it took.
    private static let worthTelling = Duration.seconds(1)

    private static let help = """
        Lua 5.4 code runs as you type it; the value of an expression is shown. Unfinished code goes on in the
        next line. A ';' at the end hides the result.
          help()         what there is; help(x), ? x or help "name" explain one thing
          _              the last result; _1, _2, … _9 the last, the one before, …
          Tab            completes names, options, files; Ctrl-R searches the history
          Ctrl-C         stops what runs, or clears the line; Ctrl-D leaves
          :time          tells, or stops telling, how long each line takes
          :quit          leaves
        """

    /// Prepares a prompt and loads the history.
    ///
    /// - Parameter version: of the program, for the greeting.
    public init(session: Session, version: String) {
        self.session = session
        reader = ChunkReader(state: session.state)
        let folder = Environment.folder("XDG_STATE_HOME", fallback: ".local/state")
        history = History(path: folder.map { $0 + "/history" }) { Terminal.report("warning: \($0)") }
        if !session.isQuiet {
            Terminal.write(
                "Lyceum \(version), \(LuaState.version). help() explains, Tab completes, Ctrl-D leaves.\n")
        }
    }

    /// Reads and runs lines until the user leaves.
    public func run() {
        let completer = Completer(state: session.state)
        editor = LineEditor { completer.complete($0, start: $1, end: $2) }
        history.showToReadline()
        var pending = ""
        while true {
            switch editor?.read(prompt: pending.isEmpty ? "> " : ">> ") {
            case .line(let line):
                pending += pending.isEmpty ? line : "\n" + line
                switch handle(pending) {
                case .done: pending = ""
                case .unfinished: continue
                case .leave: return
                }
            case .interrupted: pending = ""
            case .end, nil:
                if pending.isEmpty {
                    Terminal.write("\n")
                    return
                }
                // Ctrl-D inside a block gives the block up, not the session.
                Terminal.write("\n")
                pending = ""
            }
        }
    }

    private enum Handling { case done, unfinished, leave }

    private func handle(_ text: String) -> Handling {
        let bare = text.trimmed
        if bare.isEmpty { return .done }
        if bare.hasPrefix(":"), !bare.hasPrefix("::") {
            history.add(text)
            return command(bare)
        }
        if bare.hasPrefix("?") {
            history.add(text)
            explain(String(bare.dropFirst()).trimmed)
            return .done
        }
        var isUnfinished = false
        _ = session.guarded(isSingleLine: !text.contains("\n")) {
            let reading: ChunkReader.Reading
            do {
                reading = try reader.read(text)
            } catch {
                history.add(text)
                throw error
            }
            switch reading {
            case .incomplete: isUnfinished = true
            case .code(let code, let isSilent):
                history.add(text)
                try run(code, isSilent: isSilent)
            }
        }
        return isUnfinished ? .unfinished : .done
    }

    private func run(_ code: LuaClosure, isSilent: Bool) throws {
        let begun = ContinuousClock.now
        defer {
            let elapsed = ContinuousClock.now - begun
            if showsTime || (elapsed >= Self.worthTelling && !session.isQuiet) {
                let span = ProgressRenderer.clock(elapsed / .seconds(1))
                Terminal.report(
                    session.outputStyle.faint(showsTime && elapsed < .seconds(1) ? ms(elapsed) : span))
            }
        }
        let values = try session.state.call(code)
        session.progress.clear()
        if values.isEmpty { return }
        try remember(values)
        if isSilent || values.allSatisfy(\.isNil) { return }
        let printer = ValuePrinter(session.state, style: session.outputStyle, width: Terminal.width)
        Terminal.write(try values.map { try printer.text($0) + "\n" }.joined())
    }

    private func ms(_ elapsed: Duration) -> String { "\((elapsed / .milliseconds(1)).fixed(2)) ms" }

    /// Sets `_` and `_1` … `_9`.
    private func remember(_ values: [LuaValue]) throws {
        guard let first = values.first, !first.isNil else { return }
        results = Array(([first] + results).prefix(Self.keptResults))
        try session.state.setGlobal("_", first)
        for (position, value) in results.enumerated() {
            try session.state.setGlobal("_\(position + 1)", value)
        }
    }

    private func command(_ text: String) -> Handling {
        switch text {
        case ":quit", ":q", ":exit": return .leave
        case ":help": Terminal.write(Self.help + "\n")
        case ":time":
            showsTime.toggle()
            Terminal.write(showsTime ? "times are shown\n" : "times are shown from one second on\n")
        default:
            _ = session.guarded {
                throw LyceumError.unknownName(
                    kind: "command", name: text, known: [":help", ":quit", ":time"], remedy: nil)
            }
        }
        return .done
    }

    /// `? x`: help about a name, or about the value of an expression.
    private func explain(_ text: String) {
        _ = session.guarded(isSingleLine: true) {
            let state = session.state
            guard let help = try state.global("help").function else { return }
            if text.isEmpty {
                try help()
            } else if state.documentation.entry(named: text) != nil {
                try help([.string(text)])
            } else if let code = try? state.load("return " + text, name: ErrorPrinter.promptName),
                let value = try? code().first, !value.isNil
            {
                try help([value])
            } else {
                try help([.string(text)])
            }
        }
    }
}

extension String {
    /// Without white space at both ends.
    fileprivate var trimmed: String {
        var rest = self[...]
        while rest.first?.isWhitespace == true { rest.removeFirst() }
        while rest.last?.isWhitespace == true { rest.removeLast() }
        return String(rest)
    }
}
