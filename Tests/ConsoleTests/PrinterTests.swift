import LuaBridge
import Testing

@testable import Console

/// What the prompt prints.
@Suite struct PrinterTests {
    private func show(_ code: String, width: Int = 80) throws -> String {
        let state = try LuaState()
        let value = try state.run("return " + code).first ?? .nil
        return try ValuePrinter(state, style: Style(isColoured: false), width: width).text(value)
    }

    @Test(
        "values are written as one would type them",
        arguments: [
            ("nil", "nil"), ("true", "true"), ("1", "1"), ("1.0", "1.0"), ("0.1", "0.1"),
            ("2^53", "9.007199254741e+15"),
            ("1/0", "inf"), ("-5 // 2", "-3"), ("'a\\tb \"c\" \\\\ \\27'", #""a\tb \"c\" \\ \u{1b}""#),
            ("'\\xff!'", #""\xff!""#), ("{}", "{}"), ("{ 1, 2, 'x' }", #"{ 1, 2, "x" }"#),
            ("{ b = 1, a = { 2 } }", "{ a = { 2 }, b = 1 }"),
            (
                "{ 1, x = 2, [10] = 3, ['a b'] = 4, ['end'] = 5 }",
                #"{ 1, ["a b"] = 4, ["end"] = 5, [10] = 3, x = 2 }"#
            ),
            ("{ [true] = 1 }", "{ [true] = 1 }"), ("print", "<function>"),
            ("{ { { { 1 } } } }", "{ { { {…} } } }"),
            ("(function() local t = {}; t.self = t; return t end)()", "{ self = <cycle> }"),
            ("(function() local t = {1}; return { t, t } end)()", "{ { 1 }, { 1 } }"),
            ("'two\\nlines'", "[[two\nlines]]"), ("'a]]\\nb'", "[=[a]]\nb]=]"),
            ("setmetatable({ 1 }, { __index = function() error('ran') end })", "{ 1 }"),
        ])
    func literal(code: String, expected: String) throws {
        #expect(try show(code) == expected)
    }

    @Test("large tables are cut, and say so")
    func limits() throws {
        let text = try show("(function() local t = {}; for i = 1, 1000 do t[i] = i end; return t end)()")
        #expect(text.contains("… 980 more"))
        #expect(try show("{ ('x'):rep(1000) }").count < 250)
    }

    @Test("what does not fit on a line takes several")
    func wide() throws {
        #expect(
            try show("{ name = 'a long value', other = { 1, 2, 3 } }", width: 30) == """
                {
                  name = "a long value",
                  other = { 1, 2, 3 }
                }
                """)
    }

    @Test("objects show their preview")
    func objects() throws {
        final class Thing {}
        let state = try LuaState()
        try state.register(
            LuaType(
                Thing.self, name: "thing", summary: "A thing.",
                preview: { _, width in "thing in \(width) columns\nmore" }))
        let printer = ValuePrinter(state, style: Style(isColoured: false), width: 60)
        let thing = Thing()
        #expect(try printer.text(.object(thing)) == "thing in 60 columns\nmore")
        let table = try state.makeTable()
        try table.set(1, .object(thing))
        #expect(try printer.text(.table(table)) == "{ <thing: thing in 60 columns> }")
    }

    @Test("colour changes nothing but the colour")
    func colour() throws {
        let state = try LuaState()
        let value = try #require(try state.run("return { 'a', 1, x = true }").first)
        let text = try ValuePrinter(state, style: Style(isColoured: true), width: 80).text(value)
        #expect(text.contains("\u{1B}[32m"))
        #expect(text.replacing(/\u{1B}\[[0-9;]*m/, with: "") == #"{ "a", 1, x = true }"#)
    }
}

/// How errors are told.
@Suite struct ErrorPrinterTests {
    private func tell(_ code: String, name: String = "prompt", isSingleLine: Bool = true) throws -> String {
        let state = try LuaState()
        let error = try #require(throws: LuaError.self) { try state.run(code, name: name) }
        return ErrorPrinter(style: Style(isColoured: false)).text(error, isSingleLine: isSingleLine)
    }

    @Test("a line at the prompt needs no place and no traceback")
    func line() throws {
        #expect(try tell("error 'wrong'") == "error: wrong")
        #expect(try tell("x.y = 1") == "error: attempt to index a nil value (global 'x')")
    }

    @Test("a script tells the place first, then the frames of Lua code only")
    func script() throws {
        let text = try tell(
            "local function f() error('wrong') end\nlocal function g() f() end\ng()", name: "s.lua",
            isSingleLine: false)
        #expect(
            text == """
                error: s.lua:1: wrong
                  s.lua:1: in upvalue 'f'
                  s.lua:2: in local 'g'
                  s.lua:3: in main chunk
                """)
    }

    @Test("a syntax error is one line")
    func syntax() throws {
        #expect(try tell("for for") == "error: <name> expected near 'for'")
    }
}
