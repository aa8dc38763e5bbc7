import LuaBridge
import LyceumKit

/// A finished training run in Lua's hands.
final class RunObject {
    let title: String
    let report: TrainingReport

    init(title: String, report: TrainingReport) {
        self.title = title
        self.report = report
    }

    static var type: LuaType {
        LuaType(
            RunObject.self, name: "run", summary: "What a training run did.",
            methods: [
                LuaFunction(
                    name: "history", summary: "A figure step by step.",
                    parameters: [
                        LuaParameter(
                            "name", .string, "\"loss\", \"eval_loss\", \"learning_rate\"",
                            names: .suggestions { site in
                                let report = (site.receiver as? RunObject)?.report
                                return (report?.history.keys.sorted() ?? []).map { LuaSuggestion($0) }
                            })
                    ],
                    returns: "a list of { step =, value = }",
                    errors: ["a figure that was not recorded (the recorded ones are named)"],
                    example: Scripting.exampleStudent + "assert(#run:history(\"loss\") == 2)",
                    body: { call in
                        let report = try call.receiver(RunObject.self).report
                        let name = try call.string(1)
                        guard let points = report.history[name] else {
                            throw LyceumError.unknownName(
                                kind: "figure", name: name, known: report.history.keys.sorted(), remedy: nil)
                        }
                        return [
                            .data(
                                .list(points.map { ["step": .integer($0.step), "value": .number($0.value)] }))
                        ]
                    })
            ],
            properties: [
                LuaProperty("steps", "optimizer steps done") { (run: RunObject) in .integer(run.report.steps)
                },
                LuaProperty("epochs", "passes over the data") { (run: RunObject) in .number(run.report.epochs)
                },
                LuaProperty("seconds", "wall-clock time, in seconds") { (run: RunObject) in
                    .number(run.report.seconds)
                },
                LuaProperty("tokens", "tokens trained on, padding excluded") { (run: RunObject) in
                    .integer(run.report.tokens)
                },
                LuaProperty("loss", "the last training loss, in nats per token") { (run: RunObject) in
                    run.report.history["loss"]?.last.map { .number($0.value) } ?? .nil
                },
                LuaProperty("checkpoint", "the folder of the last checkpoint, or nil") { (run: RunObject) in
                    LuaValue(run.report.checkpoint)
                },
            ],
            toString: { "run (\($0.title), \($0.report.steps) steps)" },
            preview: { run, _ in card(run.title, run.rows) })
    }

    private var rows: [(name: String, value: String)] {
        var rows = [
            (name: "steps", value: "\(report.steps) (\(report.epochs.fixed(2)) epochs)"),
            (name: "time", value: "\(report.seconds.fixed(1)) s"),
        ]
        if report.seconds > 0 {
            rows.append((name: "tokens/s", value: (Double(report.tokens) / report.seconds).fixed(0)))
        }
        for name in ["loss", "eval_loss"] {
            guard let points = report.history[name], let first = points.first, let last = points.last else {
                continue
            }
            rows.append((name: name, value: "\(first.value.fixed(4)) → \(last.value.fixed(4))"))
        }
        if let checkpoint = report.checkpoint { rows.append((name: "checkpoint", value: checkpoint)) }
        return rows
    }
}
