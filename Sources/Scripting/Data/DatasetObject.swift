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
                "An immutable table of records. #d counts its rows, d[1] is the first (read-only), ipairs(d) walks them.",
            methods: rowMethods + orderMethods + splitMethods + columnMethods + knowledgeMethods + [
                unpack, curate(environment), save(environment), cost(environment),
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
                guard position >= 1, position <= object.dataset.count else { return .nil }
                return .record(try object.dataset.record(at: position - 1))
            },
            columns: { $0.dataset.columns },
            toString: { "dataset (\($0.dataset.count) rows: \($0.dataset.columns.joined(separator: ", ")))" },
            preview: { object, width in object.dataset.preview(width: width) })
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
                    + "assert(#d:filter { max_chars = { text = 5 } } == 1)",
                body: { call in
                    let data = try dataset(call)
                    if let keep = call.value(1).function {
                        return made(try data.filter { try keep([.record($0)]).first?.isTrue ?? false })
                    }
                    let filter = try rowFilter(call)
                    return made(try data.filter(filter, job: Job("filtering")))
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
                            let copy = Dictionary(
                                zip(record.columns, record.values), uniquingKeysWith: { first, _ in first })
                            let result = try change([.data(.object(copy))]).first ?? .nil
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
        OptionDeclaration("min_chars", kind: .table, doc: "column = the fewest characters"),
        OptionDeclaration("max_chars", kind: .table, doc: "column = the most characters"),
        OptionDeclaration("min_words", kind: .table, doc: "column = the fewest words"),
        OptionDeclaration("max_words", kind: .table, doc: "column = the most words"),
        OptionDeclaration(
            "equals", kind: .table, doc: "column = a value, or a list of values of which it is one"),
        OptionDeclaration("contains", kind: .table, doc: "column = a text that it contains"),
        .list("not_empty", of: .string, "columns that hold more than white space"),
    ]

    private static func rowFilter(_ call: LuaCall) throws -> RowFilter {
        let options = try call.options(1, declared: filterOptions).values
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
