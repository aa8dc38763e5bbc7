import Corpus
import LuaBridge
import LyceumKit

// How probable a student finds given answers: loss.
extension StudentObject {
    /// `student:loss`.
    static func loss(_ environment: ScriptEnvironment) -> LuaFunction {
        LuaFunction(
            name: "loss",
            summary: "Measures the mean loss per target token, in nats; nothing is learned.",
            parameters: [
                LuaParameter("data", .object("dataset"), "the pairs"),
                LuaParameter(
                    "options",
                    .options([
                        .column("input", required: true, "the column it reads"),
                        .column("target", required: true, "the column whose texts are judged"),
                    ]), "also max_source_length, max_target_length, batch_size, precision"),
            ],
            returns: "a number; exp of it is the perplexity",
            errors: [
                "a student that has not been trained", "a student that gives texts no probabilities",
                "an empty dataset or a missing column",
            ],
            example: """
                s = student.new("t5", { d_model = 8, d_kv = 4, d_ff = 8, num_layers = 1, num_heads = 2, vocab_size = 60 })
                rows = data.from { { text = "rain and wind and sun", short = "weather" } }
                s:train(rows, { input = "text", target = "short", max_steps = 2 })
                print(s:loss(rows, { input = "text", target = "short", max_target_length = 64 }))
                """,
            furtherOptions: { site in
                let student = (site.receiver as? StudentObject)?.student
                return (student as? any LossMeasuringStudent)?.lossOptions ?? []
            },
            body: { call in
                let object = try call.receiver(StudentObject.self)
                guard let student = object.student as? any LossMeasuringStudent else {
                    throw LyceumError.unsupported(
                        "a \(object.student.architecture) student gives texts no probabilities",
                        remedy: "students that are networks do: t5, bart, lstm, bert")
                }
                let data = try call.object(1, DatasetObject.self).dataset
                let options = try call.options(2, adding: student.lossOptions)
                try data.requireRows("measure the loss on")
                let loss = try student.loss(
                    on: try data.examples(
                        input: try options.values.string("input"), target: try options.values.string("target")
                    ),
                    options: try options.values.only(student.lossOptions),
                    job: environment.job("measuring \(student.architecture)"))
                return [.number(loss)]
            })
    }
}
