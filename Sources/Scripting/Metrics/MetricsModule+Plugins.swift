import Corpus
import Evaluation
import LuaBridge
import LyceumKit

// The metrics that plugins bring.
extension Scripting {
    static func pluginMetrics(_ environment: ScriptEnvironment) -> [LuaFunction] {
        let options = columnOptions + bootstrapOptions
        return [
            LuaFunction(
                name: "list", summary: "The metrics that plugins bring; opens none of them.",
                returns: "a list of { id, summary }",
                example: "for _, m in ipairs(metrics.list()) do print(m.id, m.summary) end",
                body: { _ in
                    [
                        .data(
                            .list(
                                environment.plugins.metrics.map {
                                    ["id": .string($0.id), "summary": .string($0.summary)]
                                }))
                    ]
                }),
            LuaFunction(
                name: "score", summary: "Scores texts by a metric of a plugin, with bootstrap intervals.",
                parameters: [
                    LuaParameter(
                        "metric", .string, "an id of metrics.list()",
                        names: .suggestions { _ in
                            environment.plugins.metrics.map { LuaSuggestion($0.id, $0.summary) }
                        }),
                    LuaParameter(
                        "predictions", .either([.object("dataset"), .list("strings")]),
                        "a dataset with both columns, or a list of texts"),
                    LuaParameter(
                        "references", .either([.options(options), .list("strings")]),
                        "the options for a dataset, or a list of texts, or of lists of texts"),
                    LuaParameter("options", .options(options), "for two lists", optional: true),
                ],
                returns: "a score: score.<figure>.mean, .ci, .values",
                errors: ["a metric that no plugin brings", "a missing column", "lists of different length"],
                example: "for _, m in ipairs(metrics.list()) do\n"
                    + "  print(metrics.score(m.id, { \"a cat\" }, { \"a cat sat\" }))\nend",
                furtherOptions: { site in
                    // Opens the plugin, as the call itself will: only it knows its options.
                    let name = site.arguments.first?.string
                    return name.flatMap { try? environment.plugins.metric(named: $0) }?.options ?? []
                },
                body: { call in
                    let metric = try environment.plugins.metric(named: try call.string(1))
                    let data = (call.value(2).object as? DatasetObject)?.dataset
                    let given = try call.options(data == nil ? 4 : 3, declared: options + metric.options)
                        .values
                    let texts = try pairs(call, data, given, from: 2)
                    let (predictions, references) = (texts.predictions, texts.references)
                    guard predictions.count == references.count, !predictions.isEmpty else {
                        throw LyceumError.invalid(
                            call.name, expected: "as many references as predictions, at least one each",
                            got: "\(predictions.count) predictions, \(references.count) references",
                            remedy: nil)
                    }
                    let job = environment.job("scoring")
                    let scores = try metric.score(predictions, references, given.only(metric.options), job)
                    let report = try MetricReport(
                        metric: metric.id, scores: scores, count: predictions.count,
                        confidence: given.double("confidence"), resamples: given.int("resamples"),
                        seed: given.int("seed"), job: job)
                    return [.object(ScoreObject(report))]
                }),
        ]
    }
}
