import Foundation
import Testing

/// The scripts of scripts/examples run as they are and print something.
@Suite struct ExamplesTests {
    private static let folder = URL(filePath: #filePath).deletingLastPathComponent()
        .deletingLastPathComponent()
        .deletingLastPathComponent().appending(path: "scripts/examples")

    static let scripts: [String] =
        ((try? FileManager.default.contentsOfDirectory(atPath: folder.path)) ?? []).filter {
            $0.hasSuffix(".lua")
        }
        .sorted()

    @Test("there are at least six")
    func count() { #expect(Self.scripts.count >= 6) }

    /// What each shows of its tables.
    private static let shown = [
        "classify.lua": "95 % interval of F1", "compare.lua": "95 % interval of F1",
        "few-shot.lua": "3 rows × 2 columns", "judge.lua": "95 % interval of F",
        "quickstart.lua": "16 rows × 3 columns", "resume.lua": "20",
    ]

    @Test("an example runs, and shows its tables as the prompt does", arguments: scripts)
    func running(script: String) throws {
        let program = try Program()
        defer { program.remove() }
        let result = try program.run(["-q", "run", Self.folder.appending(path: script).path])
        #expect(result.status == 0, "\(result.errors)")
        #expect(!result.output.isEmpty)
        #expect(result.output.contains(Self.shown[script] ?? "\n"), "\(result.output)")
        #expect(!result.output.contains("0x"), "addresses are of no use to a reader")
    }

    @Test("every line of the tutorial's page stands in its script")
    func tutorial() throws {
        func text(_ name: String) throws -> String {
            try String(contentsOf: Self.folder.appending(path: name), encoding: .utf8)
        }
        let script = Set(try text("tutorial.lua").components(separatedBy: "\n"))
        let blocks = try text("tutorial.md").components(separatedBy: "```lua\n").dropFirst()
        let lines = blocks.flatMap {
            ($0.components(separatedBy: "```").first ?? "").components(separatedBy: "\n")
        }
        #expect(lines.count > 15)
        for line in lines where !line.isEmpty { #expect(script.contains(line), "\(line)") }
    }
}
