import Evaluation
import LuaBridge
import LyceumKit
import Prompting
import Workbench

extension Scripting {
    private static let workshopOptions: [OptionDeclaration] = [
        .object(
            "prompts", "value", required: true,
            "what is compared: { a = p1, b = p2 }; prompts, or templates in quotes"),
        .object(
            "teachers", "value", required: true,
            "who answers: a teacher, a list of them, or { name = teacher }"),
        .object("data", "dataset", required: true, "the rows; its columns are the prompts' variables"),
        .integer("n", default: 1, in: 1...1000, "answers to each row"),
        .column("reference", "the column of what should be answered"),
        .object(
            "metrics", "table",
            "by which metrics answers are scored: { \"rouge\", \"exact_match\" } or { rouge = { stemmer = true } }; rouge if "
                + "there is a reference and nothing else"),
        .object(
            "checks", "table",
            "what an answer must pass, by name: a function (answer, row) → true, false or a number; or { schema = …, "
                + "contains = …, not_contains = …, regex = …, min_words = …, max_words = …, min_chars = …, max_chars = … }"
        ),
        .object(
            "judge", "value",
            "a teacher that grades every answer; or { teacher = …, criterion = \"…\", prompt = p, input = \"column\" }"
        ),
        .string("by", "the figure that decides which variant is best; else the first"),
        .boolean("fresh", default: false, "ignores kept replies and asks again"),
        .number(
            "confirm_usd", default: 1, in: 0...1_000_000_000, unit: "USD",
            "asks first if it may cost more than this, or if the most that it can cost is not known (a teacher without max_tokens "
                + "and budget_usd, or one elsewhere without a price); without a terminal it is refused"),
        .number("confidence", default: 0.95, in: 0.01...0.999, "of the intervals and tests"),
        .integer("resamples", default: 2000, in: 1...1_000_000, "bootstrap samples and trials of the tests"),
        .integer("seed", default: 42, "equal seeds give equal intervals"),
    ]

    /// `workshop { … }`
    static func workshop(_ environment: ScriptEnvironment) -> LuaFunction {
        LuaFunction(
            name: "workshop",
            summary:
                "Compares prompts like models: every prompt × teacher × row × sample is answered, from the lab where it was "
                + "answered before, scored, and tested for real differences over the same rows.",
            parameters: [LuaParameter("options", .options(workshopOptions), "what is compared, and how")],
            returns:
                "a workshop: its table says which variant is better, by how much, and whether that is established; w:show(3), "
                + "w:diff(\"a\", \"b\", 3), w:grid(), w:save(\"w.html\"), vote(w)",
            errors: [
                "a variable or column that the data does not have", "a metric without a reference",
                "a cost that may pass confirm_usd or is not known, without a terminal to ask at",
                "an interruption: what was answered is in _, and the same call goes on from there",
            ],
            example:
                "local d = data.from { { word = \"cat\", answer = \"cat\" }, { word = \"dog\", answer = \"dog\" } }\n"
                + "local echo = teacher.open { \"retrieval\", corpus = d, input = \"answer\", target = \"word\" }\n"
                + "local w = workshop { prompts = { a = \"{{ word }}\", b = \"Say {{ word }}!\" }, teachers = echo, data = d,\n"
                + "  checks = { short = function(answer, row) return #answer < 20 end, cat = { contains = \"cat\" } } }\n"
                + "print(w.sentence, #w:rows())",
            body: { call in
                let options = try call.options(1)
                let plan = try workshopPlan(call, options, environment)
                let workshop = try Workshop(plan, in: environment.session)
                try confirm(workshop, most: try options.values.double("confirm_usd"), call, environment)
                let object = WorkshopObject(workshop)
                do {
                    try workshop.run()
                } catch {
                    if workshop.results.contains(where: { $0.answers.contains(where: \.isGood) }) {
                        call.state.leftOver = .object(object)
                    }
                    throw error
                }
                return [.object(object)]
            })
    }

    private static func workshopPlan(
        _ call: LuaCall, _ options: LuaOptions, _ environment: ScriptEnvironment
    ) throws -> WorkshopPlan {
        let values = options.values
        guard let data = try options.object("data", DatasetObject.self)?.dataset else {
            throw LyceumError.badOption(
                function: call.name, option: "data", expected: "a dataset", got: "nothing (it is required)")
        }
        let prompts = try TeacherObject.prompts(options, option: "prompts", output: "prompt", call.state)
        let teachers = try teachers(options, call)
        let variants = prompts.flatMap { prompt in
            teachers.map { teacher in
                WorkshopVariant(
                    name: teachers.count == 1 ? prompt.column : "\(prompt.column)/\(teacher.name)",
                    prompt: prompt.prompt, teacher: teacher.teacher, promptName: prompt.column,
                    teacherName: teacher.name)
            }
        }
        var plan = WorkshopPlan(data: data, variants: variants)
        plan.samples = try values.int("n")
        plan.reference = values.optionalString("reference")
        plan.measures = try measures(options, call, environment, hasReference: plan.reference != nil)
        plan.decidingFigure = values.optionalString("by")
        plan.isFresh = try values.bool("fresh")
        plan.resampling = try resampling(values)
        return plan
    }

    private static func teachers(_ options: LuaOptions, _ call: LuaCall) throws -> [(
        name: String, teacher: OpenTeacher
    )] {
        let given = options.reference("teachers")
        func refuse(_ value: LuaValue) -> LyceumError {
            .badOption(
                function: call.name, option: "teachers", expected: "a teacher, or a list of teachers",
                got: call.state.typeName(value))
        }
        if let one = given.object as? TeacherObject { return [(one.teacher.name, one.opened)] }
        guard let table = given.table else { throw refuse(given) }
        var found: [(name: String, teacher: OpenTeacher)] = []
        for element in try table.elements() {
            guard let teacher = element.object as? TeacherObject else { throw refuse(element) }
            var name = teacher.teacher.name
            var number = 2
            while found.contains(where: { $0.name == name }) {
                name = "\(teacher.teacher.name) \(number)"
                number += 1
            }
            found.append((name, teacher.opened))
        }
        for entry in try table.entries().sorted(by: { ($0.key.string ?? "") < ($1.key.string ?? "") })
        where entry.key.integer == nil {
            guard let name = entry.key.string, let teacher = entry.value.object as? TeacherObject else {
                throw refuse(entry.value)
            }
            found.append((name, teacher.opened))
        }
        if found.isEmpty { throw refuse(given) }
        return found
    }

    // MARK: measures

    private static func measures(
        _ options: LuaOptions, _ call: LuaCall, _ environment: ScriptEnvironment, hasReference: Bool
    ) throws -> [WorkshopMeasure] {
        var measures: [WorkshopMeasure] = []
        if let table = options.reference("metrics").table {
            for element in try table.elements() {
                guard let name = element.string else {
                    throw LyceumError.badOption(
                        function: call.name, option: "metrics",
                        expected: "names of metrics: { \"rouge\", … }",
                        got: call.state.typeName(element))
                }
                measures.append(try measure(name, nil, call, environment))
            }
            for entry in try table.entries().sorted(by: { ($0.key.string ?? "") < ($1.key.string ?? "") })
            where entry.key.integer == nil {
                guard let name = entry.key.string, let own = entry.value.table else {
                    throw LyceumError.badOption(
                        function: call.name, option: "metrics", expected: "rouge = { options }",
                        got: call.state.typeName(entry.value))
                }
                measures.append(try measure(name, own, call, environment))
            }
        }
        measures += try checks(options.reference("checks").table, call)
        if let judge = try judgeMeasure(options.reference("judge"), call, environment) {
            measures.append(judge)
        }
        if measures.isEmpty, hasReference { measures = [try measure("rouge", nil, call, environment)] }
        return measures
    }

    /// A metric by its name, with its options.
    static func measure(
        _ name: String, _ table: LuaTable?, _ call: LuaCall, _ environment: ScriptEnvironment
    ) throws -> WorkshopMeasure {
        let metric = try environment.plugins.metric(named: name)
        let given = try LuaOptions(
            table, declared: metric.options, function: "\(call.name): metrics.\(name)", state: call.state)
        return .metric(
            metric, options: try own(given, metric), functions: try functions(given, metric),
            students: try students(given, metric))
    }

    private static func checks(_ table: LuaTable?, _ call: LuaCall) throws -> [WorkshopMeasure] {
        let entries = try table?.entries() ?? []
        return try entries.sorted { ($0.key.string ?? "") < ($1.key.string ?? "") }.map { entry in
            guard let name = entry.key.string else {
                throw LyceumError.badOption(
                    function: call.name, option: "checks", expected: "a name for each check: { short = … }",
                    got: "one without a name")
            }
            if let function = entry.value.function {
                return .check(name) { answer, _ in try run(function, name, answer, call) }
            }
            guard let rule = entry.value.table, let fields = try call.state.data(.table(rule)).object else {
                throw LyceumError.badOption(
                    function: call.name, option: "checks.\(name)",
                    expected: "a function (answer, row), or a rule such as { contains = \"…\" }",
                    got: call.state.typeName(entry.value))
            }
            return try .rule(name, fields)
        }
    }

    /// What a function of the user's says of an answer.
    static func run(_ function: LuaClosure, _ name: String, _ answer: WorkshopAnswer, _ call: LuaCall) throws
        -> Double
    {
        let result = try function([.string(answer.text), .record(answer.record)]).first ?? .nil
        if let flag = result.boolean { return flag ? 1 : 0 }
        if let number = result.number, number.isFinite { return number }
        throw LyceumError.badOption(
            function: call.name, option: "checks.\(name)",
            expected: "a function that returns true, false or a number",
            got: "a function that returned \(call.state.typeName(result))")
    }

    // MARK: the estimate

    /// Says what it would cost, and asks where that is much, or is not known.
    private static func confirm(
        _ workshop: Workshop, most: Double, _ call: LuaCall, _ environment: ScriptEnvironment
    ) throws {
        let estimate = try workshop.estimate()
        if estimate.calls + (estimate.judgeCalls ?? 0) == 0 { return }
        environment.shortJob("workshop").note(
            "workshop: \(workshop.plan.variants.count) variants, \(estimate.text)")
        guard let doubt = estimate.doubt(most: most) else { return }
        let question = "workshop: \(doubt.reason)"
        guard let keyboard = environment.keyboard else {
            throw LyceumError.failed(question, remedy: doubt.remedy)
        }
        // Asked only when keys are read: a Ctrl-C that comes at once is an answer, too.
        let answer = keyboard.reading(onOwnScreen: false) { next in
            environment.write("\(question). Go on? [y/N] ")
            return next()
        }
        environment.write((answer ?? "") + "\n")
        if answer?.lowercased() != "y" { throw LyceumError.cancelled("nothing was asked") }
    }
}
