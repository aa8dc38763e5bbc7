import Corpus
import Hub
import LuaBridge
import LyceumKit

extension Scripting {
    private static let loadOptions: [OptionDeclaration] = [
        .boolean(
            "quotes", default: nil,
            "whether quotes enclose cells of CSV and TSV; else they do, except in a TSV whose quotes do not pair up"
        ),
        .choice(
            "encoding", TextEncoding.allCases.map(\.rawValue), default: TextEncoding.utf8.rawValue,
            "how bytes stand for characters; UTF-16 with a byte order mark is known by itself"),
        OptionDeclaration(
            "types", kind: .table,
            doc:
                "what columns hold: { id = \"text\", n = \"number\", ok = \"boolean\" }; text keeps numbers as they are written, number takes the nearest; else it is found out"
        ),
        .string(
            "url_lists",
            "for .story files: a list of addresses, whose stories are kept; or the folder of all_train.txt, all_val.txt and all_test.txt, which adds a column `split`"
        ),
    ]

    private static func options(_ given: Options) throws -> LoadOptions {
        var types: [String: LoadOptions.ColumnType] = [:]
        for (column, value) in given.values["types"]?.object ?? [:] {
            guard let type = value.string.flatMap(LoadOptions.ColumnType.init(rawValue:)) else {
                let known = LoadOptions.ColumnType.allCases.map { "'\($0.rawValue)'" }
                throw LyceumError.badOption(
                    function: given.function, option: "types.\(column)",
                    expected: known.joined(separator: " or "),
                    got: value.string.map { "'\($0)'" } ?? value.typeName)
            }
            types[column] = type
        }
        return LoadOptions(
            quotes: given.values["quotes"]?.bool,
            encoding: try given.choice("encoding"), types: types,
            urlLists: given.optionalString("url_lists"))
    }

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
                            ".jsonl (one object a line), .json (a list of objects, or objects one after the other), .csv or .tsv (with a header), each also .gz; .parquet, .arrow or .feather; a folder of such files or of CNN/DailyMail's .story files; a pattern like \"shards/*.jsonl\"; or a data set of the Hub: \"hf:owner/name[:config][@revision]\"",
                            names: .files),
                        LuaParameter(
                            "options",
                            .options(
                                loadOptions + [
                                    .list("columns", of: .string, "the columns to keep, in this order")
                                ] + FileKind.columnarReading + [
                                    .string(
                                        "config", "of the Hub: the configuration; otherwise the default one"),
                                    .string(
                                        "split",
                                        "of the Hub: \"train\"; may be left out if there is only one"),
                                    .string(
                                        "revision",
                                        "of the Hub: a branch, a tag, refs/pr/N or a commit; otherwise main"),
                                    hubToken,
                                ]), "how to read", optional: true),
                    ],
                    returns: "a dataset",
                    errors: [
                        "the file is missing, empty or of another kind",
                        "a line that is not a JSON object, a row whose cell count differs from the header (file, line and what was found)",
                        "bytes that are not characters of the encoding (row, column and byte)",
                        "in JSON, a number of more digits than 64 bits hold; in CSV such a column stays text",
                        "a line of more than 1 GiB, a row of CSV of more than 256 MiB, a .json file of more than 4 GiB",
                        "of the Hub: no such data set, configuration or split, no access, no answer",
                    ],
                    example:
                        "local path = os.tmpname() .. \".csv.gz\"\ndata.from({ { n = 1 } }):save(path)\nassert(data.load(path)[1].n == 1)",
                    furtherOptions: { site in
                        // Opens the plugin of that kind of file, as the call itself will.
                        let path = site.arguments.first?.string
                        return path.flatMap { try? environment.session.optionsOfFile($0) } ?? []
                    },
                    optionNames: ["url_lists": .files],
                    body: { call in
                        let path = try call.string(1)
                        if path.hasPrefix(HubDataset.scheme), !Files.exists(path) {
                            return [
                                .object(
                                    DatasetObject(
                                        try hubDataset(path, try call.options(2).values, environment)))
                            ]
                        }
                        let read = try environment.session.loadByPlugin(path) {
                            try call.options(2, declared: $0.options).values
                        }
                        if let read { return [.object(DatasetObject(read))] }
                        let given = try call.options(2).values
                        for option in ["config", "split", "revision", "token"]
                        where given.optionalString(option) != nil {
                            throw LyceumError.badOption(
                                function: call.name, option: option,
                                expected: "a data set of the Hub (hf:owner/name)",
                                got: "the path '\(path)'")
                        }
                        let dataset = try Dataset.load(
                            path, options: try options(given), columns: given.optionalStrings("columns"),
                            rowGroups: try FileKind.rowGroups(given), job: environment.job("loading \(path)"))
                        return [.object(DatasetObject(dataset))]
                    }),
                LuaFunction(
                    name: "from", summary: "Makes a dataset of a list of records.",
                    parameters: [LuaParameter("records", .list("records"), "tables of named values")],
                    returns: "a dataset", errors: ["an element that is not a record (its position is named)"],
                    example:
                        "local d = data.from { { text = \"a cat\", label = \"pet\" } }\nassert(d[1].label == \"pet\")",
                    body: { call in
                        if let name = try call.table(1).strayKey()?.string {
                            throw LyceumError.invalid(
                                call.place(1), expected: "a list of records",
                                got: "a table with the name '\(name)'",
                                remedy:
                                    "put each record into braces of its own: data.from { { text = \"a cat\" } }"
                            )
                        }
                        let elements = try call.elements(1)
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

    /// One split of a data set of the Hub.
    private static func hubDataset(
        _ name: String, _ options: Options, _ environment: ScriptEnvironment
    ) throws -> Dataset {
        let source = try HubDataset(
            name, config: options.optionalString("config"), revision: options.optionalString("revision"))
        let split = options.optionalString("split")
        let files = try environment.hub.files(
            of: source, split: split, token: options.optionalString("token"),
            job: environment.job("downloading \(source.repository.id)"), isData: Dataset.knowsFormat)
        let title = name + (split.map { ", split = \($0)" } ?? "")
        return try Dataset.load(
            files: files, named: title, columns: options.optionalStrings("columns"),
            rowGroups: try FileKind.rowGroups(options), job: environment.job("loading \(name)"))
    }
}
