import Glibc
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
        try Program.atPrompt(isInFolder: true) { terminal, program in
            try walk(terminal)
            try report(of: program)
        }
    }

    /// Another process's report of a variant has the whole workshop.
    private func report(of program: Program) throws {
        let report = try program.shell(
            "cd '\(program.folder)' && $LYCEUM -e 'runs.report({ 2 })' && cat report.html")
        #expect(report.status == 0, "\(report.errors)")
        // What an embedded teacher answers costs nothing, and that is known.
        #expect(!report.output.contains("unknown") && report.output.contains("<td>0.00</td>"))
        for text in ["Workshop: a, b", " in cat on 2 rows", "Say {{ word }}!", "row 2: a 0.0, b 0.0"] {
            #expect(report.output.contains(text), "\(text)")
        }
    }

    private func walk(_ terminal: PseudoTerminal) throws {
        terminal.type(rows)
        terminal.type("w\r")
        try terminal.expect("w:grid() walks through the answers")
        terminal.type("w:save()\r")
        try terminal.expect("workshop → workshop.html")
        terminal.type("w:save()\r")
        try terminal.expect("workshop → workshop-2.html")
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
    }

    @Test("what may cost more than confirm_usd is asked first: without y nothing is sent, with y all of it")
    func confirming() throws {
        let server = try SlowServer(delay: 0)
        try Program.atPrompt { terminal, _ in
            terminal.type(
                "gpt = teacher.open { 'openai', model = 'm', api_key = 'k', base_url = '\(server.baseURL)', price_in = 1e6, price_out = 1e6, max_tokens = 5 }\r"
            )
            terminal.type(
                "function ask() return workshop { prompts = { a = 'Say {{ w }}', b = 'Spell {{ w }}' }, teachers = gpt, data = data.from { { w = 'cat' } }, checks = { c = { contains = 'w' } } } end\r"
            )
            terminal.type("ask()\r")
            try terminal.expect("more than confirm_usd (")
            try terminal.expect("Go on? [y/N]")
            terminal.type("n")
            try terminal.expect("nothing was asked")
            #expect(server.requestCount == 0)
            // Ctrl-C is no, too.
            terminal.type("ask()\r")
            try terminal.expect("Go on? [y/N]")
            terminal.type("\u{03}")
            try terminal.expect("nothing was asked")
            #expect(server.requestCount == 0)
            terminal.type("ask()\r")
            try terminal.expect("Go on? [y/N]")
            terminal.type("y")
            try terminal.expect("w:grid() walks through the answers")
            #expect(server.requestCount == 2)
            // Without max_tokens no bound is known: that is asked, however cheap the questions are.
            terminal.type(
                "cheap = teacher.open { 'openai', model = 'n', api_key = 'k', base_url = '\(server.baseURL)', price_in = 1e-6, price_out = 1e-6 }\r"
            )
            terminal.type(
                "workshop { prompts = 'Say {{ w }}', teachers = cheap, data = data.from { { w = 'cat' } }, checks = { c = { contains = 'w' } } }\r"
            )
            try terminal.expect("at most is not known")
            try terminal.expect("n has no max_tokens, so a reply may be of any length. Go on? [y/N]")
            terminal.type("n")
            try terminal.expect("nothing was asked")
            #expect(server.requestCount == 2)
            // What is in the lab costs nothing: no question.
            terminal.type("ask().best\r")
            try terminal.expect("1 of 1 replies reused")
            try terminal.expect("1 of 1 replies reused")
            #expect(server.requestCount == 2)
        }
    }

    @Test("Ctrl-C ends a check by a regular expression that would match for years")
    func endlessCheck() throws {
        try Program.atPrompt { terminal, _ in
            terminal.type(
                "d = data.from { { word = 'x', said = ('a'):rep(64) .. '!' } }; echo = teacher.open { 'retrieval', corpus = d, input = 'said', target = 'word' }\r"
            )
            terminal.type(
                "function ask() return workshop { prompts = '{{ word }}', teachers = echo, data = d, checks = { c = { regex = '(a+)+$' } } } end\r"
            )
            terminal.type("print 'asked' ask()\r")
            try terminal.expect("\nasked")
            usleep(300_000)
            terminal.type("\u{03}")
            // Its own limit would end it only after ten seconds.
            terminal.type("'back' .. 1\r")
            try terminal.expect("\"back1\"", within: 5)
        }
    }

    @Test("prompts/ holds a project's prompts: found by name, completed by Tab, compared by :diff")
    func promptFolder() throws {
        let program = try Program()
        defer { program.remove() }
        _ = try program.shell("mkdir prompts && printf 'Write about {{ topic }}.' > prompts/news.prompt")
        _ = try program.shell("printf 'Write briefly about {{ topic }}.' > prompts/short.txt")
        let terminal = try program.terminal(isInFolder: true)
        try terminal.expect("> ")
        terminal.type("prompt.load \"ne\t")
        try terminal.expect("news")
        terminal.type("\u{15}prompt.load \"\t\t")
        try terminal.expect("news")
        try terminal.expect("short")
        terminal.type("\u{15}prompt.load('news') { topic = 'cats' }\r")
        try terminal.expect("Write about cats.")
        terminal.type("prompt.load('news'):diff(prompt.load('short'))\r")
        try terminal.expect("{+briefly +}")
        terminal.type("prompt.load 'nothing'\r")
        try terminal.expect("nothing")
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
