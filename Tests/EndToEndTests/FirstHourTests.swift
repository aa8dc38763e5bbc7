import Testing

/// The jobs of a researcher's first half hour, typed behind a real (pseudo-)terminal, and the same lines as scripts.
@Suite(.serialized) struct FirstHourTests {
    /// Pairs in a file, and a prompt that has loaded them as `gold`.
    private func session(_ body: (Program, PseudoTerminal) throws -> Void) throws {
        try Program.atPrompt(prepare: { _ = try $0.write("gold.jsonl", Self.pairs) }) { terminal, program in
            terminal.resize(columns: 140)
            terminal.type("gold = data.load('~/gold.jsonl')\r")
            try terminal.expect("> ")
            try body(program, terminal)
        }
    }

    private static let pairs = (1...40).map { number in
        let (noun, section) = number % 2 == 0 ? ("library", "libs") : ("manual", "doc")
        return #"{"document":"Package \#(number) is a \#(noun) for people. It has \#(number) parts.","#
            + #""summary":"\#(noun) number \#(number)","section":"\#(section)"}"# + "\n"
    }.joined()

    private static let teacher =
        "gpt = teacher.open { 'retrieval', corpus = gold:skip(20), input = 'document', target = 'summary' }"

    @Test("job 1: prompts are looked at, tried together and read next to each other")
    func prompts() throws {
        try session { program, terminal in
            terminal.type("ten = gold:take(10)\r")
            terminal.type("ten\r")
            try terminal.expect("10 rows × 3 columns")
            try terminal.expect("\n10  Package 10 is a library")
            terminal.type("ten[1]\r")
            try terminal.expect("document  Package 1 is a manual for people.")
            terminal.type("chat = prompt { system = 'Be brief.', user = 'Summarise: {{ document }}' };\r")
            terminal.type("chat(ten[1])\r")
            try terminal.expect("system: Be brief.\nuser: Summarise: Package 1 is a manual")
            terminal.type(Self.teacher + ";\r")
            terminal.type(
                "out = gpt:generate(ten, { prompt = { zero = 'Shorten: {{ document }}', chat = chat } })\r")
            try terminal.expect("> ")
            terminal.type("out.columns\r")
            try terminal.expect(#"{ "document", "summary", "section", "chat", "zero" }"#)
            terminal.type("show(out, { rows = { 2 }, columns = { 'zero', 'chat' } })\r")
            try terminal.expect("zero")
            try terminal.expect("2  ")
            terminal.type("#out:provenance('zero')\r")
            try terminal.expect("\n10\n")
            terminal.type("help(prompt)\r")
            try terminal.expect("examples  dataset")
            terminal.type("help 'few-shot'\r")
            try terminal.expect("examples = shots")
            terminal.type("chat:save('~/chat.txt')\r")
            try terminal.expect("prompt → \(program.folder)/chat.txt")
            terminal.type("prompt.load('~/chat.txt') == chat\r")
            try terminal.expect("\ntrue\n")
        }
    }

    @Test("jobs 2 and 3: pseudo data, curated and saved; a student, scored and compared")
    func students() throws {
        try session { program, terminal in
            terminal.type(Self.teacher + ";\r")
            terminal.type(
                "pseudo = gpt:generate(gold:take(20), { prompt = 'Write about {{ summary }}', output = 'text' })\r"
            )
            terminal.type("pseudo:filter { section = 'libs' }\r")
            try terminal.expect("'section' is a column: equals = { section = … }")
            terminal.type("libs = pseudo:filter { equals = { section = 'libs' } }\r")
            terminal.type("libs:save('~/pseudo.jsonl')\r")
            try terminal.expect("10 rows → \(program.folder)/pseudo.jsonl")
            terminal.type("data.load('~/pseudo.jsonl') == libs\r")
            try terminal.expect("\ntrue\n")
            terminal.type("gb = student.new('gbdt', { task = 'generate' })\r")
            terminal.type(
                "gb:train(gold, { input = 'document', target = 'summary', epochs = 3, n_tree = 1 })\r")
            try terminal.expect("'epochs' (it is called 'n_estimators' here)")
            terminal.type(
                "run = gb:train(gold, { input = 'document', target = 'summary', n_estimators = 3 })\r")
            terminal.type("a = gb:generate(gold, { input = 'document' }); #a\r")
            try terminal.expect("\n40\n")
            terminal.type("score = metrics.rouge(a, { prediction = 'prediction', reference = 'summary' })\r")
            terminal.type("print(score)\r")
            try terminal.expect("ROUGE-1")
            terminal.type("gb 'One sentence. Another sentence.'\r")
            try terminal.expect(" ms\n")
            terminal.type("metrics.compare(score, score)\r")
            try terminal.expect("write metrics.compare({ a, b })")
            // Tab knows by what runs are sorted, and their tags.
            terminal.type("runs.list { sort = \"\t\t")
            try terminal.expect("seconds")
            terminal.type("\u{15}run:tag('draft', 'paper')\r")
            try terminal.expect(": tags draft, paper\n")
            try terminal.expect("> ")
            terminal.type("runs.list { tags = { \"\t\t")
            try terminal.expect("draft  tag")
            try terminal.expect("paper  tag")
            terminal.type("\u{15}")
        }
    }

    @Test("job 4: the same lines as a script show their tables")
    func script() throws {
        let program = try Program()
        defer { program.remove() }
        _ = try program.write("gold.jsonl", Self.pairs)
        let script = try program.write(
            "first.lua",
            """
            gold = data.load("~/gold.jsonl")
            print(gold:take(3))
            print(gold[1])
            \(Self.teacher)
            out = gpt:generate(gold:take(20), { prompt = "Summarise {{ document }}" })
            print(metrics.rouge(out, { prediction = "reply", reference = "summary" }))
            print(runs.list())
            print(out:stats())
            show(out, { rows = 1, columns = { "summary", "reply" } })
            """)
        // `lyceum FILE` is `lyceum run FILE`.
        for arguments in [[script], ["run", script]] {
            let result = try program.run(arguments)
            #expect(result.status == 0, "\(result.errors)")
            for part in [
                "3 rows × 3 columns", "summary   manual number 1", "ROUGE-1", "retrieval", "p95",
                "20 rows × ",
            ] {
                #expect(result.output.contains(part), "\(part) in \(result.output)")
            }
            #expect(!result.output.contains("0x"))
        }
        let typo = try program.write("typo.lua", "d = data.load('~/gold.jsonl')\nprint(d[1].sumary)\n")
        let failed = try program.run([typo])
        #expect(
            failed.status == 1
                && failed.errors.contains("\(typo):2: no column 'sumary'; did you mean 'summary'?"))
        #expect(try program.run([program.folder + "/none.lua"]).status == 2)
    }

    @Test("job 5: classes, and what is a column is said to be one")
    func classes() throws {
        try session { _, terminal in
            terminal.type("parts = gold:split({ train = 0.5, test = 0.5 }, { stratify = 'section' })\r")
            terminal.type(
                "gb = student.new('gbdt', { task = 'classify', min_df = 1 }); gb:train(parts.train, { input = 'document', target = 'section', n_estimators = 5 });\r"
            )
            terminal.type("c = gb:classify(parts.test, { input = 'document' })\r")
            terminal.type("c:take(2)\r")
            try terminal.expect("probability")
            terminal.type("metrics.classification(c, { prediction = 'prediction', reference = 'section' })\r")
            try terminal.expect("accuracy")
            terminal.type("c.section\r")
            try terminal.expect("it is a column: :column(\"section\")")
            terminal.type("gold:filter { equals = { section = \"\t\t")
            try terminal.expect("doc")
            try terminal.expect("libs")
            terminal.type("\u{15}gold:filter { equals = { section = { \"doc\", \"\t\t")
            try terminal.expect("libs")
            terminal.type("\u{15}gb:classify 'A library for people.'\r")
            try terminal.expect("\n\"libs\"\n")
            try terminal.expect("> ")
        }
    }

    @Test("job 6: the prompt: last expressions, nil, locals, help, shell, variables, leaving")
    func prompt() throws {
        let program = try Program()
        defer { program.remove() }
        let terminal = try program.terminal()
        try terminal.expect("> ")
        terminal.type("x = 20; x + 1\r")
        try terminal.expect("\n21\n")
        terminal.type("for i = 1, 3 do x = x + i end; x\r")
        try terminal.expect("\n26\n")
        terminal.type("nil\r")
        try terminal.expect("\nnil\n")
        terminal.type("local z = 3\r")
        try terminal.expect("'z' ended with this line")
        terminal.type("z\r")
        try terminal.expect("unknown global 'z'")
        terminal.type("data.load?\r")
        try terminal.expect("data.load(path")
        terminal.type("!echo from the shell\r")
        try terminal.expect("\nfrom the shell\n")
        terminal.type("!exit 3\r")
        try terminal.expect("exit status 3")
        terminal.type("t = { 1, 2 }; d = data.from { { n = 1 } };\r")
        terminal.type(":vars\r")
        try terminal.expect("d  dataset  dataset (1 row: n)")
        try terminal.expect("t  table    { 1, 2 }")
        try terminal.expect("x  number   26")
        terminal.type("s = [[is it?\r")
        try terminal.expect(">> ")
        terminal.type("]]; #s\r")
        try terminal.expect("\n7\n")
        terminal.type("x += 1\r")
        try terminal.expect("x = x + y")
        terminal.type("exit\r")
        #expect(terminal.end() == 0)
    }

    @Test("pages longer than the screen go through the pager, and Ctrl-C is the pager's")
    func pager() throws {
        var program = try Program()
        defer { program.remove() }
        program.pager = "cat > \(program.folder)/paged"
        let terminal = try program.terminal()
        try terminal.expect("> ")
        terminal.resize(columns: 100)
        terminal.type("help 'lab'\r")
        try terminal.expect("runs.list")
        terminal.type("help()\r")
        terminal.type("'after' .. 1\r")
        try terminal.expect("\n\"after1\"\n")
        #expect(program.read("paged").contains("metrics"))
        #expect(!terminal.transcript.contains("modules"))
        // A pager that is not there is no pager.
        #expect(terminal.leave() == 0)
    }

    @Test("README's first screen runs as a script and shows its table")
    func readme() throws {
        let path = #filePath.split(separator: "/").dropLast(3).joined(separator: "/")
        let program = try Program()
        defer { program.remove() }
        _ = try program.write("pairs.jsonl", Self.pairs)
        let readme = try #require(Program.text(ofFile: "/\(path)/README.md"))
        let start = try #require(readme.firstRange(of: "```lua\n"))
        let end = try #require(readme[start.upperBound...].firstRange(of: "```"))
        var code = String(readme[start.upperBound..<end.lowerBound])
        // The same lines with a teacher that needs no key, and a student that learns for a moment.
        func replace(_ old: String, _ new: String) throws {
            try #require(code.contains(old), "README no longer has \(old)")
            code = code.replacing(old, with: new)
        }
        try replace("\"pairs.jsonl\"", "\"\(program.folder)/pairs.jsonl\"")
        try replace(
            "\"openai\", model = \"gpt-4o-mini\", concurrency = 32, budget_usd = 5",
            "\"retrieval\", corpus = gold, input = \"document\", target = \"summary\"")
        try replace(
            "d_model = 192, num_layers = 2, vocab_size = 8000",
            "d_model = 16, num_layers = 1, vocab_size = 300")
        try replace("max_steps = 1500", "max_steps = 2")
        try replace("batch_size = 64", "batch_size = 4")
        try replace("\"my-t5/\"", "\"\(program.folder)/my-t5/\"")
        let script = try program.write("readme.lua", code)
        let result = try program.run([script])
        #expect(result.status == 0, "\(result.errors)")
        #expect(
            result.output.contains("ROUGE-1") && result.output.contains("95 % interval of F"),
            "\(result.output)")
        #expect(result.errors.contains("t5 student → \(program.folder)/my-t5/"))
    }
}
