import Glibc
import LuaBridge
import LyceumKit

// The commands that begin with a colon.
extension REPL {
    /// Entries that `:history` lists unless told otherwise.
    private static let listed = 20

    /// Runs a command.
    func command(_ text: String) -> Handling {
        let space = text.firstIndex { $0.isWhitespace } ?? text.endIndex
        let name = String(text[..<space])
        let argument = String(text[space...]).trimmed
        switch name {
        case ":quit", ":q", ":exit": return .leave
        case ":help": Terminal.write(Self.help + "\n")
        case ":load": load(argument)
        case ":edit": return edit(argument) ? .done : .leave
        case ":history": list(argument)
        case ":time": time(argument)
        case ":vars": listVariables()
        default:
            _ = session.guarded {
                throw LyceumError.unknownName(
                    kind: "command", name: name, known: ColonCommand.all.map(\.name), remedy: nil)
            }
        }
        return .done
    }

    private static var help: String {
        let commands = ColonCommand.all.map { command -> String in
            let left = command.argument.isEmpty ? command.name : "\(command.name) \(command.argument)"
            return "  " + DisplayWidth.fit(left, to: 20) + command.summary
        }
        return """
            Lua 5.4 code runs as you type it; the value of an expression is shown, also of the last one of several
            statements. Unfinished code goes on in the next line. A ';' at the end hides the result.
              help()              what there is; help(x), ? x, x? or help "name" explain one thing
              print(x), show(x)   what the prompt shows, also in scripts; show gives all of it
              !command            runs a command of the shell
              _                   the last result; _1, _2, … _9 the last, the one before, …
              Tab                 completes names, options, columns, files; a second Tab lists them with hints
              Ctrl-R              searches the history; Ctrl-X Ctrl-E goes on in $VISUAL or $EDITOR
              Ctrl-C              stops what runs, keeping what was done, or clears the line; Ctrl-D or exit leaves

            """ + commands.joined(separator: "\n")
    }

    /// Runs a command of the shell, which gets the terminal and the signals of its keys.
    func runShell(_ command: String) {
        guard !command.isEmpty else { return refuse("!", "a command of the shell, as in !ls") }
        Terminal.write("")
        let status = command.withCString { system($0) }
        // waitpid's status: the low bits are a signal.
        let code = status & 0x7F == 0 ? (status >> 8) & 0xFF : 128 + (status & 0x7F)
        if status < 0 {
            Terminal.report("error: the shell cannot be started")
        } else if code != 0 {
            Terminal.report(session.outputStyle.faint("exit status \(code)"))
        }
    }

    /// The user's own global variables: what neither Lua nor Lyceum brought.
    private func listVariables() {
        let state = session.state
        let documented = state.documentation.modules.map(\.name) + state.documentation.functions.map(\.name)
        let brought = LuaSyntax.globals.union(documented)
        let names = state.globalNames().filter { name in
            !brought.contains(name) && !name.hasPrefix("_") && LuaSyntax.isName(name)
        }.sorted()
        if names.isEmpty { return Terminal.write("no variables yet\n") }
        let printer = ValuePrinter(state, style: Style(isColoured: false), width: 10_000)
        var rows: [(name: String, type: String, text: String)] = []
        _ = session.guarded {
            for name in names {
                let value = try state.global(name)
                let text = try value.object == nil ? printer.text(value) : state.describe(value)
                rows.append((name, state.typeName(value), DisplayWidth.oneLine(text, limit: 500)))
            }
        }
        let widths = (rows.map(\.name.count).max() ?? 0, rows.map(\.type.count).max() ?? 0)
        for row in rows {
            let line =
                DisplayWidth.fit(row.name, to: widths.0) + "  " + DisplayWidth.fit(row.type, to: widths.1)
                + "  "
                + row.text
            Terminal.write(DisplayWidth.cut(line, to: Terminal.width) + "\n")
        }
    }

    private func load(_ path: String) {
        guard !path.isEmpty else { return refuse(":load", "the path of a script") }
        _ = session.run(file: Files.expandingHome(path))
    }

    private func edit(_ typed: String) -> Bool {
        let path = Files.expandingHome(typed)
        guard path.isEmpty else {
            var isEdited = false
            _ = session.guarded {
                try ExternalEditor.open(path)
                isEdited = Files.exists(path)
            }
            if isEdited { _ = session.run(file: path) }
            return true
        }
        return takeFromEditor(history.entries.last { !$0.hasPrefix(":") } ?? "")
    }

    private func list(_ argument: String) {
        let numbered = history.entries.enumerated().map { (number: $0 + 1, text: $1) }
        let count = argument.isEmpty ? Self.listed : Int(argument)
        let chosen =
            count.map { Array(numbered.suffix(max($0, 0))) } ?? numbered.filter { $0.text.contains(argument) }
        let width = "\(numbered.count)".count
        for (number, text) in chosen {
            let label = String(repeating: " ", count: width - "\(number)".count) + "\(number)"
            let margin = "\n" + String(repeating: " ", count: width + 2)
            Terminal.write(label + "  " + ShownText.safe(text).replacing("\n", with: margin) + "\n")
        }
    }

    private func time(_ code: String) {
        if code.isEmpty {
            showsTime.toggle()
            Terminal.write(showsTime ? "times are shown\n" : "times are shown from one second on\n")
        } else if !evaluate(code, timed: true) {
            refuse(":time", "code that fits on the line")
        }
    }

    private func refuse(_ command: String, _ expected: String) {
        _ = session.guarded {
            throw LyceumError.invalid(
                command, expected: expected, got: "nothing of the kind", remedy: ":help")
        }
    }
}
