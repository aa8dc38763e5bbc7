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

            What Lua code can use, as `help()` shows it at the prompt. Options of architectures are on pages of their own:
            [training](options/training.md), [decoding](options/decoding.md), [t5](options/t5.md), [bart](options/bart.md),
            [bert](options/bert.md), [lstm](options/lstm.md), [gbdt](options/gbdt.md).

            <!-- \(Self.note) -->
            """
        try check("API.md", try ReferencePages(state.documentation).text(heading: heading))
    }

    @Test func options() throws {
        let plugins = PluginHost(folders: [buildFolder])
        let architectures = try ["t5", "bart", "bert", "lstm", "gbdt"].map { id in
            let entry = try #require(plugins.students.first { $0.id == id })
            return (id: id, summary: entry.summary, options: try plugins.options(ofStudent: id))
        }
        let pages = ReferencePages.optionPages(
            architectures,
            shared: [
                (
                    "training", "training.md", "Options of student:train",
                    "What `student:train(data, { … })` takes besides columns, for T5, BART, LSTM and BERT; an architecture's page says what else it takes, and what not."
                ),
                (
                    "generation", "decoding.md", "Options of student:generate",
                    "How texts are written: what `student:generate(data, { … })` takes besides columns, for T5, BART and LSTM."
                ),
            ],
            calls: [
                ("configuration", "student.new(\"ID\", { … })"), ("training", "student:train(data, { … })"),
                ("generation", "student:generate(data, { … })"),
                ("classification", "student:classify(data, { … })"),
            ], note: Self.note)
        #expect(pages.count == 7)
        for page in pages {
            #expect(page.text.contains("\n- `"), "\(page.file) has no options")
            try check("options/" + page.file, page.text)
        }
    }

    @Test func stubs() throws {
        let text = StubFile(try makeState().documentation).text(heading: Self.note)
        try check("lyceum.lua", text)
        // An editor reads it as Lua: it must compile.
        _ = try LuaState().load(text, name: "lyceum.lua")
    }
}
