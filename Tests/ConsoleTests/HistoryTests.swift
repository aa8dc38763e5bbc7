import Glibc
import LyceumKit
import Synchronization
import TestSupport
import Testing

@testable import Console

/// The history file.
@Suite(.serialized) struct HistoryTests {

    @Test("entries survive, blocks as one entry, the later of two equal ones")
    func roundTrip() throws {
        try withFolder(isMade: false) { folder in
            let path = folder + "/state/history"
            let first = History(path: path) { Issue.record("\($0)") }
            for entry in ["a = 1", "for i = 1, 2 do\n  print('\\n')\nend", "b = 2", "a = 1", "  ", "c \n"] {
                first.add(entry)
            }
            let expected = ["for i = 1, 2 do\n  print('\\n')\nend", "b = 2", "a = 1", "c"]
            #expect(first.entries == expected)
            #expect(History(path: path) { Issue.record("\($0)") }.entries == expected)
            var status = stat()
            stat(path, &status)
            #expect(status.st_mode & 0o077 == 0)
        }
    }

    @Test("two sessions at a time lose nothing of each other")
    func twoSessions() throws {
        try withFolder(isMade: false) { folder in
            let one = History(path: folder + "/history") { Issue.record("\($0)") }
            let two = History(path: folder + "/history") { Issue.record("\($0)") }
            one.add("a = 1")
            two.add("b = 2")
            one.add("c = 3")
            #expect(one.entries == ["a = 1", "b = 2", "c = 3"])
        }
    }

    @Test(
        "lines with keys are never kept",
        arguments: [
            "k = 'sk-abcdefgh12345678'", "teacher.open { 'openai', api_key = 'abc' }", "API_KEY = \"x\"",
            "t['api_key'] = [[abc]]", "token = 'xyz'", "h = 'Bearer abcdefgh12345'",
        ])
    func secrets(line: String) throws {
        let history = History(path: nil) { _ in }
        history.add(line)
        #expect(history.entries.isEmpty)
    }

    @Test(
        "harmless lines are kept",
        arguments: ["desk-top = 1", "print(api_key)", "num_tokens = 5", "ask = 'sk'"])
    func harmless(line: String) throws {
        #expect(!History.holdsSecret(line))
    }

    @Test("the number of entries is limited")
    func capped() {
        let entries = (0..<12_000).map { "x = \($0)" }
        #expect(History.unique(entries).count == 10_000)
        #expect(History.unique(entries).last == "x = 11999")
    }

    @Test("a path that cannot be written is reported once, and no more than that")
    func unwritable() throws {
        var warnings = 0
        let history = History(path: "/dev/null/no/history") { _ in warnings += 1 }
        history.add("a = 1")
        history.add("b = 2")
        #expect(warnings == 1)
        #expect(history.entries == ["a = 1", "b = 2"])
    }
}

/// Progress on a terminal and elsewhere.
@Suite struct ProgressTests {
    /// Collects what is written.
    private final class Output: Sendable {
        private let parts = Mutex<[String]>([])
        func write(_ text: String) { parts.withLock { $0.append(text) } }
        var text: String { parts.withLock { $0.joined() } }
    }

    private func report(_ mode: ProgressRenderer.Mode, _ body: (Job) -> Void) -> String {
        let output = Output()
        let renderer = ProgressRenderer(mode: mode, width: { 60 }, write: { output.write($0) })
        body(Job("training t5", listener: renderer.listener))
        renderer.clear()
        return output.text
    }

    @Test("a bar is drawn within the width and erased in the end")
    func bar() {
        let text = report(.bar) { $0.update(done: 5, of: 10, unit: "steps", figures: [("loss", "3.21")]) }
        #expect(text == "\r\u{1B}[Ktraining t5  ██████████░░░░░░░░░░  5/10 steps  loss 3.21\r\u{1B}[K")
    }

    @Test("notes stay, silence is silent, short jobs leave no line")
    func notes() {
        #expect(report(.lines) { $0.note("kept 3 rows") } == "kept 3 rows\n")
        #expect(report(.silent) { $0.note("kept 3 rows") } == "")
        #expect(report(.lines) { $0.finish(done: 3, of: 3, unit: "steps") } == "")
    }

    @Test("figures give speed and time left")
    func figures() throws {
        let kept = Mutex<Job.Progress?>(nil)
        let listener = Job.Listener(progress: { report in kept.withLock { $0 = report } }, note: { _ in })
        Job("x", listener: listener).update(done: 50, of: 200, unit: "steps", figures: [("loss", "2.5")])
        let progress = try #require(kept.withLock { $0 })
        #expect(
            ProgressRenderer.figures(progress, .seconds(10), since: 0) == ["5.0/s", "ETA 0:30", "loss 2.5"])
        #expect(ProgressRenderer.clock(4.25) == "4.2 s" || ProgressRenderer.clock(4.25) == "4.3 s")
        #expect(ProgressRenderer.clock(187) == "3:07")
        #expect(ProgressRenderer.clock(3723) == "1:02:03")
        #expect(ProgressRenderer.clock(.infinity) == "?")
    }
}
