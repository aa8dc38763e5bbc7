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
                    name: "load", summary: "Reads a dataset from a file, a folder of files, or a pattern.",
                    parameters: [
                        LuaParameter(
                            "path", .string,
                            ".jsonl (one object a line), .json (a list of objects), .csv or .tsv (with a header), each also .gz; a folder of such files or of CNN/DailyMail's .story files; a pattern like \"shards/*.jsonl\"",
                            names: .files),
                        LuaParameter(
                            "options",
                            .options([
                                .string(
                                    "url_lists",
                                    "for .story files: a list of addresses, whose stories are kept; or the folder of all_train.txt, all_val.txt and all_test.txt, which adds a column `split`"
                                )
                            ]), "how to read", optional: true),
                    ],
                    returns: "a dataset",
                    errors: [
                        "the file is missing, empty or of another kind",
                        "a line that is no JSON object, a row with other cells than the header (file, line and what was found)",
                    ],
                    example:
                        "local path = os.tmpname() .. \".csv.gz\"\ndata.from({ { n = 1 } }):save(path)\nassert(data.load(path)[1].n == 1)",
                    furtherOptions: { site in
                        // Opens the plugin of that kind of file, as the call itself will.
                        let path = site.arguments.first?.string
                        return path.flatMap { try? environment.plugins.format(of: $0) }?.options ?? []
                    },
                    optionNames: ["url_lists": .files],
                    body: { call in
                        let path = try call.string(1)
                        let read = try environment.session.loadByPlugin(path) {
                            try call.options(2, declared: $0.options).values
                        }
                        if let read { return [.object(DatasetObject(read))] }
                        let lists = try call.options(2).values.optionalString("url_lists")
                        let dataset = try Dataset.load(
                            path, urlLists: lists, job: environment.job("loading \(path)"))
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
                        if elements.isEmpty, let key = try call.table(1).entries().first?.key {
                            throw LyceumError.invalid(
                                call.place(1), expected: "a list of records",
                                got: "a table with the name '\(try call.state.describe(key))'",
                                remedy:
                                    "put each record into braces of its own: data.from { { text = \"a cat\" } }"
                            )
                        }
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
