import LuaBridge
import LyceumKit
import Synchronization
import Testing

@testable import Console

/// Whatever is shown, and wherever it comes from, cannot command the terminal.
@Suite struct HostileTextTests {
    /// Escape sequences, C1, DEL, changes of direction, a carriage return: each with a text that would give it away.
    private static let hostile = [
        "\u{1B}[2J", "\u{1B}]0;owned\u{07}", "\u{9B}31m", "\u{9D}0;owned\u{9C}", "\u{7F}", "\u{08}\u{08}",
        "a\rb",
        "\u{202E}txet", "\u{2066}x\u{2069}", "\u{200F}", "\u{61C}", "\u{1B}[8mhidden", "\u{00}",
    ]

    /// Whether only our colours and line breaks are in a text besides what is shown.
    private func isSafe(_ text: String) -> Bool {
        let withoutColours = text.replacing(#/\x{1B}\[(0|1|2|1;31|3[0-7])m/#, with: "")
        return withoutColours.unicodeScalars.allSatisfy {
            $0 == "\n" || $0 == "\t" || !ShownText.isObeyed($0)
        }
    }

    @Test("values, alone and in tables, as keys and as text of several lines", arguments: hostile)
    func values(text: String) throws {
        let state = try LuaState()
        try state.setGlobal("text", .string(text))
        for isColoured in [false, true] {
            let printer = ValuePrinter(state, style: Style(isColoured: isColoured), width: 80)
            for code in [
                "return text", "return text .. '\\n' .. text", "return { text }", "return { [text] = text }",
                "return { a = { b = { c = { text } } } }",
                "return { [{}] = setmetatable({}, { __name = text }) }",
                "return setmetatable({}, { __name = text, __tostring = function() return text end })",
                "return coroutine.create(function() end)", "return io.stdout",
            ] {
                for value in try state.run(code) {
                    let shown = try printer.text(value)
                    #expect(isSafe(shown), "\(code): \(shown.debugDescription)")
                }
            }
        }
    }

    @Test("errors of scripts and of Swift, their place and their traceback", arguments: hostile)
    func errors(text: String) throws {
        let state = try LuaState()
        try state.setGlobal("text", .string(text))
        for isColoured in [false, true] {
            let printer = ErrorPrinter(style: Style(isColoured: isColoured)) { _ in (1, "x = \(text)") }
            #expect(isSafe(printer.text(LyceumError.file(path: text, line: 3, problem: text, remedy: text))))
            #expect(isSafe(printer.text(LyceumError.missingColumn(text, available: [text]))))
            for code in [
                "error(text)", "local function f() error(text) end f()",
                "error(setmetatable({}, { __tostring = function() return text end }))",
            ] {
                for name in ["prompt", "@" + text] where !text.contains("\0") {
                    let error = #expect(throws: LuaError.self) { try state.run(code, name: name) }
                    if let error {
                        let shown = printer.text(error, isSingleLine: true) + printer.text(error)
                        #expect(isSafe(shown), "\(shown.debugDescription)")
                    }
                }
            }
        }
    }

    @Test("a long message is cut, with its length")
    func long() {
        let printer = ErrorPrinter(style: Style(isColoured: false))
        let shown = printer.text(LyceumError.failed(String(repeating: "x", count: 1_000_000), remedy: nil))
        #expect(shown.count < 11_000 && shown.hasSuffix("… (1,000,000 characters)"))
    }

    @Test("progress, notes and warnings", arguments: hostile)
    func progress(text: String) {
        for mode in [ProgressRenderer.Mode.bar, .lines] {
            let written = Mutex("")
            let renderer = ProgressRenderer(mode: mode, width: { 80 }) { piece in
                written.withLock { $0 += piece }
            }
            let job = Job("reading \(text)", listener: renderer.listener)
            job.note(text)
            renderer.warn(text)
            for step in 0..<3 {
                job.update(done: step, of: 3, unit: text, figures: [(name: text, value: text)])
            }
            job.finish(done: 3, of: 3, unit: text, figures: [(name: text, value: text)])
            renderer.clear()
            let shown = written.withLock { $0 }.replacing("\r\u{1B}[K", with: "")
            #expect(isSafe(shown), "\(shown.debugDescription)")
        }
    }

    @Test("completion does not offer names that command the terminal")
    func completion() throws {
        let state = try LuaState()
        try state.setGlobal("t", .table(state.makeTable()))
        try state.run("t.good = 1 t['go\\27[2J'] = 2 _G['go\\u{9b}x'] = 3 good = 4")
        let completer = Completer(state: state)
        for line in ["t.go", "go"] {
            let found = completer.complete(line, start: 0, end: line.utf8.count)
            #expect(found.allSatisfy { isSafe($0.label) && isSafe($0.text) })
            #expect(!found.isEmpty)
        }
    }
}
