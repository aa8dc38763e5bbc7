import Corpus
import Evaluation
import LuaBridge
import LyceumKit
import Workbench

extension Scripting {
    static var lead: LuaFunction {
        LuaFunction(
            name: "lead", summary: "The lead baseline: each text's first sentences.",
            parameters: [
                LuaParameter("data", .object("dataset"), "the texts"),
                LuaParameter(
                    "options",
                    .options([
                        .column("input", required: true, "the column of texts"),
                        .string("output", default: "prediction", "the column that takes the lead"),
                        .integer("sentences", default: 1, in: 1...1000, "sentences to take"),
                    ]), "how"),
            ],
            returns: "the dataset plus the column", errors: ["a missing column"],
            example: "local d = data.from { { text = \"One. Two.\" } }\n"
                + "assert(metrics.lead(d, { input = \"text\" })[1].prediction == \"One.\")",
            body: { call in
                let data = try call.object(1, DatasetObject.self).dataset
                let options = try call.options(2).values
                let count = try options.int("sentences")
                let leads = try data.strings(try options.string("input")).map {
                    Value.string(Lead.sentences($0, count: count))
                }
                return [
                    .object(
                        DatasetObject(try data.adding(column: try options.string("output"), values: leads)))
                ]
            })
    }

    static func latency(_ environment: ScriptEnvironment) -> LuaFunction {
        let options: [OptionDeclaration] = [
            .column("input", "the column of texts; required for a dataset"),
            runOption,
            .integer("warmup", default: 3, in: 0...1_000_000, "answers that are not timed, to fill caches"),
        ]
        return LuaFunction(
            name: "latency",
            summary: "Measures a student's latency for one text: median, tail and texts per second.",
            parameters: [
                LuaParameter("student", .object("student"), "one that has been trained"),
                LuaParameter(
                    "texts", .either([.object("dataset"), .list("strings")]),
                    "what it reads, one text after the other"),
                LuaParameter(
                    "options", .options(options), "also the architecture's own: see help \"t5\"",
                    optional: true),
            ],
            returns:
                "a score, in milliseconds: p50, p95, p99, mean, min, max; and per_second; printed as a table",
            errors: ["a student that has not been trained", "no texts"],
            setUp: exampleStudent,
            example: "print(metrics.latency(t5, gold, { input = \"document\", max_new_tokens = 2 }).p50)",
            body: { call in
                let object = try call.object(1, StudentObject.self)
                let generates = object.student.tasks.contains(.generate)
                let declared =
                    generates
                    ? object.architecture.generationOptions : object.architecture.classificationOptions
                let given = try call.options(3, adding: declared).values
                let own = try given.only(declared)
                let texts: [String]
                if let data = (call.value(2).object as? DatasetObject)?.dataset {
                    texts = try data.strings(try given.string("input"))
                } else {
                    texts = try call.strings(2)
                }
                let quiet = Job("answering")
                let report = try Latency.measure(
                    texts, warmup: try given.int("warmup"), job: environment.job("timing")
                ) { text in
                    if generates {
                        _ = try object.student.generate([text], options: own, job: quiet)
                    } else {
                        _ = try object.student.classify([text], options: own, job: quiet)
                    }
                }
                if let run = given.optionalInt("run") ?? object.run {
                    try environment.session.record(
                        report.evaluation(data: Dataset.fingerprint(ofTexts: texts)), pairs: [], run: run,
                        isAsked: given.isGiven("run"))
                }
                return [.object(ScoreObject(report))]
            })
    }
}
