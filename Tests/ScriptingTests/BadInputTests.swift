import LuaBridge
import LyceumKit
import TestSupport
import Testing

/// Bad input: a one-line error that says what, where and what to do, and a state that works on.
@Suite struct BadInputTests {
    static let cases: [(code: String, expected: [String])] = [
        ("data.load('nowhere.jsonl')", ["nowhere.jsonl", "No such file"]),
        ("data.load(7)", ["data.load: argument 1 (path): expected a string, got number"]),
        ("data.laod('x')", ["unknown field of data 'laod'", "did you mean 'load'?"]),
        ("data.from { 1 }", ["data.from: element 1: expected a record", "got number"]),
        ("data.from({ { a = 1 } }):select('b')", ["no column 'b'", "the columns are a"]),
        ("data.from({ { article = 1 } }):column('artcle')", ["did you mean 'article'?"]),
        (
            "data.from({ { a = 1 } }):filter(function(r) return r.x.y end)",
            ["row 1", "no column 'x'", "the columns are a"]
        ),
        ("data.from({ { a = 1 } }):filter(function(r) return r.a.x end)", ["row 1", "attempt to index"]),
        ("data.from({ { a = 1 } }):map(function(r) end)", ["row 1", "expected a record", "got nil"]),
        ("data.from({ { a = 1 } }):split { train = 2, test = 3 }", ["split", "at most 1 rows"]),
        ("data.from({ { a = 1 } }):split { train = 'x' }", ["option 'train'", "got x"]),
        ("data.from({ { a = 1 } }):take(-1)", ["expected 0 or more, got -1"]),
        ("data.from({ { a = 1 } }):save('/nowhere/x.jsonl')", ["/nowhere/x.jsonl", "No such file"]),
        ("prompt '{{ a '", ["prompt:1"]),
        ("prompt('{{ summary }}') { sumary = 'x' }", ["summary", "sumary"]),
        ("prompt { sistem = 'x', user = 'y' }", ["sistem", "system"]),
        ("prompt(3)", ["prompt: argument 1 (template)", "got number"]),
        ("teacher.open { 'opnai' }", ["unknown teacher 'opnai'", "'openai'"]),
        ("teacher.open {}", ["first element names the kind"]),
        ("teacher.open { 'openai' }", ["option 'model'", "required"]),
        (
            "teacher.open { 'openai', model = 'm', api_key = 'k', temprature = 1 }",
            ["unknown option 'temprature'", "did you mean 'temperature'?"]
        ),
        ("teacher.open { 'openai', model = 'm', api_key = 'k', temperature = 9 }", ["from 0 to 2, got 9"]),
        ("student.new 't6'", ["unknown student architecture 't6'", "'t5'"]),
        ("student.new('t5', { d_modell = 3 })", ["unknown option 'd_modell'", "did you mean 'd_model'?"]),
        ("student.new('t5', { d_model = 'x' })", ["option 'd_model'", "a whole number", "got 'x'"]),
        ("student.load('nowhere')", ["nowhere: does not exist"]),
        ("student.load('/tmp')", ["holds no config.json"]),
        ("student.new('t5'):train(data.from {}, { input = 'a', target = 'b' })", ["empty"]),
        (
            "student.new('t5'):train(data.from { { a = 'x', b = 'y' } }, { input = 'a', target = 'c' })",
            ["no column 'c'"]
        ),
        (
            "student.new('t5'):train(data.from { { a = 'x' } }, { input = 'a' })",
            ["option 'target'", "required"]
        ),
        ("student.new('t5'):generate({ 'x' })", ["train"]),
        ("student.new('t5'):clasify('x')", ["unknown method or field of student 'clasify'"]),
        ("metrics.rouge({ 'a' }, { 'a', 'b' })", ["1", "2"]),
        (
            "metrics.rouge(data.from { { p = 'a', r = 'b' } }, { prediction = 'p', reference = 's' })",
            ["no column 's'"]
        ),
        ("metrics.rouge(data.from {}, { prediction = 'p', reference = 'r' })", ["empty"]),
        ("metrics.rouge({ 'a', '\\xff' }, { 'a', 'b' })", ["argument 1", "element 2", "not UTF-8", "0xff"]),
        (
            "metrics.rouge({ 'a' }, { { 'b', '\\xc3' } })",
            ["argument 2", "element 1, element 2", "not UTF-8"]
        ),
        ("metrics.rouge({ 'a', 7 }, { 'a', 'b' })", ["argument 1", "element 2", "a string", "got number"]),
        ("data.from({ { a = 1 } }):select { 'a', 3 }", ["element 2", "a string", "got number"]),
        (
            "data.from({ { a = 'x' } }):stats { columns = { 'a', 3 } }",
            ["option 'columns.2'", "a string", "got 3"]
        ),
        ("data.from({ { a = 'x', b = { 1, '\\xff' } } })", ["'b.2'", "not valid UTF-8"]),
        ("student.new('t5'):generate({ 'x', '\\xff' })", ["element 2", "not UTF-8"]),
        ("student.new('t5'):detokenize({ 1, 'x' })", ["element 2", "a whole number", "got string"]),
        ("data.load('x.csv', { encoding = 'latin' })", ["option 'encoding'", "latin1", "got 'latin'"]),
        (
            "data.load('x.csv', { types = { a = 'int' } })",
            ["option 'types.a'", "'text' or 'number'", "got 'int'"]
        ),
        ("data.load('x.csv', { types = { a = 3 } })", ["option 'types.a'", "got number"]),
        ("data.load('x.csv', { quotes = 'no' })", ["option 'quotes'", "true or false"]),
        ("json.encode({ a = { 0 / 0 } })", ["json.encode", "got NaN"]),
        ("json.encode(-1 / 0)", ["got -Infinity"]),
        ("json.decode('{\"id\": 12345678901234567890}')", ["12345678901234567890", "write it as a string"]),
        ("json.decode('{')", ["json.decode"]),
        ("json.encode(print)", ["function"]),
        ("help 'rouje'", ["unknown help topic 'rouje'"]),
    ]

    @Test("is a clear error", arguments: cases)
    func clear(code: String, expected: [String]) throws {
        let state = try makeState()
        let text = message(code, in: state)
        for part in expected { #expect(text.contains(part), "\(code) → \(text)") }
        #expect(!text.contains("\n"), "an error is one line: \(text)")
        #expect(try state.run("return #data.from { { a = 1 } }").first?.integer == 1)
    }

    @Test func malformedLineIsNamed() throws {
        try withFolder { folder in
            let path = Files.join(folder, "bad.jsonl")
            try Files.write("{\"a\": 1}\n{\"a\": }\n", to: path)
            let text = message("data.load('\(path)')", in: try makeState())
            #expect(text.contains("\(path):2"), "\(text)")
        }
    }

    @Test func checkpointOfAnotherModelNamesWhatFits() throws {
        try withFolder { folder in
            try Files.write("{\"model_type\": \"llama\"}", to: Files.join(folder, "config.json"))
            let text = message("student.load('\(folder)')", in: try makeState())
            #expect(text.contains("no plugin reads checkpoints of the model_type 'llama'"), "\(text)")
            #expect(text.contains("those that are read are") && text.contains("t5"), "\(text)")
        }
    }
}
