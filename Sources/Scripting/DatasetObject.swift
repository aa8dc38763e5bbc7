import Corpus
import LuaBridge
import LyceumKit

/// A dataset in Lua's hands.
final class DatasetObject {
    let dataset: Dataset
    /// The rows that an operation could not finish, with a column `reason`; nil if there are none.
    let failed: DatasetObject?

    init(_ dataset: Dataset, failed: DatasetObject? = nil) {
        self.dataset = dataset
        self.failed = failed
    }

    static func type(_ environment: ScriptEnvironment) -> LuaType {
        LuaType(
            DatasetObject.self, name: "dataset",
            summary:
                "An immutable table of records. #d counts its rows, d[1] is the first, ipairs(d) walks them.",
            methods: rowMethods + orderMethods + columnMethods + [save],
            properties: [
                LuaProperty("columns", "the column names, a list") { (object: DatasetObject) in
                    .data(.list(object.dataset.columns.map(Value.string)))
                },
                LuaProperty("fingerprint", "a hash of the content: equal for equal rows") {
                    (object: DatasetObject) in .string(object.dataset.fingerprint)
                },
                LuaProperty(
                    "failed", "the rows that a teacher did not answer, with a column 'reason'; or nil"
                ) {
                    (object: DatasetObject) in object.failed.map(LuaValue.object) ?? .nil
                },
            ],
            length: { $0.dataset.count },
            index: { object, key, _ in
                guard let position = key.integer else { return nil }
                guard position >= 1, position <= object.dataset.count else { return .nil }
                return .record(try object.dataset.record(at: position - 1))
            },
            toString: { "dataset (\($0.dataset.count) rows: \($0.dataset.columns.joined(separator: ", ")))" },
            preview: { object, width in object.dataset.preview(width: width) })
    }

    /// The rows with a new content, in Lua's hands.
    private static func made(_ dataset: Dataset) -> [LuaValue] { [.object(DatasetObject(dataset))] }

    private static func dataset(_ call: LuaCall) throws -> Dataset {
        try call.receiver(DatasetObject.self).dataset
    }

    // MARK: Methods that look at rows

    private static var rowMethods: [LuaFunction] {
        [
            LuaFunction(
                name: "filter", summary: "Keeps the rows for which a function returns true.",
                parameters: [LuaParameter("keep", .function("record → boolean"), "sees each record")],
                returns: "a dataset", errors: ["the function fails (the row is named)"],
                example:
                    "local d = data.from { { n = 1 }, { n = 2 } }\nassert(#d:filter(function(r) return r.n > 1 end) == 1)",
                body: { call in
                    let keep = try call.function(1)
                    return made(try dataset(call).filter { try keep([.record($0)]).first?.isTrue ?? false })
                }),
            LuaFunction(
                name: "map", summary: "Makes a new record of each record.",
                parameters: [
                    LuaParameter(
                        "change", .function("record → record"),
                        "gets a copy of each record and returns the new one (the copy, changed, will do)")
                ],
                returns: "a dataset", errors: ["the function fails or returns no table (the row is named)"],
                example:
                    "local d = data.from { { n = 1 } }\nassert(d:map(function(r) r.n = r.n + 1 return r end)[1].n == 2)",
                body: { call in
                    let change = try call.function(1)
                    let state = call.state
                    return made(
                        try dataset(call).map { record in
                            let result = try change([.record(record)]).first ?? .nil
                            guard let table = result.table, let fields = try table.value().fields else {
                                throw LyceumError.invalid(
                                    "the function given to dataset:map",
                                    expected: "a record (a table of fields)",
                                    got: state.typeName(result), remedy: "return the record")
                            }
                            return fields
                        })
                }),
        ]
    }

    // MARK: Methods that choose and order rows

    private static var orderMethods: [LuaFunction] {
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
                name: "split", summary: "Deals the rows out at random into named parts.",
                parameters: [
                    LuaParameter(
                        "parts", .table,
                        "name = fraction (at most 1.0) or name = count; plus seed = (default 1) and group = a column "
                            + "whose equal values must stay in one part, so that near-copies do not leak")
                ],
                returns: "a table of datasets by name",
                errors: ["fractions above 1 in sum, or counts above the number of rows"],
                example: "local d = data.from { { n = 1 }, { n = 2 }, { n = 3 }, { n = 4 } }\n"
                    + "local parts = d:split { train = 0.5, test = 0.5, seed = 13 }\nassert(#parts.train == 2)",
                body: split),
            LuaFunction(
                name: "concat", summary: "The rows of this dataset, then those of another.",
                parameters: [LuaParameter("other", .object("dataset"), "the rows to add")],
                returns: "a dataset; a column that one of them lacks is nil there",
                example: "local d = data.from { { n = 1 } }\nassert(#d:concat(d) == 2)",
                body: { call in
                    made(try dataset(call).concat([try call.object(1, DatasetObject.self).dataset]))
                }),
            LuaFunction(
                name: "dedup", summary: "Keeps the first of rows that are equal.",
                parameters: [
                    LuaParameter(
                        "columns", .list("strings"), "compares these columns only; all if left out",
                        optional: true)
                ],
                returns: "a dataset", example: "assert(#data.from({ { n = 1 }, { n = 1 } }):dedup() == 1)",
                body: { call in
                    made(try dataset(call).dedup(by: call.isGiven(1) ? try strings(call, 1) : []))
                }),
        ]
    }

    private static func split(_ call: LuaCall) throws -> [LuaValue] {
        var sizes: [String: SplitSize] = [:]
        var seed = 1
        var group: String?
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
            case "group":
                guard let column = value.string else { throw try refuse("a column name") }
                group = column
            default:
                guard key.string != nil, value.number != nil else {
                    throw try refuse("a fraction of at most 1.0 or a count, as in train = 0.9")
                }
                sizes[name] = try SplitSize(call.state.data(value), part: name)
            }
        }
        let parts = try dataset(call).split(sizes, seed: seed, group: group)
        let table = try call.state.makeTable()
        for (name, part) in parts { try table.set(name, .object(DatasetObject(part))) }
        return [.table(table)]
    }

    // MARK: Methods on columns

    private static var columnMethods: [LuaFunction] {
        let names = LuaParameter(
            "columns", .either([.string, .list("strings")]), "a name, or a list of names")
        return [
            LuaFunction(
                name: "select", summary: "Keeps these columns, in this order.", parameters: [names],
                returns: "a dataset", errors: ["no such column"],
                example: "assert(#data.from({ { a = 1, b = 2 } }):select({ \"a\" }).columns == 1)",
                body: { call in made(try dataset(call).select(try strings(call, 1))) }),
            LuaFunction(
                name: "drop", summary: "Leaves these columns out.", parameters: [names], returns: "a dataset",
                errors: ["no such column"],
                example: "assert(#data.from({ { a = 1, b = 2 } }):drop(\"b\").columns == 1)",
                body: { call in made(try dataset(call).dropping(try strings(call, 1))) }),
            LuaFunction(
                name: "rename", summary: "Gives columns other names.",
                parameters: [LuaParameter("names", .table, "old = \"new\" for each")], returns: "a dataset",
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
                name: "column", summary: "The values of one column.",
                parameters: [LuaParameter("name", .string, "its name")], returns: "a list",
                errors: ["no such column"], example: "assert(data.from({ { a = 1 } }):column(\"a\")[1] == 1)",
                body: { call in [.data(.list(try dataset(call).values(try call.string(1))))] }),
        ]
    }

    /// A name or a list of names.
    private static func strings(_ call: LuaCall, _ position: Int) throws -> [String] {
        if let name = call.value(position).string { return [name] }
        guard let elements = try call.value(position).table?.elements() else {
            throw call.mismatch(position, nil)
        }
        let names = elements.compactMap(\.string)
        guard names.count == elements.count else { throw call.mismatch(position, nil) }
        return names
    }

    private static var save: LuaFunction {
        LuaFunction(
            name: "save", summary: "Writes the rows to a file, which is replaced as a whole or not at all.",
            parameters: [LuaParameter("path", .string, "ends in .jsonl")], returns: "the dataset itself",
            errors: ["the file cannot be written", "an ending that is not known"],
            example: "data.from({ { n = 1 } }):save(os.tmpname() .. \".jsonl\")",
            body: { call in
                let object = try call.receiver(DatasetObject.self)
                try object.dataset.save(try call.string(1))
                return [.object(object)]
            })
    }
}

extension Value {
    /// The fields of a record: those of an object; an empty Lua table is an empty record.
    var fields: [String: Value]? {
        if list?.isEmpty == true { return [:] }
        return object
    }
}
