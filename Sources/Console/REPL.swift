import LuaBridge
import LyceumKit

/// The prompt: reads lines of Lua, runs them, shows what comes out.
public final class REPL {
    let session: Session
    let history: History
    private let reader: ChunkReader
    private var editor: LineEditor?
    /// The lines of a block that is not finished yet.
    private var pending = ""
    /// The results of earlier lines, the latest first.
    private var results: [LuaValue] = []
    /// Whether every line reports how long it took.
    var showsTime = false

    /// Results that stay in reach as `_1` … `_9`.
    private static let keptResults = 9
    /// From this time on a line reports how long it took.
    private static let worthReporting = Duration.seconds(1)

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
        editor = LineEditor { [unowned self] in
            completer.complete($0, start: $1, end: $2, preceding: pending)
        }
        history.showToReadline()
        while true {
            session.leaveIfAsked()
            switch editor?.read(prompt: pending.isEmpty ? "> " : ">> ") {
            case .line(let line):
                if !take(line) { return }
            case .edit(let line):
                if !takeEdited(line) { return }
            case .interrupted: pending = ""
            case .leave: continue
            case .end, nil:
                Terminal.write("\n")
                if pending.isEmpty { return }
                // Ctrl-D inside a block gives the block up, not the session.
                pending = ""
            }
        }
    }

    /// Takes a line, as a block of its own or the next of the unfinished one; false to leave.
    private func take(_ line: String) -> Bool {
        pending += pending.isEmpty ? line : "\n" + line
        let text = pending
        switch handle(text) {
        case .done: pending = ""
        case .unfinished: break
        case .leave: return false
        }
        return true
    }

    /// Lets the user go on in an editor, and takes what comes back.
    private func takeEdited(_ line: String) -> Bool {
        let begun = pending.isEmpty ? line : pending + "\n" + line
        pending = ""
        return takeFromEditor(begun)
    }

    /// Opens a text in the editor and runs what comes back; false to leave.
    func takeFromEditor(_ text: String) -> Bool {
        var written = ""
        _ = session.guarded { written = try ExternalEditor.edit(text).trimmed }
        if written.isEmpty { return true }
        for (position, line) in written.split(separator: "\n", omittingEmptySubsequences: false).enumerated()
        {
            Terminal.write((position == 0 ? "> " : ">> ") + line + "\n")
        }
        return take(written)
    }

    /// What became of a text.
    enum Handling { case done, unfinished, leave }

    private func handle(_ text: String) -> Handling {
        let bare = text.trimmed
        if bare.isEmpty { return .done }
        if bare.hasPrefix(":"), !bare.hasPrefix("::") {
            history.add(text)
            pending = ""
            return command(bare)
        }
        if bare.hasPrefix("?") || bare.wholeMatch(of: /[A-Za-z_][A-Za-z0-9_.:]*\?{1,2}/) != nil {
            history.add(text)
            explain(bare.trimmed(of: "?"))
            return .done
        }
        if bare.hasPrefix("!") {
            history.add(text)
            runShell(String(bare.dropFirst()).trimmed)
            return .done
        }
        if isFarewell(bare) { return .leave }
        return evaluate(text, timed: showsTime) ? .done : .unfinished
    }

    /// Whether a line is what leaves other prompts, and means nothing else here.
    private func isFarewell(_ line: String) -> Bool {
        let name = line.hasSuffix("()") ? String(line.dropLast(2)) : line
        guard ["exit", "quit"].contains(name) else { return false }
        return (try? session.state.global(name))?.isNil == true
    }

    /// Runs a text; false if it is not finished yet.
    func evaluate(_ text: String, timed: Bool) -> Bool {
        var isUnfinished = false
        var elapsed: Duration?
        session.keep(typed: text)
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
                let begun = ContinuousClock.now
                defer { elapsed = ContinuousClock.now - begun }
                let isShown = !isSilent && session.terminal.isOutputInteractive && Self.isPlainCall(text)
                session.state.liveOutput = isShown ? { Terminal.write(ShownText.safe($0)) } : nil
                defer { session.state.liveOutput = nil }
                try run(code, isSilent: isSilent)
                noteLocals(text)
            }
        }
        keepInterrupted()
        if let elapsed, timed || (elapsed >= Self.worthReporting && !session.isQuiet) {
            let span = ProgressRenderer.clock(elapsed / .seconds(1))
            Terminal.report(session.outputStyle.faint(timed && elapsed < .seconds(1) ? ms(elapsed) : span))
        }
        return !isUnfinished
    }

    /// Whether a line is the call of a variable, as in `gpt "…"`: its value may be shown while it grows.
    private static func isPlainCall(_ text: String) -> Bool {
        text.prefixMatch(of: /\s*[A-Za-z_][A-Za-z0-9_]*\s*[("'\[{]/) != nil
    }

    /// After an interruption the text that was shown, or what was made until then, is the value of the line.
    private func keepInterrupted() {
        if let left = session.state.leftOver {
            session.state.leftOver = nil
            if session.guarded(isSingleLine: true, { try remember([left]) }) == .success {
                Terminal.report(session.outputStyle.faint("what there is so far is in _"))
            }
        }
        guard let text = session.state.shownText else { return }
        session.state.shownText = nil
        Terminal.write("\n")
        _ = session.guarded(isSingleLine: true) { try remember([.string(text)]) }
    }

    /// A local variable of the prompt ends with its line, which surprises everyone once.
    private func noteLocals(_ text: String) {
        let names = StatementStarts.unusedLocals(text)
        guard !names.isEmpty, !session.isQuiet else { return }
        let list = names.map { "'\($0)'" }.joined(separator: ", ")
        Terminal.report(
            session.outputStyle.faint(
                "\(list) ended with this line, being local; leave out 'local' to keep "
                    + (names.count == 1 ? "it" : "them")))
    }

    private func run(_ code: LuaClosure, isSilent: Bool) throws {
        session.state.leftOver = nil
        session.state.remark = nil
        session.state.quietValue = nil
        let values = try session.state.call(code)
        session.progress.clear()
        // A script that caught the error has gone on without it.
        session.state.leftOver = nil
        let shown = session.state.shownText
        session.state.shownText = nil
        if values.isEmpty { return }
        try remember(values)
        if values.count == 1, let text = values.first?.string, text == shown {
            Terminal.write("\n")
            if let remark = session.state.remark { Terminal.report(session.outputStyle.faint(remark)) }
            return
        }
        if isSilent { return }
        let isQuiet =
            values.count == 1 && values.first?.object.map { $0 === session.state.quietValue } == true
        if !isQuiet {
            let printer = ValuePrinter(session.state, style: session.outputStyle, width: Terminal.width)
            Terminal.write(try values.map { try printer.text($0) + "\n" }.joined())
        }
        if let remark = session.state.remark { Terminal.report(session.outputStyle.faint(remark)) }
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

    /// `? x`: help about a name, or about the value of an expression.
    private func explain(_ text: String) {
        _ = session.guarded(isSingleLine: true) {
            let state = session.state
            guard let help = try state.global("help").function else { return }
            if text.isEmpty {
                try help()
            } else if let value = try? state.global(text), value.object != nil {
                // A variable first, whatever else has its name.
                Terminal.write("\(text): \(DisplayWidth.oneLine(try state.describe(value), limit: 300))\n\n")
                try help([value])
                if case .topic? = state.documentation.entry(named: text) {
                    Terminal.write("\nhelp \"\(text)\" is about another '\(text)'\n")
                }
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
    /// Without this mark and white space at both ends.
    func trimmed(of mark: Character) -> String {
        var rest = self[...]
        while let first = rest.first, first == mark || first.isWhitespace { rest.removeFirst() }
        while let last = rest.last, last == mark || last.isWhitespace { rest.removeLast() }
        return String(rest)
    }
}
