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
                    returns: "a string", errors: ["a function, an object or a cycle in the value"],
                    example: "assert(json.encode({ a = 1 }) == '{\"a\":1}')",
                    body: { call in
                        let options = try call.namedOptions(
                            2, instead: { "json.encode(x, { pretty = \($0) })" })
                        let pretty = try options.bool("pretty")
                        return [.string(JSON.encode(try call.data(1), pretty: pretty))]
                    }),
                LuaFunction(
                    name: "decode", summary: "Reads JSON.",
                    parameters: [LuaParameter("text", .string, "one JSON value")],
                    returns: "the value; null is nil in an object and json.null in a list",
                    errors: ["text that is no JSON (line and what was found)"],
                    example: "assert(json.decode('{\"a\": [1, 2]}').a[2] == 2)",
                    body: { call in
                        [.data(try JSON.decode(Array(try call.string(1).utf8), name: "json.decode"))]
                    }),
            ],
            constants: [("null", .null, "stands for null inside a list, where nil would leave a hole")])
    }
}
