import LyceumKit
import Testing

@Suite struct ValueTests {
    @Test func conversions() {
        #expect(
            Value.number(3).integer == 3 && Value.number(3.5).integer == nil
                && Value.number(1e300).integer == nil)
        #expect(Value.integer(3).number == 3 && Value.string("3").number == nil)
        #expect(Value.bool(true).bool == true && Value.integer(1).bool == nil)
        #expect(Value.null.isNull && !Value.string("").isNull)
        let texts: [(Value, String)] = [
            (.null, "nil"), (true, "true"), (-7, "-7"), (0.5, "0.5"), ("é", "é"), ([1, "a"], #"[1,"a"]"#),
            (["k": .null], #"{"k":null}"#),
        ]
        for (value, text) in texts { #expect(value.text == text) }
    }

    @Test func records() throws {
        let record = Record(columns: ["a", "b", "c"], values: ["x", 2])
        #expect(record.columns == ["a", "b"])
        #expect(record["b"] == 2 && record["c"] == nil)
        #expect(try record.text("a") == "x")
        var error = try #require(throws: LyceumError.self) { try record.text("bb") }
        #expect(error.description == "no column 'bb'; did you mean 'b'?")
        error = try #require(throws: LyceumError.self) { try record.text("b") }
        #expect(error.description.hasPrefix("column 'b': expected a string, got number; convert it"))
    }

    @Test func exampleSources() throws {
        let source = ExampleSource([Example(input: "i", target: "t")])
        #expect(try source.example(at: 0).target == "t")
        #expect(throws: LyceumError.self) { try source.example(at: 1) }
        #expect(throws: LyceumError.self) { try source.example(at: -1) }
    }

    @Test func errorsAreOneLine() {
        #expect(
            LyceumError.unknownName(kind: "student", name: "x", known: ["t5"], remedy: "look").description
                == "unknown student 'x'; known are t5; look")
        #expect(LyceumError.file(path: "p", line: 3, problem: "bad", remedy: nil).description == "p:3: bad")
        #expect(LyceumError.empty("the list", remedy: "fill it").description == "the list is empty; fill it")
        #expect(LyceumError.cancelled("").description == "interrupted")
        #expect(LyceumError.cancelled("2 rows kept").description == "interrupted: 2 rows kept")
        let many = LyceumError.unknownOptions(
            function: "f", options: ["zzzz"], known: (0..<50).map { "option\($0)" })
        #expect(many.description.hasSuffix("option19 and 30 more: see help"))
    }
}
