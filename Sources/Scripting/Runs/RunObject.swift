import Corpus
import Lab
import LuaBridge
import LyceumKit
import Workbench

/// `run`: what Lua can do with a run.
enum RunObject {
    static func type(_ environment: ScriptEnvironment) -> LuaType {
        LuaType(
            OpenRun.self, name: "run",
            summary: "What a student or a teacher did: its progress, its output and its scores.",
            methods: [history, plot(environment), predictions, note, tag(environment), untag(environment)],
            properties: properties,
            toString: { $0.number.map { "run \($0)" } ?? "run (\($0.title), not recorded)" },
            preview: { run, width in run.text(width: width) })
    }

    private static var properties: [LuaProperty] {
        func known(_ name: String, _ summary: String, _ get: @escaping (RunRecord) -> LuaValue) -> LuaProperty
        {
            LuaProperty(name, summary) { (run: OpenRun) in run.number == nil ? .nil : get(try run.record())
            }
        }
        return [
            LuaProperty("number", "its number in the lab; nil if it could not be recorded") {
                (run: OpenRun) in run.number.map(LuaValue.integer) ?? .nil
            },
            LuaProperty("title", "what it is called") { (run: OpenRun) in .string(run.title) },
            known("kind", "\"train\", \"generate\" or \"evaluate\"") { .string($0.kind.rawValue) },
            known("state", "\"running\", \"finished\", \"cancelled\", \"failed\" or \"abandoned\"") {
                .string($0.state.rawValue)
            },
            LuaProperty("steps", "optimizer steps done") { (run: OpenRun) in
                run.steps.map(LuaValue.integer) ?? .nil
            },
            LuaProperty("epochs", "passes over the data") { (run: OpenRun) in
                run.epochs.map(LuaValue.number) ?? .nil
            },
            LuaProperty("seconds", "wall-clock time, in seconds") { (run: OpenRun) in
                run.seconds.map(LuaValue.number) ?? .nil
            },
            LuaProperty("tokens", "tokens trained on, padding excluded") { (run: OpenRun) in
                run.tokens.map(LuaValue.integer) ?? .nil
            },
            LuaProperty("loss", "the last training loss, in nats per token") { (run: OpenRun) in
                run.last("loss").map(LuaValue.number) ?? .nil
            },
            LuaProperty("checkpoint", "the folder of the last checkpoint, or nil") { (run: OpenRun) in
                LuaValue(run.checkpoint)
            },
            known("options", "the options in force, by name") { .data(.object($0.options)) },
            known("rows", "how many rows it worked on") { $0.rows.map(LuaValue.integer) ?? .nil },
            LuaProperty(
                "cost",
                "what the replies cost that went into it: { replies, prompt_tokens, completion_tokens, cost_usd, unpriced }; or nil"
            ) { (run: OpenRun) in
                guard let number = run.number,
                    let spent = try run.session.lab.store.spending(ofRun: number)
                else { return .nil }
                return .data(spent.fields)
            },
            known("seed", "the seed") { $0.seed.map(LuaValue.integer) ?? .nil },
            known("data", "the fingerprints of its datasets, by role") {
                .data(.object($0.data.mapValues(Value.string)))
            },
            known("versions", "what it was made with") {
                .data(.object($0.versions.mapValues(Value.string)))
            },
            known("parents", "the numbers of the runs whose output it used") {
                .data(.list($0.parents.map(Value.integer)))
            },
            known("commit", "the git commit of the working folder, or nil") { LuaValue($0.commit) },
            known("host", "the machine") { .string($0.host) },
            known("started", "when it began, in UTC") { .string($0.started.text) },
            known("problem", "why it failed, or nil") { LuaValue($0.problem) },
            known("tags", "its tags, a list") { .data(.list($0.tags.map(Value.string))) },
            known("scores", "its newest scores by evaluation and name: { value =, low =, high = }") {
                .data(.object($0.scoreValues))
            },
        ]
    }

    private static var history: LuaFunction {
        LuaFunction(
            name: "history", summary: "A recorded metric step by step, such as the loss.",
            parameters: [
                LuaParameter("name", .string, "\"loss\", \"eval_loss\", \"learning_rate\"", names: figures)
            ],
            returns: "a list of { step =, value = }",
            errors: ["a figure that was not recorded (the recorded ones are named)"],
            setUp: Scripting.exampleStudent,
            example: "assert(#run:history(\"loss\") == 2)",
            body: { call in
                let points = try call.receiver(OpenRun.self).curve(try call.string(1))
                return [
                    .data(.list(points.map { ["step": .integer($0.step), "value": .number($0.value)] }))
                ]
            })
    }

    /// Completion of the names of the receiver's figures.
    static var figures: LuaNames {
        .suggestions { site in
            let names = try? (site.receiver as? OpenRun)?.history().keys.sorted()
            return (names ?? []).map { LuaSuggestion($0) }
        }
    }

    private static var predictions: LuaFunction {
        LuaFunction(
            name: "predictions", summary: "What the student of this run wrote last, as the lab kept it.",
            returns: "a dataset with the column `prediction`, in the order of the rows it read",
            errors: ["a run that was not recorded, or that wrote nothing"],
            setUp: Scripting.exampleStudent,
            example: "t5:generate(gold, { input = \"document\", max_new_tokens = 4 })\n"
                + "assert(#run:predictions() == 2)",
            body: { call in
                let run = try call.receiver(OpenRun.self)
                let number = try run.recordedNumber()
                guard let output = try run.session.lab.store.newestOutput(of: number) else {
                    throw LyceumError.empty(
                        "what run \(number) wrote", remedy: "student:generate over a dataset records it")
                }
                var rows = Dataset(
                    records: [[String: Value]](repeating: [:], count: output.predictions.count))
                rows = try rows.adding(
                    column: "prediction", values: output.predictions.map(Value.string), run: number)
                return [.object(DatasetObject(rows))]
            })
    }

    private static var note: LuaFunction {
        LuaFunction(
            name: "note", summary: "Sets the run's note, or returns it.",
            parameters: [
                LuaParameter("text", .string, "takes the place of what was noted before", optional: true)
            ],
            returns: "the run itself; without a text, the note", errors: ["a run that was not recorded"],
            setUp: Scripting.exampleStudent,
            example: "run:note(\"too few steps\")\nassert(run:note() == \"too few steps\")",
            body: { call in
                let run = try call.receiver(OpenRun.self)
                guard let text = try call.optionalString(1) else { return [.string(try run.record().note)] }
                let number = try run.recordedNumber()
                if Ranks.isMain { try run.session.lab.store.note(text, run: number) }
                run.session.shortJob("noting").note("run \(number): note kept")
                call.state.quietValue = run
                return [.object(run)]
            })
    }

    private static func tag(_ environment: ScriptEnvironment) -> LuaFunction {
        tagging(
            "tag", environment, summary: "Tags the run, so that runs.list can find it.",
            example: "run:tag(\"paper\", \"gold\")\nassert(run.tags[1] == \"gold\")"
        ) { lab, run, tags in
            try lab.tag(run: run, add: tags)
        }
    }

    private static func untag(_ environment: ScriptEnvironment) -> LuaFunction {
        tagging(
            "untag", environment, summary: "Removes tags from the run.",
            example: "run:tag(\"paper\"):untag(\"paper\")\nassert(#run.tags == 0)"
        ) { lab, run, tags in
            try lab.tag(run: run, remove: tags)
        }
    }

    private static func tagging(
        _ name: String, _ environment: ScriptEnvironment, summary: String, example: String,
        _ body: @escaping (LabStore, Int, [String]) throws -> Void
    ) -> LuaFunction {
        LuaFunction(
            name: name, summary: summary,
            parameters: [LuaParameter("tag", .string, "a word", names: Scripting.tags(environment))],
            isVariadic: true, returns: "the run itself", errors: ["a run that was not recorded"],
            setUp: Scripting.exampleStudent,
            example: example,
            body: { call in
                let run = try call.receiver(OpenRun.self)
                let tags = try call.arguments.indices.map { try call.string($0 + 1) }
                let number = try run.recordedNumber()
                if Ranks.isMain { try body(try run.session.lab.store, number, tags) }
                let all = try run.record().tags.joined(separator: ", ")
                run.session.shortJob("tagging").note(
                    "run \(number): \(all.isEmpty ? "no tags" : "tags " + all)")
                call.state.quietValue = run
                return [.object(run)]
            })
    }
}

extension RunRecord {
    /// The newest scores by evaluation and name.
    var scoreValues: [String: Value] {
        var all: [String: Value] = [:]
        for evaluation in evaluations {
            all[evaluation.name] = .object(
                Dictionary(
                    evaluation.scores.map { score in
                        var value: [String: Value] = ["value": .number(score.value)]
                        value["low"] = score.low.map(Value.number)
                        value["high"] = score.high.map(Value.number)
                        return (score.name, .object(value))
                    }, uniquingKeysWith: { first, _ in first }))
        }
        return all
    }
}
