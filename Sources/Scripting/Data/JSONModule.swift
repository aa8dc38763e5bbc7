import LuaBridge
import LyceumKit

extension Scripting {
    /// `json`: text to data and back.
    static var jsonModule: LuaModule {
        LuaModule(
            name: "json", summary: "JSON text to Lua values and back.",
            functions: [
                LuaFunction(
                    name: "encode", summary: "Writes a value as JSON, keys in order.",
                    parameters: [
                        LuaParameter("value", .any, "text, number, boolean, nil, list or table of these"),
                        LuaParameter(
                            "options",
                            .options([.boolean("pretty", default: false, "indents and breaks lines")]), "how",
                            optional: true),
                    ],
                    returns: "a string",
                    errors: [
                        "a function, an object or a cycle in the value",
                        "NaN or an infinity, which JSON has not",
                    ],
                    example: "assert(json.encode({ a = 1 }) == '{\"a\":1}')",
                    body: { call in
                        let options = try call.namedOptions(
                            2, instead: { "json.encode(x, { pretty = \($0) })" })
                        let pretty = try options.bool("pretty")
                        let value = try call.data(1)
                        if let number = value.firstNonFinite {
                            throw LyceumError.invalid(
                                "json.encode", expected: "numbers that JSON has",
                                got: number.isNaN ? "NaN" : number < 0 ? "-Infinity" : "Infinity",
                                remedy: "put a text or json.null in its place")
                        }
                        return [.string(JSON.encode(value, pretty: pretty))]
                    }),
                LuaFunction(
                    name: "decode",
                    summary:
                        "Reads JSON. NaN, Infinity and -Infinity, as Python writes them, are numbers, too.",
                    parameters: [LuaParameter("text", .string, "one JSON value")],
                    returns: "the value; null is nil in an object and json.null in a list",
                    errors: [
                        "text that is not JSON (line and what was found)",
                        "a number of more digits than 64 bits hold",
                    ],
                    example: "assert(json.decode('{\"a\": [1, 2]}').a[2] == 2)",
                    body: { call in
                        [
                            .data(
                                try JSON.decode(
                                    Array(try call.string(1).utf8), name: "json.decode", numbers: .exact))
                        ]
                    }),
            ],
            constants: [("null", .null, "stands for null inside a list, where nil would leave a hole")])
    }
}
