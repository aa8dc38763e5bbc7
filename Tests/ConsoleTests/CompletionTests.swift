import LuaBridge
import LyceumKit
import Testing

@testable import Console

/// Tab completion.
@Suite struct CompletionTests {
    private final class Box {}

    /// Completes at the end of a line, with readline's idea of a word.
    private func complete(_ line: String) throws -> [String] {
        let state = try LuaState()
        let options: [OptionDeclaration] = [
            .integer("batch_size", default: 16, "examples a step"), .string("input", "the column"),
            .number("learning_rate", default: 1e-3, "step size"),
        ]
        let train = LuaFunction(
            name: "train", summary: "Trains.", parameters: [LuaParameter("options", .options(options), "how")]
        ) { _ in [] }
        try state.register(
            LuaType(
                Box.self, name: "box", summary: "A box.", methods: [train],
                properties: [LuaProperty("size", "its size") { (_: Box) in .integer(1) }],
                fields: { _ in ["rouge1"] }))
        try state.register(LuaModule(name: "boxes", summary: "Boxes.", functions: [train]))
        try state.registerHelp(width: { 80 }, write: { _ in })
        try state.setGlobal("mybox", .object(Box()))
        try state.run(
            """
            parts = { train = mybox, test = 1 }
            trap = setmetatable({ real = 1 }, { __index = function() error("ran") end })
            """)
        let breaks = Set(" \t\n\"'`@$><=;|&{(+-*/%^~#,)[]}")
        let start = line.lastIndex { breaks.contains($0) }.map { line.index(after: $0) } ?? line.startIndex
        return Completer(state: state).complete(
            line, start: line[..<start].utf8.count, end: line.utf8.count)
    }

    @Test(
        "names, members, methods",
        arguments: [
            ("box", ["boxes"]), ("bo", ["boxes"]), ("x = myb", ["mybox"]), ("boxes.t", ["boxes.train"]),
            ("mybox:", ["mybox:train"]), ("mybox.", ["mybox.rouge1", "mybox.size"]),
            ("parts.train:tr", ["parts.train:train"]), ("parts.t", ["parts.test", "parts.train"]),
            ("trap.", ["trap.real"]), ("trap.x.y", []), ("string.gs", ["string.gsub"]),
            ("whi", ["while"]), ("nothing.at.all", []), ("math.hu", ["math.huge"]),
        ])
    func names(line: String, expected: [String]) throws {
        #expect(try complete(line) == expected)
    }

    @Test(
        "options inside a table of options",
        arguments: [
            ("mybox:train { ba", ["batch_size = "]), ("boxes.train({ input = 'a', l", ["learning_rate = "]),
            ("boxes.train { input = 'a', i", []),
            ("mybox:train({ batch_size = 4 }, { l", ["learning_rate = "]),
        ])
    func options(line: String, expected: [String]) throws {
        #expect(try complete(line).filter { $0.hasSuffix(" = ") } == expected)
    }

    @Test("topics of help")
    func topics() throws {
        #expect(try complete("help \"box") == ["box", "box.size", "box:train", "boxes", "boxes.train"])
        #expect(try complete("? boxes.t") == ["boxes.train"])
    }

    @Test("files inside strings")
    func files() throws {
        #expect(try complete("data.load(\"/etc/host").contains("hosts"))
        #expect(try complete("data.load(\"/us").contains("usr/"))
    }

    @Test("the context of unfinished code")
    func context() {
        #expect(CodeContext("f('a").isInString)
        #expect(!CodeContext("f('a')").isInString)
        #expect(!CodeContext(#"f('it\'s')"#).isInString)
        #expect(CodeContext("a:b { x = 1, ").enclosingTable == .init(function: "a:b", given: ["x"]))
        #expect(CodeContext("a.b(c, { ").enclosingTable == .init(function: "a.b", given: []))
        #expect(CodeContext("x = { ").enclosingTable == nil)
        #expect(CodeContext("a.b { x = f(").enclosingTable == nil)
    }
}
