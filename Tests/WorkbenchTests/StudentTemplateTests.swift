import LyceumKit
import TestServers
import Testing

@testable import Workbench

/// The prompt template that travels in a student's folder.
@Suite struct StudentTemplateTests {
    @Test("it travels, takes the text into its own variable, and goes with the next save")
    func travels() throws {
        try withLab { lab in
            let folder = lab + "-student"
            defer { Files.removeTree(folder) }
            func save() throws {
                try Files.writeFolderAtomically(folder) {
                    try Files.write("{}", to: Files.join($0, "config.json"))
                }
            }
            try save()
            #expect(try StudentTemplate.load(folder: folder) == nil)
            try StudentTemplate("Say {{ article }} {{ tone | default('now') }}").write(to: folder)
            let template = try #require(try StudentTemplate.load(folder: folder))
            #expect(try template.render("it") == "Say it now")
            #expect(try template.render("it", ["tone": "loud"]) == "Say it loud")
            #expect(try template.render("loud", ["article": "all"]) == "Say all loud")
            try save()
            #expect(try StudentTemplate.load(folder: folder) == nil)
        }
    }

    @Test("a template without a variable, or that cannot be read, is an error")
    func bad() {
        #expect(throws: LyceumError.self) { try StudentTemplate("no variable") }
        #expect(throws: LyceumError.self) { try StudentTemplate("{{ a") }
    }
}
