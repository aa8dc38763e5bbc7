import Corpus
import LuaBridge
import LyceumKit

extension DatasetObject {
    /// Methods that choose and order rows.
    static func orderMethods(_ environment: ScriptEnvironment) -> [LuaFunction] {
        let count = LuaParameter("n", .integer, "how many rows")
        let random = LuaParameter("options", .options([seed]), "how", optional: true)
        return [
            LuaFunction(
                name: "take", summary: "Returns the first n rows (all, if there are fewer).",
                parameters: [count],
                returns: "a dataset", example: "assert(#data.from({ { n = 1 }, { n = 2 } }):take(1) == 1)",
                body: { call in made(try dataset(call).take(try call.integer(1))) }),
            LuaFunction(
                name: "skip", summary: "Returns all rows except the first n.", parameters: [count],
                returns: "a dataset",
                example: "assert(data.from({ { n = 1 }, { n = 2 } }):skip(1)[1].n == 2)",
                body: { call in made(try dataset(call).skip(try call.integer(1))) }),
            LuaFunction(
                name: "shuffle", summary: "Shuffles the rows.", parameters: [random],
                returns: "a dataset",
                example: "local d = data.from({ { n = 1 }, { n = 2 } }):shuffle({ seed = 13 })",
                body: { call in
                    let options = try call.namedOptions(1, instead: { "d:shuffle({ seed = \($0) })" })
                    return made(try dataset(call).shuffle(seed: try options.int("seed")))
                }),
            LuaFunction(
                name: "sample", summary: "Draws n different rows at random (all, if there are fewer).",
                parameters: [count, random], returns: "a dataset",
                example:
                    "assert(#data.from({ { n = 1 }, { n = 2 }, { n = 3 } }):sample(2, { seed = 13 }) == 2)",
                body: { call in
                    let rows = try call.integer(1)
                    let options = try call.namedOptions(2, instead: { "d:sample(\(rows), { seed = \($0) })" })
                    return made(try dataset(call).sample(rows, seed: try options.int("seed")))
                }),
            LuaFunction(
                name: "sort",
                summary:
                    "Sorts the rows by a column: numbers, then texts, nil last; equal rows keep their order.",
                parameters: [
                    LuaParameter("column", .string, "what to sort by", names: .columns),
                    LuaParameter(
                        "options", .options([.boolean("descending", default: false, "largest values first")]),
                        "how", optional: true),
                ],
                returns: "a dataset", errors: ["no such column"],
                example: "local d = data.from { { n = 1 }, { n = 2 } }\n"
                    + "assert(d:sort(\"n\", { descending = true })[1].n == 2)",
                body: { call in
                    let options = try call.options(2).values
                    return made(
                        try dataset(call).sort(
                            by: try call.string(1), descending: try options.bool("descending"),
                            job: environment.job("sorting")))
                }),
            LuaFunction(
                name: "concat", summary: "Appends the rows of other datasets.",
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
                                "drops near-duplicates of one column: texts of which this share of runs of words (help \"words\") is common (Jaccard; 0.8 is usual)"
                            ),
                            .integer("near_words", default: 5, in: 1...100, "the length of these n-grams"),
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
                            near: column, similarity: similarity, words: try options.int("near_words"),
                            job: Job("dedup")))
                }),
        ]
    }

    /// What random choices depend on: one name and one default everywhere.
    static let seed = OptionDeclaration.integer(
        "seed", default: 42, "equal seeds give equal choices")

    /// Dealing rows out.
    static var splitMethods: [LuaFunction] {
        [
            LuaFunction(
                name: "split", summary: "Splits the rows at random into named parts.",
                parameters: [
                    LuaParameter(
                        "parts", .table,
                        "name = fraction (at most 1.0) or name = count of rows; 1.0 is all of them, 1 is one row"
                    ),
                    LuaParameter(
                        "options",
                        .options([
                            seed,
                            .column(
                                "group",
                                "a column whose equal values stay in one part, so that near-copies do not leak"
                            ),
                            .column(
                                "stratify", "a column each of whose values has the same share in every part"),
                        ]), "how", optional: true),
                ],
                returns: "a table of datasets by name",
                errors: ["fractions above 1 in sum, or counts above the number of rows"],
                example: "local d = data.from { { n = 1 }, { n = 2 }, { n = 3 }, { n = 4 } }\n"
                    + "local parts = d:split({ train = 0.5, test = 0.5 }, { seed = 13 })\nassert(#parts.train == 2)",
                body: split)
        ]
    }

    private static func split(_ call: LuaCall) throws -> [LuaValue] {
        guard let parts = call.value(1).table else {
            throw LyceumError.invalid(
                call.place(1), expected: "a table of parts", got: call.state.typeName(call.value(1)),
                remedy: "as in d:split({ train = 0.8, test = 0.2 })")
        }
        let entries = try parts.entries()
        try refuseOptions(among: entries, call)
        var sizes: [String: SplitSize] = [:]
        for (key, value) in entries {
            let name = try call.state.describe(key)
            guard key.string != nil, value.number != nil else {
                throw LyceumError.badOption(
                    function: call.name, option: name,
                    expected: "a fraction of at most 1.0 or a count, as in train = 0.9",
                    got: try call.state.describe(value))
            }
            sizes[name] = try SplitSize(call.state.data(value), part: name)
        }
        let options = try call.options(2).values
        let dealt = try dataset(call).split(
            sizes, seed: try options.int("seed"), group: options.optionalString("group"),
            stratify: options.optionalString("stratify"))
        let table = try call.state.makeTable()
        for (name, part) in dealt { try table.set(name, .object(DatasetObject(part))) }
        return [.table(table)]
    }

    /// Options among the parts are refused, and so is what looks like a misspelt one: it would become a part.
    private static func refuseOptions(
        among entries: [(key: LuaValue, value: LuaValue)], _ call: LuaCall
    ) throws {
        let options = ["seed", "group", "stratify"]
        func meant(_ entry: (key: LuaValue, value: LuaValue)) -> String? {
            guard let name = entry.key.string else { return nil }
            if options.contains(name) { return name }
            // A part of half the rows is hardly a seed.
            guard entry.value.integer != nil || entry.value.string != nil else { return nil }
            return Nearest.names(to: name, among: options, within: 1).first
        }
        let wrong = entries.filter { meant($0) != nil }
        guard let first = wrong.first, let option = meant(first) else { return }
        func written(_ entry: (key: LuaValue, value: LuaValue), _ name: String) throws -> String {
            let text = try call.state.describe(entry.value)
            return "\(name) = " + (entry.value.string == nil ? text : "\"\(text)\"")
        }
        let parts = try entries.filter { meant($0) == nil }
            .map { try written($0, call.state.describe($0.key)) }.sorted()
        let given = try wrong.map { try written($0, meant($0) ?? "") }.sorted()
        let name = first.key.string ?? ""
        throw LyceumError.invalid(
            call.name,
            expected: "options in a table of their own",
            got: "'\(name)' among the parts" + (name == option ? "" : " (is it '\(option)'?)"),
            remedy:
                "write d:split({ \(parts.joined(separator: ", ")) }, { \(given.joined(separator: ", ")) })")
    }
}

extension LuaCall {
    /// The table of options at a position, where a plain value used to stand.
    ///
    /// - Parameter instead: how the call is written today, given the plain value.
    func namedOptions(_ position: Int, instead: (String) -> String) throws -> Options {
        let given = value(position)
        if !given.isNil, given.table == nil {
            let text = try state.describe(given)
            throw LyceumError.invalid(
                place(position), expected: "a table of options", got: state.typeName(given),
                remedy: "write " + instead(text))
        }
        return try options(position).values
    }
}
