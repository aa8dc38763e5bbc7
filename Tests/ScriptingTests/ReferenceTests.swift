import Glibc
import LuaBridge
import LyceumKit
import Testing

/// The reference in Scripting.docc is what the declarations say.
///
/// `LYCEUM_RECORD=1 swift test --filter ReferenceTests` writes it again.
@Suite struct ReferenceTests {
    private static let note =
        "Written by ReferenceTests from the declarations in Sources/Scripting; do not edit."

    /// Compares a file of the catalogue with what it should be, or writes it.
    private func check(_ name: String, _ text: String) throws {
        let root = #filePath.split(separator: "/").dropLast(3).joined(separator: "/")
        let path = "/\(root)/Sources/Scripting/Scripting.docc/\(name)"
        if getenv("LYCEUM_RECORD") != nil {
            try Files.makeFolder(Files.parent(of: path))
            try Files.write(text, to: path)
        }
        let stored = Files.exists(path) ? String(decoding: try Files.read(path), as: UTF8.self) : ""
        let difference = zip(text.split(separator: "\n"), stored.split(separator: "\n")).first { $0 != $1 }
        #expect(
            text == stored,
            "\(name) has drifted from the declarations, first at '\(difference?.0 ?? "its end")'; to write it again: LYCEUM_RECORD=1 swift test --filter ReferenceTests"
        )
    }

    @Test func markdown() throws {
        let state = try makeState()
        let heading = """
            # Lua API

            What Lua code can use, as `help()` shows it at the prompt. Options of architectures are on the page of
            each plugin and in `help "t5"`.

            <!-- \(Self.note) -->
            """
        try check("API.md", try ReferencePages(state.documentation).text(heading: heading))
    }

    @Test func stubs() throws {
        let text = StubFile(try makeState().documentation).text(heading: Self.note)
        try check("lyceum.lua", text)
        // An editor reads it as Lua: it must compile.
        _ = try LuaState().load(text, name: "lyceum.lua")
    }
}
