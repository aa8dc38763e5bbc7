import LuaBridge
import LyceumKit
import Prompting
import Workbench

extension PromptObject {
    private static let searchOptions: [OptionDeclaration] = [
        .object("data", "dataset", required: true, "rows with the prompt's variables and the reference"),
        .object("teacher", "teacher", required: true, "who answers"),
        .column("reference", required: true, "the column of what should be answered"),
        .string("metric", default: "exact_match", "by which answers are scored; its first figure decides"),
        OptionDeclaration("metric_options", kind: .table, doc: "the metric's own"),
        .object(
            "score", "function", "a function (answer, row) → number, true or false, in place of a metric"),
        .object("proposer", "teacher", "who proposes instructions; else the teacher itself"),
        .integer("max_examples", default: 4, in: 0...1000, "maximum number of examples in a prompt"),
        .integer("example_trials", default: 8, in: 0...10_000, "sets of examples that are tried"),
        .integer(
            "instruction_trials", default: 4, in: 0...10_000, "instructions that are proposed and tried"),
        .number(
            "valid", default: 0.3, in: 0.01...0.9, "the share of the rows on which candidates are compared"),
        .number(
            "test", default: 0.3, in: 0.01...0.9, "the share of the rows on which the winner is measured"),
        .number(
            "good_score", default: nil,
            "from here on an answer of the teacher's serves as an example; else the best there is"),
        .integer(
            "budget_calls", default: nil, in: 1...1_000_000_000, unit: "calls", "maximum number of requests"),
        .number("budget_usd", default: nil, in: 0...1_000_000_000, unit: "USD", "budget"),
        .string("save", "where the winner is written as a prompt file"),
        .integer("seed", default: 42, "decides the split and every choice"),
        .integer("resamples", default: 2000, in: 1...1_000_000, "trials of the test of the gain"),
        .number("confidence", default: 0.95, in: 0.01...0.999, "of its interval"),
    ]

    static func optimize(_ environment: ScriptEnvironment) -> LuaFunction {
        LuaFunction(
            name: "optimize",
            summary:
                "Looks for a better prompt: examples at random, answers of the teacher's own that were right, and instructions "
                + "that a teacher proposes. Candidates are compared on validation rows; the gain is measured on held-out rows "
                + "that nothing was chosen on.",
            parameters: [LuaParameter("options", .options(searchOptions), "what is searched, and how far")],
            returns:
                "an optimization: o.prompt, the winner; o.gain { difference, ci, p, rows }; o.trials; o.sentence",
            errors: [
                "too few rows for the three parts", "a budget that is too small for the first measurement",
                "an interruption: the trials until then are in the lab",
            ],
            example:
                "local d = {}\nfor i = 1, 12 do d[i] = { word = \"w\" .. i, answer = \"w\" .. i } end\n"
                + "d = data.from(d)\n"
                + "local echo = teacher.open { \"retrieval\", corpus = d, input = \"answer\", target = \"word\" }\n"
                + "local o = prompt(\"{{ word }}\"):optimize { data = d, teacher = echo, reference = \"answer\",\n"
                + "  instruction_trials = 0, example_trials = 2 }\n"
                + "print(o.sentence, #o.trials)",
            optionNames: ["save": .files],
            body: { call in
                let prompt = try call.receiver(PromptObject.self).prompt
                let options = try call.options(1)
                let values = options.values
                guard let data = try options.object("data", DatasetObject.self)?.dataset,
                    let teacher = try options.object("teacher", TeacherObject.self)?.opened
                else { throw call.mismatch(1, nil) }
                var plan = PromptSearch.Plan(
                    data: data, prompt: prompt, teacher: teacher,
                    measure: try measure(options, call, environment),
                    reference: try values.string("reference"))
                plan.proposer = try options.object("proposer", TeacherObject.self)?.opened
                plan.exampleCount = try values.int("max_examples")
                plan.exampleTrials = try values.int("example_trials")
                plan.instructionTrials = try values.int("instruction_trials")
                plan.validationShare = try values.double("valid")
                plan.testShare = try values.double("test")
                plan.goodScore = values.optionalDouble("good_score")
                plan.callBudget = values.optionalInt("budget_calls")
                plan.moneyBudget = values.optionalDouble("budget_usd")
                plan.seed = try values.int("seed")
                plan.resampling = try Scripting.resampling(values)
                if let path = values.optionalString("save") { try Files.checkWritable(path) }
                let search = PromptSearch(plan, in: environment.session)
                let object = PromptSearchObject(search)
                do {
                    try search.run()
                } catch {
                    if !search.trials.isEmpty { call.state.leftOver = .object(object) }
                    throw error
                }
                if let path = values.optionalString("save"), let best = search.best {
                    try Ranks.onMain("prompt:save") { try best.prompt.save(path) }
                    environment.shortJob("saving").note("prompt → \(path)")
                }
                return [.object(object)]
            })
    }

    private static func measure(
        _ options: LuaOptions, _ call: LuaCall, _ environment: ScriptEnvironment
    ) throws -> WorkshopMeasure {
        if let function = options.function("score") {
            return .check("score") { answer, _ in try Scripting.run(function, "score", answer, call) }
        }
        let name = try options.values.string("metric")
        let metric = try environment.plugins.metric(named: name)
        let own = try Options(
            options.values.values["metric_options"]?.object ?? [:],
            declared: metric.options.filter(\.isPlain),
            function: "\(call.name): metrics.\(name)")
        return .metric(metric, options: own)
    }
}

/// A search for a better prompt in Lua's hands.
final class PromptSearchObject {
    let search: PromptSearch

    init(_ search: PromptSearch) { self.search = search }

    static var type: LuaType {
        LuaType(
            PromptSearchObject.self, name: "optimization",
            summary:
                "What prompt:optimize found: prints as a table of the trials, best first, and the gain on held-out rows.",
            properties: [
                LuaProperty("prompt", "the best prompt; nil if the search did not come to its end") {
                    (object: PromptSearchObject) in
                    object.search.best.map { .object(PromptObject($0.prompt)) } ?? .nil
                },
                LuaProperty(
                    "gain",
                    "on held-out rows: { difference, ci, p, rows, start, best }; nil if the prompt stays as it is"
                ) { (object: PromptSearchObject) in
                    guard let gain = object.search.gain, let heldOut = object.search.heldOut else {
                        return .nil
                    }
                    return .data([
                        "difference": .number(gain.difference),
                        "ci": [.number(gain.interval.lowerBound), .number(gain.interval.upperBound)],
                        "p": .number(gain.randomizationP), "rows": .integer(object.search.heldOutCount),
                        "start": .number(heldOut.start), "best": .number(heldOut.best),
                    ])
                },
                LuaProperty(
                    "trials", "a list of { kind, score, run, examples }, in the order they were tried"
                ) {
                    (object: PromptSearchObject) in
                    .data(
                        .list(
                            object.search.trials.map { trial in
                                var fields: [String: Value] = [
                                    "kind": .string(trial.kind), "score": .number(trial.score),
                                    "examples": .integer(trial.prompt.examples?.records.count ?? 0),
                                ]
                                fields["run"] = trial.run.map(Value.integer)
                                return .object(fields)
                            }))
                },
                LuaProperty("calls", "the requests that were sent") { (object: PromptSearchObject) in
                    .integer(object.search.calls)
                },
                LuaProperty("cost_usd", "what they cost; nil if that is not known") {
                    (object: PromptSearchObject) in
                    object.search.cost.map(LuaValue.number) ?? .nil
                },
                LuaProperty("sentence", "the gain on held-out rows in plain words") {
                    (object: PromptSearchObject) in
                    .string(object.search.sentence)
                },
            ],
            toString: { "optimization (\($0.search.trials.count) trials)" },
            preview: { object, _ in object.search.table })
    }
}
