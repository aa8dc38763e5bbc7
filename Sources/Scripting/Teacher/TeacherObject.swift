import Corpus
import LuaBridge
import LyceumKit
import Synchronization
import Teaching

/// A teacher in Lua's hands.
final class TeacherObject {
    let teacher: any Teacher
    /// No other teacher of this process has it.
    let number: Int

    private static let opened = Atomic(0)

    init(_ teacher: any Teacher) {
        self.teacher = teacher
        number = Self.opened.add(1, ordering: .relaxed).newValue
    }

    static func type(_ environment: ScriptEnvironment) -> LuaType {
        LuaType(
            TeacherObject.self, name: "teacher",
            summary: "Answers requests: a language model, or a stand-in. Call it with a text for one answer.",
            methods: [generate(environment), retry(environment), estimate(environment)],
            properties: [
                LuaProperty("name", "what names it in tables: \"gpt-4o-mini\"") { (object: TeacherObject) in
                    .string(object.teacher.name)
                },
                LuaProperty("kind", "how it was opened: \"openai\", \"retrieval\"") {
                    (object: TeacherObject) in
                    .string(object.teacher.kind)
                },
                LuaProperty(
                    "usage", "what it has used: { calls, prompt_tokens, completion_tokens, cost_usd }"
                ) {
                    (object: TeacherObject) in .data(object.usage)
                },
            ],
            call: LuaFunction(
                name: "ask",
                summary:
                    "Answers one question. At the prompt the answer is shown as it comes; after Ctrl-C what came is in _.",
                parameters: [
                    LuaParameter(
                        "question", .either([.string, .list("messages")]),
                        "a text, or a list of { role =, content = }")
                ],
                returns: "the answer", errors: ["no key, no server, a refused request (the server's words)"],
                example:
                    "local gpt = teacher.open { \"retrieval\", input = \"document\", target = \"summary\",\n"
                    + "  corpus = data.from { { document = \"A cat sat on a mat.\", summary = \"cat on mat\" } } }\n"
                    + "print(gpt \"Where did the cat sit? On a mat, said the dog.\")",
                body: { call in
                    let object = try call.receiver(TeacherObject.self)
                    let request = TeacherRequest(messages: try messages(call))
                    if let text = try streamed(request, object.teacher, call.state) { return [.string(text)] }
                    let result = TeacherRun.run([request], teacher: object.teacher, job: Job("asking"))
                    if let error = result.stopped { throw error }
                    if let failure = result.failures.first {
                        throw LyceumError.failed(failure.reason, remedy: nil)
                    }
                    return [LuaValue(result.replies.first??.text)]
                }),
            toString: { "teacher (\($0.teacher.name))" },
            preview: { object, _ in card("teacher \(object.teacher.name)", object.teacher.card) })
    }

    /// The answer, shown as it comes; nil if this is not the prompt, or the teacher answers in one piece.
    private static func streamed(
        _ request: TeacherRequest, _ teacher: any Teacher, _ state: LuaState
    ) throws -> String? {
        guard let show = state.liveOutput, let teacher = teacher as? any StreamingTeacher else { return nil }
        state.shownText = nil
        return try teacher.stream(request, job: Job("asking")) { piece in
            state.shownText = (state.shownText ?? "") + piece
            show(piece)
        }.text
    }

    private static func messages(_ call: LuaCall) throws -> [ChatMessage] {
        if let text = call.value(1).string { return [ChatMessage(.user, text)] }
        guard let list = try call.data(1).list else { throw call.mismatch(1, nil) }
        return try list.map { message in
            guard let role = message.object?["role"]?.string.flatMap(ChatMessage.Role.init),
                let content = message.object?["content"]?.string
            else { throw call.mismatch(1, nil) }
            return ChatMessage(role, content)
        }
    }

    private var usage: Value {
        guard let usage = (teacher as? any MeteredTeacher)?.usage else {
            return ["calls": 0, "cost_usd": 0.0]
        }
        return [
            "calls": .integer(usage.calls), "prompt_tokens": .integer(usage.promptTokens),
            "completion_tokens": .integer(usage.completionTokens),
            "cost_usd": usage.cost.map(Value.number) ?? .null,
        ]
    }

    // MARK: generate

    /// The options of generate and estimate.
    static let generateOptions: [OptionDeclaration] = [
        .object("prompt", "prompt", required: true, "what to ask about each row"),
        .string("output", default: "reply", "the column that takes the answers"),
        .integer(
            "n", default: 1, in: 1...1000, "answers to each row; each is a row of the result"),
        .boolean(
            "fresh", default: false,
            "asks everything anew, also what was answered before; the newest reply is kept in use"
        ),
        .boolean(
            "batch", default: false,
            "hands the questions to the server's Batch API, answered within a day, at OpenAI for half the price; "
                + "repeat the call, in a later session too, to fetch the replies (help \"replies\")"),
        .boolean(
            "wait", default: true,
            "with batch: waits until the batch is done; false hands over, or fetches what is done, and returns"
        ),
        .boolean(
            "provenance", default: true,
            "adds columns teacher_row, teacher_sample, teacher_seed, teacher_template, "
                + "teacher_model, teacher_finish_reason, teacher_prompt_tokens, "
                + "teacher_completion_tokens, teacher_cost_usd, teacher_seconds, teacher_time; "
                + "d:drop \"teacher_*\" leaves them out"),
    ]

    /// The questions that a call describes.
    static func generation(_ call: LuaCall, _ options: LuaOptions) throws -> TeacherGeneration {
        let data = try call.object(1, DatasetObject.self).dataset
        guard let prompt = try options.object("prompt", PromptObject.self)?.prompt else {
            throw call.mismatch(2, nil)
        }
        try data.requireRows("ask about")
        if let missing = prompt.requiredVariables.first(where: { name in
            !data.columns.contains(String(name.prefix { $0 != "." }))
        }) {
            throw LyceumError.missingColumn(missing, available: data.columns)
        }
        let settings = TeacherGeneration.Settings(
            prompt: prompt, output: try options.values.string("output"),
            samples: try options.values.int("n"),
            showsProvenance: try options.values.bool("provenance"))
        return TeacherGeneration(data, settings)
    }

    private static func generate(_ environment: ScriptEnvironment) -> LuaFunction {
        LuaFunction(
            name: "generate",
            summary:
                "Answers a prompt for each row of a dataset. What was asked before is not asked again: replies "
                + "are kept in the lab as they arrive, under the request as it is sent.",
            parameters: [
                LuaParameter("data", .object("dataset"), "its columns are the prompt's variables"),
                LuaParameter("options", .options(generateOptions), "how"),
            ],
            returns: "the answered rows with the new column; rows without an answer are in its `failed`",
            errors: [
                "a variable of the prompt that the data does not have",
                "no key, a refused key, an empty account, a spent budget: the run stops, what was answered is "
                    + "kept in the lab, and the same call goes on from there, in a later session too",
            ],
            example:
                "local background = data.from { { document = \"A cat sat on a mat.\", summary = \"cat on mat\" } }\n"
                + "local gpt = teacher.open { \"retrieval\", corpus = background, input = \"document\", target = \"summary\" }\n"
                + "local ask = prompt \"Write about {{ summary }}.\"\n"
                + "local out = gpt:generate(data.from { { summary = \"a cat\" } }, { prompt = ask, output = \"document\" })\n"
                + "assert(out[1].document)",
            body: { call in
                let object = try call.receiver(TeacherObject.self)
                let options = try call.options(2)
                let generation = try generation(call, options)
                let reuse: Reuse = try options.values.bool("fresh") ? .none : .all
                let result =
                    try options.values.bool("batch")
                    ? object.answerInBatches(
                        of: generation, reuse: reuse, waits: try options.values.bool("wait"), environment)
                    : object.answer(generation.open, of: generation, reuse: reuse, environment)
                return [.object(result)]
            })
    }

    private static func retry(_ environment: ScriptEnvironment) -> LuaFunction {
        LuaFunction(
            name: "retry", summary: "Asks again for the rows of a result that failed, and only for those.",
            parameters: [LuaParameter("result", .object("dataset"), "what teacher:generate returned")],
            returns: "the result with what was answered now; what still fails is in its `failed`",
            errors: ["a dataset that no teacher:generate of this session returned"],
            example:
                "local background = data.from { { document = \"A cat sat on a mat.\", summary = \"cat on mat\" } }\n"
                + "local gpt = teacher.open { \"retrieval\", corpus = background, input = \"document\", target = \"summary\" }\n"
                + "local ask = prompt \"Write about {{ summary }}.\"\n"
                + "local out = gpt:generate(data.from { { summary = \"a cat\" } }, { prompt = ask })\n"
                + "if out.failed then out = gpt:retry(out) end",
            body: { call in
                let object = try call.receiver(TeacherObject.self)
                let result = try call.object(1, DatasetObject.self)
                guard let before = result.generation else {
                    throw LyceumError.invalid(
                        call.place(1), expected: "what teacher:generate returned in this session",
                        got: "another dataset",
                        remedy: "repeat the teacher:generate itself: it asks only what was not answered")
                }
                if before.open.isEmpty { return [.object(result)] }
                let generation = TeacherGeneration(copying: before)
                return [
                    .object(
                        try object.answer(generation.open, of: generation, reuse: .good, environment))
                ]
            })
    }
}
