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

    @Test("an example runs", arguments: scripts)
    func running(script: String) throws {
        let program = try Program()
        defer { program.remove() }
        let result = try program.run(["-q", "run", Self.folder.appending(path: script).path])
        #expect(result.status == 0, "\(result.errors)")
        #expect(!result.output.isEmpty)
        #expect(!result.output.contains("0x"), "addresses are of no use to a reader")
    }
}
