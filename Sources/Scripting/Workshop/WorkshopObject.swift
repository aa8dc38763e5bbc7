import LuaBridge
import LyceumKit
import Workbench

/// A workshop in Lua's hands.
final class WorkshopObject {
    let workshop: Workshop

    init(_ workshop: Workshop) { self.workshop = workshop }

    static func type(_ environment: ScriptEnvironment) -> LuaType {
        LuaType(
            WorkshopObject.self, name: "workshop",
            summary:
                "Prompts compared on the same rows: prints as a table of the variants, best first, and one sentence that says "
                + "whether the difference is established.",
            methods: [show(environment), diff(environment), grid(environment), rows, save(environment)],
            properties: [
                LuaProperty(
                    "sentence", "which variant is better, by how much, and whether that is established"
                ) {
                    (object: WorkshopObject) in .string(object.workshop.sentence)
                },
                LuaProperty("best", "the name of the best variant; nil without scores") {
                    (object: WorkshopObject) in
                    object.workshop.ranking.first.map { .string(object.workshop.plan.variants[$0].name) }
                        ?? .nil
                },
                LuaProperty(
                    "established", "whether the best is better than the next, at the level of the tests"
                ) {
                    (object: WorkshopObject) in .boolean(object.workshop.isEstablished)
                },
                LuaProperty("variants", "the names of the variants, a list") { (object: WorkshopObject) in
                    .data(.list(object.workshop.plan.variants.map { .string($0.name) }))
                },
                LuaProperty(
                    "figures",
                    "by variant and figure { mean, ci, values }: values[i] is the mean of row i's samples"
                ) { (object: WorkshopObject) in .data(object.figures) },
                LuaProperty(
                    "tests", "a list of { figure, a, b, difference, ci, p, p_holm, rows, needed_rows }"
                ) { (object: WorkshopObject) in .data(object.tests) },
                LuaProperty("runs", "the numbers of the variants' runs, by name") {
                    (object: WorkshopObject) in
                    .data(
                        .object(
                            Dictionary(
                                zip(object.workshop.plan.variants, object.workshop.runs).compactMap {
                                    variant, run in
                                    run.map { (variant.name, Value.integer($0)) }
                                }, uniquingKeysWith: { first, _ in first })))
                },
                LuaProperty("cost_usd", "what each variant's answers cost when they were bought, by name") {
                    (object: WorkshopObject) in
                    .data(
                        .object(
                            Dictionary(
                                object.workshop.plan.variants.indices.compactMap { variant in
                                    object.workshop.cost(variant).map {
                                        (object.workshop.plan.variants[variant].name, Value.number($0))
                                    }
                                }, uniquingKeysWith: { first, _ in first })))
                },
            ],
            toString: { "workshop (\($0.workshop.plan.variants.map(\.name).joined(separator: ", ")))" },
            preview: { object, width in
                object.workshop.table(width: width)
                    + "\nw:grid() walks through the answers, w:show(1) shows a row"
            })
    }

    private var figures: Value {
        .object(
            Dictionary(
                workshop.plan.variants.enumerated().map { place, variant in
                    let own = workshop.figures.map { figure -> (String, Value) in
                        var fields: [String: Value] = [
                            "values": .list(figure.rows[place].map { $0.map(Value.number) ?? .null })
                        ]
                        fields["mean"] = figure.means[place].map(Value.number)
                        fields["ci"] = figure.intervals[place].map {
                            [.number($0.lowerBound), .number($0.upperBound)]
                        }
                        return (figure.name, .object(fields))
                    }
                    return (variant.name, .object(Dictionary(own, uniquingKeysWith: { first, _ in first })))
                }, uniquingKeysWith: { first, _ in first }))
    }

    private var tests: Value {
        .list(
            workshop.tests.map { test in
                var fields: [String: Value] = [
                    "figure": .string(test.figure), "a": .string(workshop.plan.variants[test.first].name),
                    "b": .string(workshop.plan.variants[test.second].name),
                    "difference": .number(test.difference.difference),
                    "ci": [
                        .number(test.difference.interval.lowerBound),
                        .number(test.difference.interval.upperBound),
                    ],
                    "p": .number(test.difference.randomizationP), "p_holm": .number(test.correctedP),
                    "rows": .integer(test.count),
                ]
                fields["needed_rows"] = test.neededRows.map(Value.integer)
                return .object(fields)
            })
    }

    // MARK: methods

    private static let exampleWorkshop =
        "local d = data.from { { word = \"cat\", said = \"a cat\" }, { word = \"dog\", said = \"a dog\" } }\n"
        + "local echo = teacher.open { \"retrieval\", corpus = d, input = \"said\", target = \"word\" }\n"
        + "local w = workshop { prompts = { a = \"{{ word }}\", b = \"Say {{ word }}!\" }, teachers = echo, data = d,\n"
        + "  checks = { cat = { contains = \"cat\" } } }\n"

    /// The place of a row that the user counts from 1.
    private static func row(_ call: LuaCall, _ position: Int) throws -> Int { try call.integer(position) - 1 }

    private static func show(_ environment: ScriptEnvironment) -> LuaFunction {
        LuaFunction(
            name: "show",
            summary: "Shows every variant's answer to a row, with its scores, tokens, price and time.",
            parameters: [
                LuaParameter("row", .integer, "counted from 1"),
                LuaParameter(
                    "options",
                    .options([
                        .boolean("questions", default: false, "shows the questions as they were asked, too")
                    ]),
                    "how", optional: true),
            ],
            returns: "nothing: it writes to the screen", errors: ["a row that is not there"],
            example: exampleWorkshop + "w:show(1, { questions = true })",
            body: { call in
                let object = try call.receiver(WorkshopObject.self)
                let text = try object.workshop.text(
                    ofRow: try row(call, 1), showsQuestions: try call.options(2).values.bool("questions"))
                environment.write(text + "\n")
                return []
            })
    }

    private static func diff(_ environment: ScriptEnvironment) -> LuaFunction {
        LuaFunction(
            name: "diff",
            summary:
                "Shows what differs between two variants' answers to a row, word by word: [-only a-]{+only b+}.",
            parameters: [
                LuaParameter("a", .string, "a variant", names: .suggestions(variantNames)),
                LuaParameter("b", .string, "another", names: .suggestions(variantNames)),
                LuaParameter("row", .integer, "counted from 1"),
                LuaParameter("sample", .integer, "which sample, from 1; 1 if left out", optional: true),
            ],
            returns: "nothing: it writes to the screen",
            errors: ["a variant or a row that is not there", "a row that one of them has not answered"],
            example: exampleWorkshop + "w:diff(\"a\", \"b\", 1)",
            body: { call in
                let workshop = try call.receiver(WorkshopObject.self).workshop
                let diff = try workshop.diff(
                    try workshop.variant(named: try call.string(1)),
                    try workshop.variant(named: try call.string(2)),
                    row: try row(call, 3), sample: (try call.optionalInteger(4) ?? 1) - 1)
                environment.write(
                    (diff.isEmpty ? "the answers are the same:\n" : "")
                        + diff.text(isColoured: environment.isColoured) + "\n")
                return []
            })
    }

    private static func variantNames(_ site: LuaCallSite) -> [LuaSuggestion] {
        (site.receiver as? WorkshopObject)?.workshop.plan.variants.map { LuaSuggestion($0.name) } ?? []
    }

    private static func grid(_ environment: ScriptEnvironment) -> LuaFunction {
        LuaFunction(
            name: "grid",
            summary:
                "Rows by variants. At the prompt one walks through the answers with the keys: arrows for the next row and "
                + "variant, s for the next sample, p for the question, d for what differs, q to leave.",
            returns: "nothing: it writes to the screen", example: exampleWorkshop + "w:grid()",
            body: { call in
                let workshop = try call.receiver(WorkshopObject.self).workshop
                if let keyboard = environment.keyboard {
                    WorkshopWalk(workshop).run(keyboard)
                } else {
                    environment.write(workshop.grid(rows: 0..<workshop.plan.data.count) + "\n")
                }
                return []
            })
    }

    private static var rows: LuaFunction {
        LuaFunction(
            name: "rows",
            summary:
                "Every answer as a row: the data's columns, variant, sample, answer, score_… and what it took.",
            returns: "a dataset", example: exampleWorkshop + "assert(#w:rows() == 4)",
            body: { call in
                DatasetObject.made(try call.receiver(WorkshopObject.self).workshop.dataset())
            })
    }

    private static func save(_ environment: ScriptEnvironment) -> LuaFunction {
        LuaFunction(
            name: "save",
            summary: "Writes the workshop: as a page (.html), or every answer as data (.jsonl, .csv, …).",
            parameters: [
                LuaParameter(
                    "path", .string, "the file; a new workshop.html in the working folder if left out",
                    optional: true,
                    names: .files),
                LuaParameter(
                    "options",
                    .options([
                        .string("title", "the page's heading"),
                        .integer("rows", default: 50, in: 0...100_000, "how many rows the page shows whole"),
                    ]), "of the page", optional: true),
            ],
            returns: "the workshop", errors: ["a file that cannot be written"],
            example: exampleWorkshop + "w:save(os.tmpname() .. \".html\")",
            body: { call in
                let object = try call.receiver(WorkshopObject.self)
                let path = try call.optionalString(1) ?? newPage
                let options = try call.options(2).values
                let isPage = path.hasSuffix(".html") || path.hasSuffix(".htm")
                try Ranks.onMain("workshop:save") {
                    if isPage {
                        try Files.checkWritable(path)
                        let page = object.workshop.html(
                            title: options.optionalString("title")
                                ?? "Workshop: \(object.workshop.plan.variants.map(\.name).joined(separator: ", "))",
                            rows: try options.int("rows"))
                        try Files.keepFromOthers(path) { try Files.write(page, to: path) }
                    } else {
                        try object.workshop.dataset().save(path, job: environment.job("saving"))
                    }
                }
                environment.shortJob("saving").note("workshop → \(path)")
                call.state.quietValue = object
                return [.object(object)]
            })
    }
}

extension WorkshopObject {
    /// A file that is not there yet: workshop.html, workshop-2.html, …
    private static var newPage: String {
        (1...).lazy.map { $0 == 1 ? "workshop.html" : "workshop-\($0).html" }.first { !Files.exists($0) }
            ?? "workshop.html"
    }
}

/// The walk through a workshop's answers with the keys of a terminal.
struct WorkshopWalk {
    private let workshop: Workshop

    init(_ workshop: Workshop) { self.workshop = workshop }

    func run(_ keyboard: any Keyboard) {
        let (rows, variants, samples) = (
            workshop.plan.data.count, workshop.plan.variants.count, workshop.plan.samples
        )
        var (row, variant, sample) = (0, 0, 0)
        var view = WorkshopView.answer
        keyboard.reading(onOwnScreen: true) { next in
            while true {
                let text = workshop.screen(row: row, variant: variant, sample: sample, view: view)
                keyboard.draw(
                    keyboard.fitted(ShownText.safe(text), note: "… (w:show shows all of it)"),
                    keys: "arrows: row, variant   s sample   p question   d differences   q leave")
                guard let key = next() else { return }
                switch key {
                case "q", "escape": return
                case "down", "j", "n", "space", "enter": row = min(row + 1, rows - 1)
                case "up", "k", "backspace": row = max(row - 1, 0)
                case "right", "l": variant = (variant + 1) % variants
                case "left", "h": variant = (variant + variants - 1) % variants
                case "s": sample = (sample + 1) % samples
                case "p": view = view == .question ? .answer : .question
                case "d": view = view == .difference ? .answer : .difference
                default: continue
                }
            }
        }
    }
}
