import Corpus
import Lab
import LuaBridge
import LyceumKit
import Workbench

extension Scripting {
    /// `runs`: what was done so far.
    static func runsModule(_ environment: ScriptEnvironment) -> LuaModule {
        var module = LuaModule(
            name: "runs",
            summary:
                "What was trained, generated and scored so far, as the lab remembers it; runs[11] is run 11.",
            functions: [
                list(environment), get(environment), compareRuns(environment), delete(environment),
                sql(environment), plotRuns(environment), report(environment), lab(environment),
                backup(environment),
            ])
        module.index = { key in
            guard let number = key.integer else { return nil }
            _ = try environment.lab.store.run(number)
            return .object(OpenRun(number, in: environment.session))
        }
        return module
    }

    private static let listOptions: [OptionDeclaration] = [
        .choice("kind", RunKind.allCases.map(\.rawValue), default: nil, "only runs that did this"),
        .choice("state", RunState.allCases.map(\.rawValue), default: nil, "only runs in this state"),
        .list("tags", of: .string, "only runs that have all of them"),
        .string("text", "only runs whose title or note contains it"),
        .object("where", "function", "run → boolean: only those for which it is true"),
        .string(
            "sort", default: "number",
            "number, title, seconds, or a figure: loss, eval_loss, rouge1, accuracy"),
        .boolean("descending", default: false, "largest values first"),
        .integer(
            "limit", default: nil, in: 1...1_000_000_000,
            "at most so many: the newest, or, with sort, the first in that order"),
    ]

    private static func list(_ environment: ScriptEnvironment) -> LuaFunction {
        LuaFunction(
            name: "list", summary: "The runs of the lab, the oldest first; with a limit the newest.",
            parameters: [
                LuaParameter("options", .options(listOptions), "which, in which order", optional: true)
            ],
            returns: "a list of runs that prints as a table; list[1] is a run",
            errors: ["a figure to sort by that no run has", "a lab that cannot be read"],
            setUp: exampleStudent,
            example: "assert(#runs.list { kind = \"train\", sort = \"loss\", limit = 5 } >= 1)",
            optionNames: [
                "sort": .suggestions { _ in sortNames(environment).map { LuaSuggestion($0) } },
                "tags": tags(environment),
            ],
            body: { call in
                let options = try call.options(1)
                let lab = try environment.lab.store
                let limit = options.values.optionalInt("limit")
                let keep = options.function("where")
                // Without an order of its own a short list holds what was done last.
                let isNewest = limit != nil && !options.values.isGiven("sort")
                let isDescending = try options.values.bool("descending")
                var found = try lab.runs(
                    RunQuery(
                        kinds: Set(
                            options.values.optionalString("kind").flatMap(RunKind.init).map { [$0] } ?? []),
                        states: Set(
                            options.values.optionalString("state").flatMap(RunState.init).map { [$0] } ?? []),
                        tags: Set(options.values.optionalStrings("tags") ?? []),
                        text: options.values.optionalString("text") ?? "",
                        order: try order(try options.values.string("sort"), in: lab),
                        descending: isDescending || isNewest, limit: keep == nil ? limit : nil))
                if let keep {
                    found = try found.filter {
                        try keep([.object(OpenRun($0.id, in: environment.session))]).first?.isTrue ?? false
                    }
                    found = Array(found.prefix(limit ?? found.count))
                }
                if isNewest, !isDescending { found.reverse() }
                return [.object(RunList(found, in: environment))]
            })
    }

    /// What runs can be sorted by, for completion.
    private static func sortNames(_ environment: ScriptEnvironment) -> [String] {
        let figures = environment.lab.isOn ? (try? environment.lab.store.figureNames()) ?? [] : []
        return ["number", "title", "seconds"] + figures.filter { !RunText.isDetail($0) }
    }

    /// Completion of the tags that runs have.
    static func tags(_ environment: ScriptEnvironment) -> LuaNames {
        .suggestions { _ in
            let tags = environment.lab.isOn ? (try? environment.lab.store.tagNames()) ?? [] : []
            return tags.map { LuaSuggestion($0, "tag") }
        }
    }

    private static func order(_ name: String, in lab: LabStore) throws -> RunQuery.Order {
        switch name {
        case "number": return .number
        case "title": return .title
        case "seconds": return .seconds
        default:
            let known = try lab.figureNames()
            guard known.contains(name) || known.isEmpty else {
                throw LyceumError.unknownName(
                    kind: "figure to sort by", name: name,
                    known: ["number", "title", "seconds"] + known.filter { !RunText.isDetail($0) },
                    remedy: nil)
            }
            return .figure(name)
        }
    }

    private static func get(_ environment: ScriptEnvironment) -> LuaFunction {
        LuaFunction(
            name: "get", summary: "Returns a run by its number.",
            parameters: [LuaParameter("number", .integer, "of runs.list()")], returns: "a run",
            errors: ["no run of this number"],
            setUp: exampleStudent,
            example: "assert(runs.get(run.number).steps == 2)",
            body: { call in
                let number = try call.integer(1)
                _ = try environment.lab.store.run(number)
                return [.object(OpenRun(number, in: environment.session))]
            })
    }

    private static func compareRuns(_ environment: ScriptEnvironment) -> LuaFunction {
        LuaFunction(
            name: "compare",
            summary:
                "Runs side by side: how they scored, whether the differences are real, and what they did differently.",
            parameters: [LuaParameter("runs", .list("runs or their numbers"), "which")],
            returns: "a comparison that prints as a table: .scores, .tests, .differing, .common",
            errors: ["no run of this number"],
            setUp: exampleStudent,
            example:
                "local again = t5:train(gold, { input = \"document\", target = \"summary\", max_steps = 3 })\n"
                + "assert(runs.compare({ run, again }).differing.max_steps[2] == 3)",
            body: { call in
                let numbers = try runNumbers(call, environment)
                let comparison = try environment.lab.store.compare(numbers)
                let tests = try environment.session.tests(
                    of: comparison, job: environment.job("comparing"))
                return [.object(ComparisonObject(TestedComparison(comparison, tests: tests)))]
            })
    }

    /// The numbers of the runs in the list that is the first argument.
    private static func runNumbers(_ call: LuaCall, _ environment: ScriptEnvironment) throws -> [Int] {
        try runObjects(call, try runValues(call, 1), environment).map { try $0.recordedNumber() }
    }

    /// The number of a run that is given as a number or as an object.
    static func runNumber(_ value: LuaValue, _ call: LuaCall, _ place: String) throws -> Int {
        if let number = value.integer { return number }
        if let run = value.object as? OpenRun { return try run.recordedNumber() }
        throw LyceumError.invalid(
            "\(call.name): \(place)", expected: "a run or its number", got: call.state.typeName(value),
            remedy: nil)
    }

    private static func delete(_ environment: ScriptEnvironment) -> LuaFunction {
        LuaFunction(
            name: "delete",
            summary:
                "Deletes a run with its curves, scores and artifacts. Replies are kept because they were paid for, and so are checkpoints elsewhere.",
            parameters: [LuaParameter("runs", .list("runs or their numbers"), "which")],
            returns: "how many runs were deleted",
            errors: ["no run of this number", "a run that is going on", "a lab that cannot be written"],
            setUp: exampleStudent,
            example: "assert(runs.delete({ run }) == 1)",
            body: { call in
                let numbers = try runNumbers(call, environment)
                let lab = try environment.lab.store
                for number in numbers { _ = try lab.run(number) }
                for number in numbers { try lab.deleteRun(number) }
                return [.integer(numbers.count)]
            })
    }

    private static func sql(_ environment: ScriptEnvironment) -> LuaFunction {
        LuaFunction(
            name: "sql", summary: "Queries the lab's database with SQL (read-only).",
            parameters: [
                LuaParameter(
                    "query", .string, "one SELECT; select name, sql from sqlite_master lists the tables"),
                LuaParameter("value", .any, "one for each ? in the query", optional: true),
            ],
            isVariadic: true, returns: "a dataset, one row a result",
            errors: [
                "a statement that would change the lab", "SQL that SQLite does not understand", "no lab yet",
            ],
            setUp: exampleStudent,
            example:
                "assert(runs.sql(\"select count(*) as n from metrics where run = ? and name = ?\", run.number, \"loss\")[1].n == 2)",
            body: { call in
                let query = try call.string(1)
                let values = try call.arguments.dropFirst().map { $0.isNil ? .null : try call.state.data($0) }
                let result = try environment.lab.store.sql(query, arguments: values)
                return [.object(DatasetObject(try dataset(result)))]
            })
    }

    /// The result as columns; one name that stands several times gets a number.
    private static func dataset(_ result: QueryResult) throws -> Dataset {
        var rows = Dataset(records: [[String: Value]](repeating: [:], count: result.rows.count))
        for (place, name) in result.columns.enumerated() {
            let isTaken = result.columns[..<place].contains(name)
            rows = try rows.adding(
                column: isTaken ? "\(name)_\(place + 1)" : name,
                values: result.rows.map { place < $0.count ? $0[place] : .null })
        }
        return rows
    }

    private static func lab(_ environment: ScriptEnvironment) -> LuaFunction {
        LuaFunction(
            name: "lab", summary: "Returns the lab's folder.",
            returns: "its folder (made when something is first recorded), or nil with --no-lab",
            example: "print(runs.lab())",
            body: { _ in
                [environment.lab.isOn ? .string(try environment.lab.store.folder) : .nil]
            })
    }
}

extension Scripting {
    fileprivate static func backup(_ environment: ScriptEnvironment) -> LuaFunction {
        LuaFunction(
            name: "backup",
            summary:
                "Copies the lab's database into one new file, while others may go on writing. lyceum --lab FOLDER opens the folder of a copy called lab.sqlite. Artifacts are not copied.",
            parameters: [
                LuaParameter("path", .string, "the file; in a folder that exists, or ends with /, lab.sqlite")
            ],
            returns: "the path of the file",
            errors: ["the file is there already", "no lab yet", "the file cannot be written"],
            setUp: exampleStudent,
            example: "assert(runs.backup(os.tmpname() .. \"-lab.sqlite\"))",
            body: { call in
                let path = try call.string(1)
                let lab = try environment.lab.store
                let job = environment.job("backup")
                let made = try Ranks.onMain("runs.backup") { try lab.backup(to: path, job: job) }
                return [.string(made ?? path)]
            })
    }
}

/// Runs in a list that prints as a table.
final class RunList {
    let records: [RunRecord]
    private let environment: ScriptEnvironment

    init(_ records: [RunRecord], in environment: ScriptEnvironment) {
        self.records = records
        self.environment = environment
    }

    /// What the replies of each run's own teacher cost.
    private var costs: [Int: Spending] {
        environment.lab.attempt { try $0.spendings(ofGenerations: records.map(\.id)) } ?? [:]
    }

    static var type: LuaType {
        LuaType(
            RunList.self, name: "runs",
            summary: "Runs, as runs.list found them: list[1], #list, ipairs(list).",
            length: { $0.records.count },
            index: { list, key, _ in
                guard let place = key.integer, list.records.indices.contains(place - 1) else { return .nil }
                return .object(OpenRun(list.records[place - 1].id, in: list.environment.session))
            },
            toString: { "runs (\($0.records.count))" },
            preview: { list, width in
                RunListText.table(list.records, costs: list.costs, width: width)
            })
    }
}
