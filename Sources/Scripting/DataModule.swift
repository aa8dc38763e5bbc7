import Corpus
import LuaBridge
import LyceumKit

extension Scripting {
    /// `data`: where datasets come from.
    static func dataModule(_ environment: ScriptEnvironment) -> LuaModule {
        LuaModule(
            name: "data", summary: "Datasets: immutable tables of records.",
            functions: [
                LuaFunction(
                    name: "load", summary: "Reads a dataset from a file.",
                    parameters: [
                        LuaParameter(
                            "path", .string, "a .jsonl file (one object a line) or a .json array of objects")
                    ],
                    returns: "a dataset",
                    errors: [
                        "the file is missing, empty or of another kind",
                        "a line that is no JSON object (file, line and what was found)",
                    ],
                    example:
                        "local path = os.tmpname() .. \".jsonl\"\ndata.from({ { n = 1 } }):save(path)\nassert(#data.load(path) == 1)",
                    body: { call in
                        let path = try call.string(1)
                        let dataset = try Dataset.load(path, job: environment.job("loading \(path)"))
                        return [.object(DatasetObject(dataset))]
                    }),
                LuaFunction(
                    name: "from", summary: "Makes a dataset of a list of records.",
                    parameters: [LuaParameter("records", .list("records"), "tables of named values")],
                    returns: "a dataset", errors: ["an element that is no record (its position is named)"],
                    example:
                        "local d = data.from { { text = \"a cat\", label = \"pet\" } }\nassert(d[1].label == \"pet\")",
                    body: { call in
                        let elements = try call.table(1).elements()
                        let records = try elements.enumerated().map { index, element in
                            guard let fields = try element.table?.value().fields else {
                                throw LyceumError.invalid(
                                    "data.from: element \(index + 1)",
                                    expected: "a record (a table of fields)",
                                    got: call.state.typeName(element), remedy: nil)
                            }
                            return fields
                        }
                        return [.object(DatasetObject(Dataset(records: records)))]
                    }),
            ])
    }
}
