import LuaBridge
import LyceumKit

// How a student sees text: tokenize, pieces, detokenize.
extension StudentObject {
    /// The methods that show a student's vocabulary at work.
    static var tokenMethods: [LuaFunction] { [tokenize, pieces, detokenize] }

    private static let unready = [
        "a student that has no vocabulary yet", "a student that does not read text in pieces",
    ]

    private static var tokenize: LuaFunction {
        LuaFunction(
            name: "tokenize", summary: "Tokenizes a text as the student does.",
            parameters: [
                LuaParameter("text", .string, "any text; nothing is put before it, nothing cut off")
            ],
            returns: "a list of ids, those of the special tokens that frame a text included", errors: unready,
            example: prepared + #"print(table.concat(s:tokenize("rain and sun"), " "))"#,
            body: { call in
                let ids = try tokenizing(call).tokenize(try call.string(1))
                return [.data(.list(ids.map { .integer($0) }))]
            })
    }

    private static var pieces: LuaFunction {
        LuaFunction(
            name: "pieces", summary: "Shows the tokens of a text, one for each id of student:tokenize.",
            parameters: [LuaParameter("text", .string, "any text")], returns: "a list of texts",
            errors: unready,
            example: prepared + #"print(table.concat(s:pieces("rain and sun"), " "))"#,
            body: { call in
                let pieces = try tokenizing(call).pieces(try call.string(1))
                return [.data(.list(pieces.map { .string($0) }))]
            })
    }

    private static var detokenize: LuaFunction {
        LuaFunction(
            name: "detokenize", summary: "Decodes ids into text, without special tokens.",
            parameters: [LuaParameter("ids", .list("whole numbers"), "ids, as student:tokenize gives them")],
            returns: "the text", errors: unready + ["an id that no piece has"],
            example: prepared + #"print(s:detokenize(s:tokenize("rain and sun")))"#,
            body: { call in
                [.string(try tokenizing(call).detokenize(try call.integers(1)))]
            })
    }

    /// A student that has learned a vocabulary and nothing else, for the examples.
    private static let prepared = """
        s = student.new("t5", { d_model = 8, d_kv = 4, d_ff = 8, num_layers = 1, num_heads = 2, vocab_size = 60 })
        rows = data.from { { text = "rain and wind and sun", short = "weather" } }
        s:train(rows, { input = "text", target = "short", num_train_epochs = 0 })

        """

    private static func tokenizing(_ call: LuaCall) throws -> any TokenizingStudent {
        let student = try call.receiver(StudentObject.self).student
        guard let student = student as? any TokenizingStudent else {
            throw LyceumError.unsupported(
                "a \(student.architecture) student does not read text in pieces",
                remedy: "students that are networks do: t5, bart, lstm, bert")
        }
        return student
    }
}
