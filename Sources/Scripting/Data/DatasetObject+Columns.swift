import Corpus
import LuaBridge
import LyceumKit
import Workbench

extension DatasetObject {
    /// Methods on columns.
    static var columnMethods: [LuaFunction] {
        let names = LuaParameter(
            "columns", .either([.string, .list("strings")]), "a name, or a list of names", names: .columns)
        return [
            LuaFunction(
                name: "select", summary: "Keeps these columns, in this order.", parameters: [names],
                returns: "a dataset", errors: ["no such column"],
                example: "assert(#data.from({ { a = 1, b = 2 } }):select({ \"a\" }).columns == 1)",
                body: { call in made(try dataset(call).select(try strings(call, 1))) }),
            LuaFunction(
                name: "drop",
                summary: "Leaves these columns out; \"teacher_*\" means all that begin with teacher_.",
                parameters: [names], returns: "a dataset",
                errors: ["no such column"],
                example: "assert(#data.from({ { a = 1, b = 2 } }):drop(\"b\").columns == 1)",
                body: { call in made(try dataset(call).dropping(try strings(call, 1))) }),
            LuaFunction(
                name: "rename", summary: "Renames columns.",
                parameters: [LuaParameter("names", .table, "old = \"new\" for each", names: .columns)],
                returns: "a dataset",
                errors: ["no such column", "the new name is taken"],
                example: "assert(data.from({ { a = 1 } }):rename({ a = \"b\" })[1].b == 1)",
                body: { call in
                    var names: [String: String] = [:]
                    for (old, new) in try call.table(1).entries() {
                        guard let old = old.string, let new = new.string else {
                            throw call.mismatch(1, .table)
                        }
                        names[old] = new
                    }
                    return made(try dataset(call).rename(names))
                }),
            LuaFunction(
                name: "column", summary: "Returns the values of one column.",
                parameters: [LuaParameter("name", .string, "its name", names: .columns)], returns: "a list",
                errors: ["no such column"], example: "assert(data.from({ { a = 1 } }):column(\"a\")[1] == 1)",
                body: { call in [.data(.list(try dataset(call).values(try call.string(1))))] }),
        ]
    }

    /// A name or a list of names.
    static func strings(_ call: LuaCall, _ position: Int) throws -> [String] {
        if let name = call.value(position).string { return [name] }
        guard call.value(position).table != nil else { throw call.mismatch(position, nil) }
        return try call.strings(position)
    }

    /// Methods that tell something of the rows.
    static var knowledgeMethods: [LuaFunction] {
        [
            LuaFunction(
                name: "group", summary: "Counts how often each value of a column occurs.",
                parameters: [LuaParameter("column", .string, "its name", names: .columns)],
                returns: "a dataset of the column and `count`, the most frequent first",
                errors: ["no such column"],
                example: "local d = data.from { { label = \"a\" }, { label = \"b\" }, { label = \"a\" } }\n"
                    + "assert(d:group(\"label\")[1].count == 2)",
                body: { call in made(try dataset(call).group(by: try call.string(1))) }),
            LuaFunction(
                name: "stats",
                summary:
                    "How long texts are: min, median, mean, 95th percentile and max, in characters and words (help \"words\").",
                parameters: [
                    LuaParameter(
                        "options",
                        .options([
                            .list("columns", of: .string, "which; every column of texts if left out"),
                            .object(
                                "tokens", "value",
                                "a function text → count or list, or a student whose vocabulary counts: adds "
                                    + "lengths in tokens"),
                        ]), "what to measure", optional: true)
                ],
                returns: "a dataset: a row for each column and unit",
                errors: ["no such column", "the function fails (the row is named)"],
                example: "local d = data.from { { text = \"a cat\" }, { text = \"a big dog\" } }\n"
                    + "assert(d:stats()[2].max == 3)",
                body: { call in
                    let options = try call.options(1)
                    return made(
                        try dataset(call).statistics(
                            columns: options.values.optionalStrings("columns"), job: Job("measuring"),
                            countTokens: try tokenCounter(options, function: call.name)))
                }),
            LuaFunction(
                name: "history",
                summary: "Shows what the rows were loaded from and what has been done with them since.",
                returns:
                    "a dataset: step, operation, detail, rows, the fingerprint where one was asked for, and the number of the run that made the column",
                example: "assert(data.from({ { n = 1 } }):take(1):history()[2].operation == \"take\")",
                body: { call in
                    let steps = try dataset(call).history.enumerated().map { i, step -> [String: Value] in
                        [
                            "step": .integer(i + 1), "operation": .string(step.operation),
                            "detail": .string(step.detail), "rows": .integer(step.rows),
                            "fingerprint": step.fingerprint.map(Value.string) ?? .null,
                            "run": step.run.map(Value.integer) ?? .null,
                        ]
                    }
                    return made(
                        Dataset(
                            records: steps,
                            columns: ["step", "operation", "detail", "rows", "fingerprint", "run"]))
                }),
        ]
    }

    /// Writing to a file.
    static func save(_ environment: ScriptEnvironment) -> LuaFunction {
        LuaFunction(
            name: "save", summary: "Writes the rows to a file, which is replaced as a whole or not at all.",
            parameters: [
                LuaParameter(
                    "path", .string,
                    "ends in .jsonl, .json, .csv or .tsv, each also with .gz behind it; or in .parquet, .arrow, .feather",
                    names: .files),
                LuaParameter(
                    "options", .options(saveOptions), "what; also those of a plugin's kind of file",
                    optional: true),
            ], returns: "the dataset itself",
            errors: [
                "the file cannot be written", "an ending that is not known",
                "a column of several types (.parquet, .arrow): its first row of another type is named",
            ],
            example: "data.from({ { n = 1 } }):save(os.tmpname() .. \".jsonl\")",
            body: { call in
                let object = try call.receiver(DatasetObject.self)
                let path = try call.string(1)
                let job = environment.job("saving \(path)")
                // The options of a plugin's kind of file stand next to these.
                let further = try environment.session.optionsOfFile(path)
                let options = try call.options(2, declared: saveOptions + further).values
                let data =
                    try options.bool("provenance")
                    ? object.dataset.withProvenance(fields: Self.provenanceFields) : object.dataset
                let (compression, rowGroup) = (
                    try options.string("compression"), try options.int("row_group_size")
                )
                func save() throws {
                    let isSaved = try environment.session.saveByPlugin(data, to: path) { format in
                        try call.options(2, declared: saveOptions + format.options).values.only(
                            format.options)
                    }
                    if !isSaved {
                        try data.save(path, compression: compression, rowGroup: rowGroup, job: job)
                    }
                }
                func saveForUserOnly() throws { try Files.keepFromOthers(path, save) }
                // Nobody else may read what teachers wrote.
                try Ranks.onMain("dataset:save") { try data.runs.isEmpty ? save() : saveForUserOnly() }
                job.note("\(data.count) \(data.count == 1 ? "row" : "rows") → \(path)")
                call.state.quietValue = object
                return [.object(object)]
            })
    }

    private static let saveOptions: [OptionDeclaration] =
        [
            .boolean(
                "provenance", default: false,
                "adds where generated values come from, as columns teacher_model, teacher_cost_usd, …")
        ] + FileKind.columnarWriting

    /// What is known of generated values.
    static var provenance: LuaFunction {
        LuaFunction(
            name: "provenance",
            summary:
                "Shows where generated values come from: model, template, tokens, cost and time of each answer.",
            parameters: [
                LuaParameter(
                    "column", .string, "the generated column; all of them if left out", optional: true,
                    names: .columns)
            ],
            returns:
                "a dataset: a row for each value, with `row` and `column` first; empty if nothing was generated",
            errors: ["a column that no teacher wrote"],
            example: "assert(#data.from({ { n = 1 } }):provenance() == 0)",
            body: { call in
                made(
                    try dataset(call).provenance(
                        of: try call.optionalString(1), fields: Self.provenanceFields))
            })
    }

    /// What is known of an answer, in the order in which it is shown.
    static let provenanceFields = [
        "row", "sample", "seed", "template", "model", "finish_reason", "prompt_tokens", "completion_tokens",
        "cost_usd", "estimated", "seconds", "time",
    ]
}
