import Corpus
import LuaBridge
import LyceumKit

extension DatasetObject {
    /// Methods that choose and order rows.
    static var orderMethods: [LuaFunction] {
        let count = LuaParameter("n", .integer, "how many rows")
        let seed = LuaParameter(
            "seed", .integer, "equal seeds give equal orders; 1 if left out", optional: true)
        return [
            LuaFunction(
                name: "take", summary: "The first n rows (all, if there are fewer).", parameters: [count],
                returns: "a dataset", example: "assert(#data.from({ { n = 1 }, { n = 2 } }):take(1) == 1)",
                body: { call in made(try dataset(call).take(try call.integer(1))) }),
            LuaFunction(
                name: "skip", summary: "All rows but the first n.", parameters: [count], returns: "a dataset",
                example: "assert(data.from({ { n = 1 }, { n = 2 } }):skip(1)[1].n == 2)",
                body: { call in made(try dataset(call).skip(try call.integer(1))) }),
            LuaFunction(
                name: "shuffle", summary: "The rows in a random order.", parameters: [seed],
                returns: "a dataset", example: "local d = data.from({ { n = 1 }, { n = 2 } }):shuffle(13)",
                body: { call in made(try dataset(call).shuffle(seed: try call.optionalInteger(1) ?? 1)) }),
            LuaFunction(
                name: "sample", summary: "n different rows drawn at random (all, if there are fewer).",
                parameters: [count, seed], returns: "a dataset",
                example: "assert(#data.from({ { n = 1 }, { n = 2 }, { n = 3 } }):sample(2) == 2)",
                body: { call in
                    made(
                        try dataset(call).sample(try call.integer(1), seed: try call.optionalInteger(2) ?? 1))
                }),
            LuaFunction(
                name: "sort",
                summary:
                    "The rows in the order of a column: numbers, then texts; nil last; equals as they stood.",
                parameters: [
                    LuaParameter("column", .string, "what to sort by", names: .columns),
                    LuaParameter(
                        "options", .options([.boolean("descending", default: false, "the largest first")]),
                        "how", optional: true),
                ],
                returns: "a dataset", errors: ["no such column"],
                example: "local d = data.from { { n = 1 }, { n = 2 } }\n"
                    + "assert(d:sort(\"n\", { descending = true })[1].n == 2)",
                body: { call in
                    let options = try call.options(2).values
                    return made(
                        try dataset(call).sort(
                            by: try call.string(1), descending: try options.bool("descending")))
                }),
            LuaFunction(
                name: "concat", summary: "The rows of this dataset, then those of others.",
                parameters: [LuaParameter("other", .object("dataset"), "the rows to add")], isVariadic: true,
                returns: "a dataset; a column that one of them lacks is nil there",
                example: "local d = data.from { { n = 1 } }\nassert(#d:concat(d) == 2)",
                body: { call in
                    _ = try call.object(1, DatasetObject.self)
                    return made(
                        try dataset(call).concat(
                            try call.arguments.indices.map {
                                try call.object($0 + 1, DatasetObject.self).dataset
                            }))
                }),
            LuaFunction(
                name: "dedup", summary: "Keeps the first of rows that are equal, or nearly.",
                parameters: [
                    LuaParameter(
                        "columns", .either([.string, .list("strings")]),
                        "compares these columns only; all if left out", optional: true),
                    LuaParameter(
                        "options",
                        .options([
                            .number(
                                "near", default: nil, in: 0.01...1,
                                "drops near-duplicates of one column: texts of which this share of runs of words is common (Jaccard; 0.8 is usual)"
                            ),
                            .integer("words", default: 5, in: 1...100, "the length of these runs"),
                        ]), "how alike", optional: true),
                ],
                returns: "a dataset", errors: ["no such column"],
                example: "assert(#data.from({ { n = 1 }, { n = 1 } }):dedup() == 1)\n"
                    + "local d = data.from { { t = \"one two three four\" }, { t = \"One two three four!\" } }\n"
                    + "assert(#d:dedup(\"t\", { near = 0.8 }) == 1)",
                body: { call in
                    let columns = call.isGiven(1) ? try strings(call, 1) : []
                    let options = try call.options(2).values
                    guard let similarity = options.optionalDouble("near") else {
                        return made(try dataset(call).dedup(by: columns))
                    }
                    guard let column = columns.first, columns.count == 1 else {
                        throw LyceumError.badOption(
                            function: call.name, option: "near", expected: "one column of texts to compare",
                            got: columns.isEmpty ? "none" : "\(columns.count)")
                    }
                    return made(
                        try dataset(call).dedup(
                            near: column, similarity: similarity, words: try options.int("words"),
                            job: Job("dedup")))
                }),
        ]
    }

    /// Dealing rows out.
    static var splitMethods: [LuaFunction] {
        [
            LuaFunction(
                name: "split", summary: "Deals the rows out at random into named parts.",
                parameters: [
                    LuaParameter(
                        "parts", .table,
                        "name = fraction (at most 1.0) or name = count; plus seed = (default 1), and group = a column "
                            + "whose equal values must stay in one part, so that near-copies do not leak, or "
                            + "stratify = a column whose values each part holds by the same shares")
                ],
                returns: "a table of datasets by name",
                errors: ["fractions above 1 in sum, or counts above the number of rows"],
                example: "local d = data.from { { n = 1 }, { n = 2 }, { n = 3 }, { n = 4 } }\n"
                    + "local parts = d:split { train = 0.5, test = 0.5, seed = 13 }\nassert(#parts.train == 2)",
                body: split)
        ]
    }

    private static func split(_ call: LuaCall) throws -> [LuaValue] {
        var sizes: [String: SplitSize] = [:]
        var seed = 1
        var columns: [String: String] = [:]
        for (key, value) in try call.table(1).entries() {
            let name = try call.state.describe(key)
            func refuse(_ expected: String) throws -> LyceumError {
                .badOption(
                    function: call.name, option: name, expected: expected, got: try call.state.describe(value)
                )
            }
            switch name {
            case "seed":
                guard let number = value.integer else { throw try refuse("a whole number") }
                seed = number
            case "group", "stratify":
                guard let column = value.string else { throw try refuse("a column name") }
                columns[name] = column
            default:
                guard key.string != nil, value.number != nil else {
                    throw try refuse("a fraction of at most 1.0 or a count, as in train = 0.9")
                }
                sizes[name] = try SplitSize(call.state.data(value), part: name)
            }
        }
        let parts = try dataset(call).split(
            sizes, seed: seed, group: columns["group"], stratify: columns["stratify"])
        let table = try call.state.makeTable()
        for (name, part) in parts { try table.set(name, .object(DatasetObject(part))) }
        return [.table(table)]
    }
}
