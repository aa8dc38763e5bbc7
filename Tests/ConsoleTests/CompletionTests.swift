import LuaBridge
import LyceumKit
import Testing

@testable import Console

/// Tab completion.
@Suite struct CompletionTests {
    private final class Box {}

    /// A state with a module, a type and objects to complete.
    private func makeState() throws -> LuaState {
        let state = try LuaState()
        let options: [OptionDeclaration] = [
            .integer("batch_size", default: 16, "examples a step"), .column("input", "the column"),
            .number("learning_rate", default: 1e-3, "step size"),
            .choice("precision", ["bf16", "fp32"], default: "fp32", "number format"),
            .boolean("shuffle", default: true, "random order"), .object("valid", "box", "another box"),
            OptionDeclaration("longest", kind: .table, doc: "column = a number"),
            OptionDeclaration("equals", kind: .table, doc: "column = a value"), .string("title", "any text"),
            .list("tags", of: .string, "words"), .string("folder", "where"),
        ]
        let tags = LuaNames.suggestions { _ in [LuaSuggestion("paper"), LuaSuggestion("draft")] }
        let mark = LuaFunction(
            name: "mark", summary: "Marks.", parameters: [LuaParameter("tag", .string, "which", names: tags)],
            isVariadic: true
        ) { _ in [] }
        let train = LuaFunction(
            name: "train", summary: "Trains.",
            parameters: [LuaParameter("options", .options(options), "how")],
            returns: "a box, trained",
            furtherOptions: { [.string("of_" + ($0.receiver == nil ? "nobody" : "mybox"), "further")] },
            optionNames: ["equals": .columnValues, "tags": tags, "folder": .files]
        ) { _ in [] }
        let column = LuaFunction(
            name: "column", summary: "One column.",
            parameters: [LuaParameter("name", .string, "which", names: .columns)]
        ) { _ in [] }
        let map = LuaFunction(
            name: "map", summary: "Maps.", parameters: [LuaParameter("change", .function(""), "how")]
        ) { _ in [] }
        let open = LuaFunction(
            name: "open", summary: "Opens.",
            parameters: [
                LuaParameter(
                    "options", .table, "kind first",
                    names: .suggestions { _ in [LuaSuggestion("oak", "wood"), LuaSuggestion("tin", "metal")] }
                )
            ],
            furtherOptions: { site in site.head == "tin" ? [.integer("gauge", default: nil, "thickness")] : []
            }
        ) { _ in [] }
        try state.register(
            LuaType(
                Box.self, name: "box", summary: "A box.", methods: [train, column, map, mark],
                properties: [LuaProperty("size", "its size") { (_: Box) in .integer(1) }],
                call: LuaFunction(
                    name: "fill", summary: "Fills.", parameters: [LuaParameter("record", .table, "what")]
                ) { _ in [] },
                fields: { _ in ["rouge1"] }, columns: { _ in ["article", "summary"] },
                callFields: { _ in ["topic"] },
                columnValues: { _, column in column == "summary" ? ["long", "short"] : [] }))
        try state.register(LuaModule(name: "boxes", summary: "Boxes.", functions: [train, open]))
        try state.registerHelp(width: { 80 }, write: { _ in })
        try state.setGlobal("mybox", .object(Box()))
        try state.run(
            """
            parts = { train = mybox, test = 1 }
            trap = setmetatable({ real = 1 }, { __index = function() error("ran") end })
            """)
        return state
    }

    /// Completes at the end of a line, with readline's idea of a word; gives what a list shows.
    private func complete(_ line: String, preceding: String = "") throws -> [String] {
        let breaks = Set(" \t\n\"'`@$><=;|&{(+-*/%^~#,)[]}")
        let start = line.lastIndex { breaks.contains($0) }.map { line.index(after: $0) } ?? line.startIndex
        let found = Completer(state: try makeState()).complete(
            line, start: line[..<start].utf8.count, end: line.utf8.count, preceding: preceding)
        // Whatever the label, the line must end in it once the completion is there.
        #expect(found.allSatisfy { (line[..<start] + $0.text).hasSuffix($0.label) })
        return found.map(\.label)
    }

    @Test(
        "names, members, methods",
        arguments: [
            ("box", ["boxes"]), ("bo", ["boxes"]), ("x = myb", ["mybox"]), ("boxes.t", ["train"]),
            ("mybox:", ["column", "map", "mark", "train"]), ("mybox.", ["rouge1", "size"]),
            ("parts.train:tr", ["train"]), ("parts.t", ["test", "train"]),
            ("trap.", ["real"]), ("trap.x.y", []), ("string.gs", ["gsub"]),
            ("whi", ["while"]), ("nothing.at.all", []), ("math.hu", ["huge"]),
            ("mybox[1].", ["article", "summary"]), ("mybox[1][\"su", ["summary"]),
            ("mybox:map(function(r) return r.su", ["summary"]), ("mybox:train({ }).si", ["size"]),
            ("boxes.train {}:co", ["column"]), ("1 + myb", ["mybox"]), ("-- myb", []),
            ("x = 'y' .. myb", ["mybox"]),
            ("mybox ", []), ("mybox:train(m", ["math", "mybox"]),
        ])
    func names(line: String, expected: [String]) throws {
        #expect(try complete(line) == expected)
    }

    @Test(
        "options inside a table of options",
        arguments: [
            ("mybox:train { ba", ["batch_size = "]),
            ("boxes.train({ input = 'a', l", ["learning_rate = ", "longest = "]),
            ("mybox:train({ batch_size = 4 }, { le", ["learning_rate = "]),
            ("mybox:train { of", ["of_mybox = "]),
            ("boxes.train { of", ["of_nobody = "]), ("mybox:train { precision = ", ["\"bf16\"", "\"fp32\""]),
            ("mybox:train { precision = 'b", ["bf16"]),
            ("mybox:train { shuffle = f", ["false", "for", "function"]),
            ("mybox:train { valid = ", ["mybox"]), ("mybox:train { longest = { su", ["summary = "]),
            ("boxes.open { \"", ["oak", "tin"]), ("boxes.open { ", ["\"oak\"", "\"tin\""]),
            ("boxes.open { \"tin\", ga", ["gauge = "]), ("boxes.open { \"oak\", ga", []),
            ("mybox { to", ["topic = "]),
        ])
    func options(line: String, expected: [String]) throws {
        #expect(try complete(line) == expected)
    }

    @Test(
        "columns in strings",
        arguments: [
            ("mybox:column(\"", ["article", "summary"]), ("mybox:column [[su", ["summary"]),
            ("mybox:column 'a", ["article"]), ("mybox:train { input = \"s", ["summary"]),
            ("x = [[{{ su", ["summary"]), ("x = [[{{ summary }} and {{", ["article", "summary"]),
        ])
    func columns(line: String, expected: [String]) throws {
        #expect(try complete(line) == expected)
    }

    @Test("hints tell the default and what it is for")
    func hints() throws {
        let state = try makeState()
        let line = "mybox:train { batch"
        let found = Completer(state: state).complete(line, start: 14, end: line.utf8.count)
        #expect(
            found == [
                .init(text: "batch_size = ", label: "batch_size = ", hint: "examples a step (default 16)")
            ])
    }

    @Test("the lines of a block before this one count")
    func preceding() throws {
        #expect(try complete("  ba", preceding: "mybox:train {") == ["batch_size = "])
        #expect(try complete("?", preceding: "x = {") == ["boxes"])
    }

    @Test("commands of the prompt, and their files")
    func commands() throws {
        #expect(try complete(":lo") == [":load"])
        #expect(try complete(":load /etc/host").contains("/etc/hosts"))
    }

    @Test("thousands of globals are all found")
    func many() throws {
        let state = try makeState()
        try state.run("for i = 1, 2000 do _G['name' .. i] = i end")
        #expect(Completer(state: state).complete("name1", start: 0, end: 5).count == 1111)
    }

    @Test("topics of help")
    func topics() throws {
        #expect(
            try complete("help \"box") == [
                "box", "box.size", "box:column", "box:map", "box:mark", "box:train", "boxes", "boxes.open",
                "boxes.train",
            ])
        #expect(try complete("? boxes.t") == ["boxes.train"])
    }

    @Test(
        "the rows of a loop, methods that help asks about, the values of a column",
        arguments: [
            ("for _, r in ipairs(mybox) do print(r.", ["article", "summary"]),
            ("for _, r in ipairs(parts.train) do x = r.su", ["summary"]),
            ("for _, r in ipairs(mybox) do print(r[\"a", ["article"]),
            ("help(mybox.tr", ["train"]), ("help \"colu", ["column"]),
            ("mybox:train { equals = { summary = \"", ["long", "short"]),
            ("mybox:train { equals = { su", ["summary = "]),
            ("mybox:train { equals = { summary = { \"s", ["short"]),
            ("mybox:train({ equals = { summary = { \"long\", \"s", ["short"]),
            ("mybox:train { equals = { summary = { \"long\", \"short\" }, ar", ["article = "]),
            ("mybox:train { tags = \"", ["draft", "paper"]),
            ("mybox:train { tags = { \"paper\", \"d", ["draft"]),
            ("mybox:train { tags = ", ["{ \"draft\" }", "{ \"paper\" }"]),
            ("mybox:train { tags = { ", ["\"draft\"", "\"paper\"", "boxes"]),
            ("mybox:train { folder = \"/us", ["/usr/"]),
            ("mybox:mark(\"paper\", \"", ["draft", "paper"]),
        ])
    func known(line: String, expected: [String]) throws {
        #expect(try complete(line) == expected)
    }

    @Test("no files where a text is not a file")
    func noFiles() throws {
        #expect(try complete("mybox:train { title = \"/et").isEmpty)
        #expect(try complete("boxes.open { \"/et").isEmpty)
        #expect(try complete("mybox:column(\"/et").isEmpty)
    }

    @Test("the home folder")
    func home() throws {
        #expect(try complete("x = \"~") == ["~/"])
        let typed = try complete("io.open(\"~/")
        #expect(typed.allSatisfy { $0.hasPrefix("~/") })
    }

    @Test("files inside strings")
    func files() throws {
        #expect(try complete("data.load(\"/etc/host").contains("/etc/hosts"))
        #expect(try complete("data.load(\"/us").contains("/usr/"))
    }

    @Test(
        "code and strings are told apart",
        arguments: [
            ("f('a", .string("a")), ("f('a')", .code("")), (#"f('it\'s')"#, .code("")),
            ("x = [==[ ]] ", .string(" ]] ")),
            ("a.b", .code("b")), ("-- 'it", .comment), ("--[[ x ]] y", .code("y")), ("1..nam", .code("nam")),
            ("'one\ntwo", .code("two")),
        ] as [(String, CodeScanner.Tail)])
    func tail(text: String, expected: CodeScanner.Tail) {
        #expect(CodeContext(text).tail == expected)
    }

    @Test("the call and the table around the cursor")
    func context() {
        let table = CodeContext("a:b { x = 1, ")
        #expect(table.call == .init(callee: [.name("a"), .method("b")]))
        #expect(table.table == .init(given: ["x"]))
        #expect(CodeContext("a.b(c, 1 + d, { ").call?.arguments == [.path([.name("c")]), .other])
        #expect(CodeContext("x = { ").table == nil)
        #expect(CodeContext("a.b { x = f(").call?.callee == [.name("f")])
        #expect(CodeContext("a[1][\"b\"].").owner == [.name("a"), .index(1), .field("b")])
        #expect(CodeContext("g:h(function(r, s) ").parameters["s"] == .some([.name("g"), .method("h")]))
    }
}
