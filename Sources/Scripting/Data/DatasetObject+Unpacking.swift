import Corpus
import LuaBridge
import LyceumKit

// JSON in a column becomes columns: dataset:unpack.
extension DatasetObject {
    static var unpack: LuaFunction {
        LuaFunction(
            name: "unpack",
            summary:
                "Reads the JSON objects in a column, such as a teacher with a schema writes, and makes their "
                + "fields columns; a column of the same name is replaced.",
            parameters: [LuaParameter("column", .string, "texts of JSON, or tables", names: .columns)],
            returns: "a dataset; a field that a row lacks is nil there",
            errors: ["a row whose text is not a JSON object (it is named)"],
            example: "local d = data.from { { reply = \"{\\\"label\\\":\\\"net\\\",\\\"score\\\":0.5}\" } }\n"
                + "assert(d:unpack(\"reply\")[1].label == \"net\")",
            body: { call in
                let data = try dataset(call)
                let column = try call.string(1)
                let objects = try data.values(column).enumerated().map { row, value in
                    try object(value, "column '\(column)', row \(row + 1)")
                }
                let names = Set(objects.flatMap(\.keys)).sorted()
                let columns = names.map { name in (name: name, values: objects.map { $0[name] ?? .null }) }
                return made(try data.adding(columns: columns, operation: "unpack"))
            })
    }

    private static func object(_ value: Value, _ place: String) throws -> [String: Value] {
        if let fields = value.object { return fields }
        if let text = value.string, let fields = try? JSON.decode(text, name: place).object { return fields }
        throw LyceumError.invalid(
            place, expected: "a JSON object",
            got: value.string.map { "\"\($0.prefix(60))\"" } ?? value.typeName,
            remedy: "open the teacher with schema = { … }")
    }
}
