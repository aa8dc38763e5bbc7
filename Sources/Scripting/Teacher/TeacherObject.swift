import Corpus
import LuaBridge
import LyceumKit
import Teaching
import Workbench

/// A teacher in Lua's hands.
final class TeacherObject {
    let opened: OpenTeacher
    var teacher: any Teacher { opened.teacher }

    init(_ opened: OpenTeacher) { self.opened = opened }

    private static var close: LuaFunction {
        LuaFunction.closing(
            "teacher", remedy: "open it again",
            example:
                "local gpt = teacher.open { \"openai\", model = \"gpt-4o-mini\", api_key = \"x\" }\ngpt:close()"
        )
    }

    static func type(_ environment: ScriptEnvironment) -> LuaType {
        LuaType(
            TeacherObject.self, name: "teacher",
            summary: "Answers requests: a language model, or a stand-in. Call it with a text for one answer.",
            methods: [generate(environment), retry(environment), estimate(environment), close],
            properties: [
                LuaProperty("name", "display name: \"gpt-4o-mini\"") { (object: TeacherObject) in
                    .string(object.teacher.name)
                },
                LuaProperty("kind", "how it was opened: \"openai\", \"retrieval\"") {
                    (object: TeacherObject) in
                    .string(object.teacher.kind)
                },
                LuaProperty(
                    "usage",
                    "what it has used: { calls, prompt_tokens, completion_tokens, estimated, cost_usd }; `estimated` counts the replies whose tokens the server did not say"
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
                    let messages = try messages(call)
                    return [.string(try ask(messages, of: object.opened, call.state, environment))]
                }),
            toString: { "teacher (\($0.teacher.name))" },
            preview: { object, _ in TextCard.text("teacher \(object.teacher.name)", object.teacher.card) })
    }

    /// The answer; at the prompt it is shown as it comes.
    private static func ask(
        _ messages: [ChatMessage], of teacher: OpenTeacher, _ state: LuaState,
        _ environment: ScriptEnvironment
    ) throws -> String {
        guard let show = state.liveOutput, teacher.teacher is any StreamingTeacher else {
            return try environment.session.ask(messages, of: teacher).text
        }
        state.shownText = nil
        return try environment.session.ask(messages, of: teacher) { piece in
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
        guard teacher is any MeteredTeacher else { return ["calls": 0, "cost_usd": 0.0] }
        let usage = opened.usage
        return [
            "calls": .integer(usage.calls), "prompt_tokens": .integer(usage.promptTokens),
            "completion_tokens": .integer(usage.completionTokens),
            "estimated": .integer(usage.estimatedReplies),
            "cost_usd": usage.cost.map(Value.number) ?? .null,
        ]
    }

    // MARK: generate

    /// The options of generate and estimate.
    static let generateOptions: [OptionDeclaration] = [
        .object(
            "prompt", "value", required: true,
            "what to ask about each row: a prompt, a template in quotes, or several, as { zero = p1, few = p2 }, which "
                + "give a column each"),
        .string("output", default: "reply", "the column that takes the answers"),
        .string("name", "what the run is called in runs.list; else teacher, model and rows"),
        .integer(
            "n", default: 1, in: 1...1000, "answers to each row; each is a row of the result"),
        .boolean(
            "fresh", default: false,
            "ignores kept replies and asks again; the new reply replaces the kept one"
        ),
        .boolean(
            "batch", default: false,
            "submits the questions to the server's Batch API, answered within a day, at OpenAI for half the price; "
                + "repeat the call, in a later session too, to fetch the replies (help \"replies\")"),
        .boolean(
            "wait", default: true,
            "with batch: waits until the batch is done; false hands over, or fetches what is done, and returns"
        ),
        .boolean(
            "provenance", default: false,
            "adds columns teacher_model, teacher_cost_usd, …; without them d:provenance() shows the same, and "
                + "d:save(path, { provenance = true }) writes it"),
    ]

    private static func generate(_ environment: ScriptEnvironment) -> LuaFunction {
        LuaFunction(
            name: "generate",
            summary:
                "Answers a prompt for each row of a dataset, or one text, or each text of a list. What was asked before "
                + "is not asked again: replies are kept in the lab as they arrive, under the request as it is sent.",
            parameters: [
                LuaParameter(
                    "data", .either([.object("dataset"), .list("strings"), .string]),
                    "a dataset, whose columns are the prompt's variables; or what is sent as it is: a text, or a list of texts"
                ),
                LuaParameter(
                    "options", .options(generateOptions),
                    "how; also max_tokens, temperature and the like for this call: help \"openai\"; for texts only these, "
                        + "name, n and fresh", optional: true),
            ],
            returns:
                "the answered rows with the new column, or one for each prompt; rows without an answer are in its `failed`. "
                + "For a text the answer, for a list a list of answers; with n above 1 lists of answers",
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
                + "assert(out[1].document)\n"
                + "local both = gpt:generate(data.from { { summary = \"a cat\" } }, { prompt = { short = ask, long = \"Write much about {{ summary }}.\" } })\n"
                + "assert(both[1].short and both[1].long)\n"
                + "assert(gpt:generate(\"Where did the cat sit?\") == gpt:generate({ \"Where did the cat sit?\" })[1])",
            furtherOptions: { ($0.receiver as? TeacherObject)?.opened.callOptions ?? [] },
            body: { call in
                let object = try call.receiver(TeacherObject.self)
                if !(call.value(1).object is DatasetObject) {
                    return try generateTexts(call, by: object, in: environment)
                }
                let (options, request) = try object.callOptions(call)
                let plans = try plans(call, options)
                let teacher = try object.opened.adjusted(request)
                let isBatch = try options.values.bool("batch")
                let waits = try options.values.bool("wait")
                let results = try plans.map { plan in
                    let run = GenerationRun(plan, by: teacher, in: environment.session)
                    return try finishing(run, call.state) {
                        try isBatch ? run.askInBatches(waits: waits) : run.ask()
                    }
                }
                if results.count == 1 { return [.object(DatasetObject(results[0]))] }
                let (answered, failed) = try GenerationResult.joined(results)
                return [.object(DatasetObject(answered, failed: failed.map { DatasetObject($0) }))]
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
                if before.isComplete { return [.object(result)] }
                let run = GenerationRun(retrying: before, by: object.opened, in: environment.session)
                return [.object(DatasetObject(try finishing(run, call.state) { try run.ask() }))]
            })
    }

    /// Does the work of a run; what there is when it ends early is left in `_`.
    static func finishing(
        _ run: GenerationRun, _ state: LuaState, _ work: () throws -> GenerationResult
    ) throws -> GenerationResult {
        do {
            return try work()
        } catch {
            if run.answers.contains(where: \.isGood), let partial = try? run.result() {
                state.leftOver = .object(DatasetObject(partial))
            }
            throw error
        }
    }
}
