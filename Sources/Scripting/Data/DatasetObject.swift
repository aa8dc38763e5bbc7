import Corpus
import LuaBridge
import LyceumKit
import Workbench

/// A dataset in Lua's hands.
final class DatasetObject {
    let dataset: Dataset
    /// The rows that an operation could not finish, with a column `reason`; nil if there are none.
    let failed: DatasetObject?
    /// How a teacher made it, so that the rows that failed can be asked again; nil for every other dataset.
    let generation: GenerationResult?

    /// What `curate` did to it; nil for every other dataset.
    let curation: Curation.Result?

    init(
        _ dataset: Dataset, failed: DatasetObject? = nil, generation: GenerationResult? = nil,
        curation: Curation.Result? = nil
    ) {
        self.dataset = dataset
        self.curation = curation
        self.failed = failed
        self.generation = generation
    }

    /// What a teacher made.
    convenience init(_ result: GenerationResult) {
        self.init(result.answered, failed: result.failed.map { DatasetObject($0) }, generation: result)
    }

    static func type(_ environment: ScriptEnvironment) -> LuaType {
        LuaType(
            DatasetObject.self, name: "dataset",
            summary:
                "An immutable table of records. #d counts its rows, d[1] is the first (read-only), ipairs(d) walks them; d == e "
                + "compares the content, show(d, { rows = 3 }) shows whole texts.",
            methods: rowMethods + orderMethods(environment) + splitMethods + columnMethods + knowledgeMethods
                + [
                    unpack, curate(environment), cleanNews(environment), save(environment), provenance,
                    cost(environment), close,
                ],
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
                LuaProperty("dropped", "the rows that curate left out, with a column 'reason'; or nil") {
                    (object: DatasetObject) in
                    object.curation.map { .object(DatasetObject($0.dropped)) } ?? .nil
                },
                LuaProperty("report", "what curate did, in one line; or nil") {
                    (object: DatasetObject) in object.curation.map { .string($0.report) } ?? .nil
                },
            ],
            length: { $0.dataset.count },
            index: { object, key, _ in
                guard let position = key.integer else { return nil }
                guard position >= 1, position <= object.dataset.count else { return nil }
                return .record(try object.dataset.record(at: position - 1))
            },
            columns: { $0.dataset.columns },
            toString: {
                "dataset (\($0.dataset.count) \($0.dataset.count == 1 ? "row" : "rows"): \($0.dataset.columns.joined(separator: ", ")))"
            },
            preview: { object, width in object.dataset.preview(width: width) },
            columnValues: { object, column in object.dataset.fewValues(of: column) },
            show: { object, options in
                let rows: [Int]? =
                    switch options.rows {
                    case .first(let count)?: Array(0..<min(count, object.dataset.count))
                    case .numbers(let numbers)?: numbers.map { $0 - 1 }
                    case nil: nil
                    }
                return try object.dataset.shown(rows: rows, columns: options.columns, width: options.width)
            },
            equals: { a, b in
                a.dataset.count == b.dataset.count && a.dataset.columns == b.dataset.columns
                    && a.dataset.fingerprint == b.dataset.fingerprint
            },
            byteCount: { $0.dataset.byteCount },
            dataAdvice:
                "d[1] is a row, d:column(\"text\") the values of a column; d:save(\"rows.jsonl\") writes all rows as JSON"
        )
    }

    private static var close: LuaFunction {
        LuaFunction.closing(
            "dataset", remedy: "load it again",
            example:
                "local d = data.from { { n = 1 } }\nd:close()\nassert(not pcall(function() return #d end))")
    }

    /// The rows with a new content, in Lua's hands.
    static func made(_ dataset: Dataset) -> [LuaValue] { [.object(DatasetObject(dataset))] }

    static func dataset(_ call: LuaCall) throws -> Dataset {
        try call.receiver(DatasetObject.self).dataset
    }

    // MARK: Methods that look at rows

    private static var rowMethods: [LuaFunction] {
        [
            LuaFunction(
                name: "filter",
                summary: "Keeps the rows for which a function returns true, or conditions hold.",
                parameters: [
                    LuaParameter(
                        "keep", .either([.function("record → boolean"), .options(filterOptions)]),
                        "a function that sees each record, which it cannot change; or conditions that must all hold, which are tested on all cores and noted in the history"
                    )
                ],
                returns: "a dataset", errors: ["the function fails (the row is named)", "no such column"],
                example:
                    "local d = data.from { { n = 1, text = \"a cat\" }, { n = 2, text = \"a big dog\" } }\n"
                    + "assert(#d:filter(function(r) return r.n > 1 end) == 1)\n"
                    + "assert(#d:filter { max_chars = { text = 5 } } == 1)\n"
                    + "assert(#d:filter { equals = { n = { 1, 3 } } } == 1)",
                optionNames: ["equals": .columnValues, "contains": .columnValues],
                body: { call in
                    let data = try dataset(call)
                    if let keep = call.value(1).function {
                        return made(try data.filter { try keep([.record($0)]).first?.isTrue ?? false })
                    }
                    guard call.value(1).table != nil else { throw call.mismatch(1, nil) }
                    let filter = try rowFilter(call)
                    return made(try data.filter(filter, job: Job("filtering")))
                }),
            LuaFunction(
                name: "map", summary: "Makes a new record from each record.",
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
                    let data = try dataset(call)
                    let metatable = try state.makeRowMetatable(columns: data.columns)
                    return made(
                        try data.map { record in
                            let copy = try state.makeTable()
                            for (column, value) in zip(record.columns, record.values) where !value.isNull {
                                try copy.set(column, .data(value))
                            }
                            try copy.setMetatable(metatable)
                            let result = try change([.table(copy)]).first ?? .nil
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

    private static let filterOptions: [OptionDeclaration] = [
        .column(
            "column",
            "the column that plain values are about: column = \"text\", min_chars = 5 instead of "
                + "min_chars = { text = 5 }"),
        OptionDeclaration("min_chars", kind: .table, doc: "column = the fewest characters"),
        OptionDeclaration("max_chars", kind: .table, doc: "column = the most characters"),
        OptionDeclaration(
            "min_words", kind: .table, doc: "column = the fewest words; what a word is: help \"words\""),
        OptionDeclaration("max_words", kind: .table, doc: "column = the most words"),
        OptionDeclaration(
            "equals", kind: .table, doc: "column = a value, or a list of values of which it is one"),
        OptionDeclaration("contains", kind: .table, doc: "column = a text that it contains"),
        .list("not_empty", of: .string, "columns that hold more than white space"),
    ]

    /// The options with plain values put under the column that they are about.
    private static func filterOptions(_ call: LuaCall) throws -> LuaOptions {
        let given = try call.table(1)
        let column = try given.get("column").string
        let data = try dataset(call)
        let written = try call.state.makeTable()
        for (key, value) in try given.entries() {
            guard let name = key.string,
                filterOptions.contains(where: { $0.name == name && $0.kind == .table }),
                value.table == nil, !value.isNil
            else {
                if let name = key.string { try written.set(name, value) } else { throw call.mismatch(1, nil) }
                continue
            }
            guard let column else {
                let text = try call.state.describe(value)
                let shown = value.string == nil ? text : "\"\(text)\""
                throw LyceumError.badOption(
                    function: call.name, option: name,
                    expected:
                        "column = value, as in \(name) = { \(data.columns.first ?? "text") = \(shown) }",
                    got: shown)
            }
            let condition = try call.state.makeTable()
            try condition.set(column, value)
            try written.set(name, .table(condition))
        }
        return try LuaOptions(
            written, declared: filterOptions, function: call.name, state: call.state,
            notes: { name in
                data.columns.contains(name) ? "'\(name)' is a column: equals = { \(name) = … }" : nil
            })
    }

    private static func rowFilter(_ call: LuaCall) throws -> RowFilter {
        let options = try filterOptions(call).values
        func fields<T>(_ name: String, _ expected: String, _ convert: (Value) -> T?) throws -> [String: T] {
            try (options.values[name]?.object ?? [:]).mapValues { value in
                guard let converted = convert(value) else {
                    throw LyceumError.badOption(
                        function: call.name, option: name, expected: expected, got: value.text)
                }
                return converted
            }
        }
        let number = "column = a whole number"
        var filter = RowFilter()
        filter.minCharacters = try fields("min_chars", number, \.integer)
        filter.maxCharacters = try fields("max_chars", number, \.integer)
        filter.minWords = try fields("min_words", number, \.integer)
        filter.maxWords = try fields("max_words", number, \.integer)
        filter.equals = try fields("equals", "column = a value or a list") { $0.list ?? [$0] }
        filter.contains = try fields("contains", "column = a text", \.string)
        filter.notEmpty = options.optionalStrings("not_empty") ?? []
        return filter
    }
}

extension Value {
    /// The fields of a record: those of an object; an empty Lua table is an empty record.
    var fields: [String: Value]? {
        if list?.isEmpty == true { return [:] }
        return object
    }
}
