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
