import LuaBridge
import Testing

@testable import Console

/// What the prompt takes for an expression, a statement, or the beginning of something longer.
@Suite struct ReaderTests {
    private enum Outcome: Equatable {
        case values([Int])
        case silent([Int])
        case incomplete
        case failure
    }

    private func read(_ text: String) throws -> Outcome {
        let state = try LuaState()
        do {
            switch try ChunkReader(state: state).read(text) {
            case .incomplete: return .incomplete
            case .code(let code, let isSilent):
                let values = try code().compactMap(\.integer)
                return isSilent ? .silent(values) : .values(values)
            }
        } catch {
            return .failure
        }
    }

    @Test("expressions give their values")
    func expressions() throws {
        #expect(try read("1 + 1") == .values([2]))
        #expect(try read("= 3") == .values([3]))
        #expect(try read("1, 2") == .values([1, 2]))
        #expect(try read("(function()\n return 7\nend)()") == .values([7]))
        #expect(try read("return 5") == .values([5]))
    }

    @Test("statements run, and a semicolon silences")
    func statements() throws {
        #expect(try read("x = 5") == .values([]))
        #expect(try read("1 + 1;") == .silent([2]))
        #expect(try read("local t = {} ; t.x = 1 ; return t.x ;  ") == .silent([1]))
        #expect(try read("-- nothing") == .values([]))
    }

    @Test(
        "the value of the last statement is shown if it is an expression",
        arguments: [
            ("x = 1; x", [1]), ("x = 1 x + 2", [3]), ("for i = 1, 3 do y = i end; y", [3]),
            ("for i = 1, 3 do y = i end y", [3]), ("x = 4\nx", [4]), ("local z = 5; z", [5]),
            ("function f() return 6 end f()", [6]), ("f = function() return 7 end; f()", [7]),
            ("x = 1; (x)", [1]), ("x = 1; -x", [-1]), ("t = { 1, 2 } #t", [2]),
            ("x, y = 1, 2; x, y", [1, 2]),
            ("x = 8 return x", [8]), ("x = math.abs(-9); math.abs(x)", [9]),
        ])
    func lastExpression(text: String, values: [Int]) throws {
        #expect(try read(text) == .values(values))
    }

    @Test(
        "a statement is not cut in two",
        arguments: [
            "x = math.abs (-3)", "x = math.abs\n(-3)", "x = 5 -3", "if true then x = 1 end",
            "x = tostring 'a'",
        ])
    func oneStatement(text: String) throws {
        #expect(try read(text) == .values([]))
    }

    @Test func localsThatEndWithTheirLine() {
        #expect(StatementStarts.unusedLocals("local z = 3") == ["z"])
        #expect(StatementStarts.unusedLocals("local a, b = 1, 2") == ["a", "b"])
        #expect(StatementStarts.unusedLocals("local function f() end") == ["f"])
        #expect(StatementStarts.unusedLocals("local z = 3; print(z)").isEmpty)
        #expect(StatementStarts.unusedLocals("for i = 1, 3 do local z = i end").isEmpty)
        #expect(StatementStarts.unusedLocals("function f() local z = 1 return z end").isEmpty)
    }

    @Test(
        "unfinished code waits for more",
        arguments: [
            "for i = 1, 3 do", "f(", "x =", "function f()", "t = {", "[[text", "gold:filter(function(r)",
            "1 +",
        ])
    func incomplete(text: String) throws {
        #expect(try read(text) == .incomplete)
    }

    @Test("wrong code is wrong at once", arguments: ["for for", "x = = 1", "end", "\"open", "f())"])
    func wrong(text: String) throws {
        #expect(try read(text) == .failure)
    }
}
