import Testing

/// The grid of a workshop and the votes of a person, with keys, behind a real (pseudo-)terminal.
@Suite(.serialized) struct WorkshopTerminalTests {
    private let rows = """
        d = data.from { { word = "cat", said = "a cat" }, { word = "dog", said = "a dog" } }; \
        echo = teacher.open { "retrieval", corpus = d, input = "said", target = "word" }; \
        w = workshop { prompts = { a = "{{ word }}", b = "Say {{ word }}!" }, teachers = echo, data = d, \
        checks = { cat = { contains = "cat" } } };\r
        """

    @Test("the grid is walked with keys: rows, variants, the question, differences; then the prompt is back")
    func grid() throws {
        let program = try Program()
        defer { program.remove() }
        let terminal = try program.terminal()
        try terminal.expect("> ")
        terminal.type(rows)
        terminal.type("w\r")
        try terminal.expect("w:grid() walks through the answers")
        terminal.type("w:grid()\r")
        try terminal.expect("row 1 of 2   a, variant 1 of 2")
        try terminal.expect("q leave")
        terminal.type("\u{1B}[B")
        try terminal.expect("row 2 of 2   a")
        terminal.type("\u{1B}[C")
        try terminal.expect("row 2 of 2   b, variant 2 of 2")
        terminal.type("p")
        try terminal.expect("Say dog!")
        terminal.type("d")
        try terminal.expect("from a to b")
        terminal.type("q")
        terminal.type("'back' .. 1\r")
        try terminal.expect("\"back1\"")
        // Ctrl-C leaves the walk, not the session.
        terminal.type("w:grid()\r")
        try terminal.expect("row 1 of 2   a")
        terminal.type("\u{03}")
        terminal.type("'back' .. 2\r")
        try terminal.expect("\"back2\"")
        #expect(terminal.leave() == 0)
    }

    @Test("vote() takes one key a verdict, keeps each, and goes on in a later session")
    func voting() throws {
        let program = try Program()
        defer { program.remove() }
        let code = """
            a, b = {}, {}; for i = 1, 3 do a[i] = { task = "task" .. i, prediction = "left" .. i } \
            b[i] = { task = "task" .. i, prediction = "right" .. i } end; a, b = data.from(a), data.from(b); \
            names = { "left", "right" };\r
            """
        func lab() -> [String] { ["--lab", program.folder + "/lab"] }
        var terminal = try program.terminal(lab())
        try terminal.expect("> ")
        terminal.type(code)
        terminal.type("v = vote(a, b, { input = 'task', names = names })\r")
        try terminal.expect("3 left to judge")
        terminal.type("1")
        try terminal.expect("2 left to judge")
        terminal.type("q")
        terminal.type("#v:filter(function(r) return r.verdict ~= nil end)\r")
        try terminal.expect("\n1\n")
        #expect(terminal.leave() == 0)
        terminal = try program.terminal(lab())
        try terminal.expect("> ")
        terminal.type(code)
        terminal.type("v = vote(a, b, { input = 'task', names = names })\r")
        try terminal.expect("2 left to judge")
        terminal.type("t")
        try terminal.expect("1 left to judge")
        terminal.type("b")
        try terminal.expect("2 left to judge")
        terminal.type("t2")
        try terminal.expect("3 of 3 judged")
        terminal.type("#v:filter(function(r) return r.verdict == 'tie' end)\r")
        try terminal.expect("\n1\n")
        #expect(terminal.leave() == 0)
    }
}
