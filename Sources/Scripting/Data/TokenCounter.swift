import LuaBridge
import LyceumKit

/// What counts the tokens of a text: the option `tokens` of everything that measures texts.
///
/// - Returns: nil if the option was not given.
/// - Throws: `LyceumError.badOption` if it is neither a student that reads text in pieces nor a function.
func tokenCounter(_ options: LuaOptions, function: String) throws -> ((String) throws -> Int)? {
    let given = options.reference("tokens")
    if given.isNil { return nil }
    if let student = (given.object as? StudentObject)?.student as? any TokenizingStudent {
        return { try student.tokenize($0).count }
    }
    guard let count = given.function else {
        throw LyceumError.badOption(
            function: function, option: "tokens",
            expected: "a student that reads text in pieces, or a function text → count or list",
            got: "something else")
    }
    return { text in
        let result = try count([.string(text)]).first ?? .nil
        if let number = result.integer, number >= 0 { return number }
        guard let list = result.table else {
            throw LyceumError.badOption(
                function: function, option: "tokens", expected: "a function that returns a count or a list",
                got: "a function that returned something else")
        }
        return try list.count()
    }
}
