import Corpus
import LuaBridge
import LyceumKit
import Teaching

/// A teacher in Lua's hands. It remembers its replies, so that a call that was interrupted or is repeated asks
/// for nothing twice in one session.
final class TeacherObject {
    let teacher: any Teacher
    private(set) var replies: [TeacherRequest: TeacherReply] = [:]

    init(_ teacher: any Teacher) { self.teacher = teacher }

    static func type(_ environment: ScriptEnvironment) -> LuaType {
        LuaType(
            TeacherObject.self, name: "teacher",
            summary: "Answers requests: a language model, or a stand-in. Call it with a text for one answer.",
            methods: [generate(environment)],
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
                name: "ask", summary: "Answers one question.",
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

    private static func generate(_ environment: ScriptEnvironment) -> LuaFunction {
        LuaFunction(
            name: "generate", summary: "Answers a prompt for each row of a dataset.",
            parameters: [
                LuaParameter("data", .object("dataset"), "its columns are the prompt's variables"),
                LuaParameter(
                    "options",
                    .options([
                        .object("prompt", "prompt", required: true, "what to ask about each row"),
                        .string("output", default: "reply", "the column that takes the answers"),
                    ]), "how"),
            ],
            returns: "the answered rows with the new column; rows without an answer are in its `failed`",
            errors: [
                "a variable of the prompt that the data does not have",
                "no key, a refused key, an empty account, a spent budget: the run stops, what was answered is "
                    + "kept, and the same call goes on from there",
            ],
            example:
                "local background = data.from { { document = \"A cat sat on a mat.\", summary = \"cat on mat\" } }\n"
                + "local gpt = teacher.open { \"retrieval\", corpus = background, input = \"document\", target = \"summary\" }\n"
                + "local ask = prompt \"Write about {{ summary }}.\"\n"
                + "local out = gpt:generate(data.from { { summary = \"a cat\" } }, { prompt = ask, output = \"document\" })\n"
                + "assert(out[1].document)",
            body: { call in
                let object = try call.receiver(TeacherObject.self)
                let data = try call.object(1, DatasetObject.self).dataset
                let options = try call.options(2)
                guard let prompt = try options.object("prompt", PromptObject.self)?.prompt else {
                    throw call.mismatch(2, nil)
                }
                try data.requireRows("ask about")
                if let missing = prompt.requiredVariables.first(where: { name in
                    !data.columns.contains(String(name.prefix { $0 != "." }))
                }) {
                    throw LyceumError.missingColumn(missing, available: data.columns)
                }
                let requests = try (0..<data.count).map { try prompt.request(for: data.record(at: $0)) }
                let answers = try object.answer(
                    requests, job: environment.job("asking \(object.teacher.name)"))
                return [
                    .object(
                        try made(of: data, answers: answers, output: try options.values.string("output")))
                ]
            })
    }

    /// Asks what has not been answered yet.
    ///
    /// - Returns: for each request the reply, or why there is none.
    private func answer(_ requests: [TeacherRequest], job: Job) throws -> [(TeacherReply?, reason: String?)] {
        let open = requests.indices.filter { replies[requests[$0]] == nil }
        if open.count < requests.count {
            job.note("\(job.title): \(requests.count - open.count) of \(requests.count) replies reused")
        }
        let result = TeacherRun.run(open.map { requests[$0] }, teacher: teacher, job: job) {
            position, reply in
            replies[requests[open[position]]] = reply
        }
        if let error = result.stopped {
            let kept =
                "\(requests.count { replies[$0] != nil }) of \(requests.count) replies are kept in this "
                + "session; the same call goes on from there"
            if case LyceumError.cancelled = error { throw LyceumError.cancelled(kept) }
            job.note("\(job.title): \(kept)")
            throw error
        }
        var reasons: [Int: String] = [:]
        for failure in result.failures { reasons[open[failure.row]] = failure.reason }
        // The progress line has told count and time; this one tells what it cost and what is missing.
        let summary = Self.summary(result)
        if !summary.isEmpty { job.note("\(job.title): \(summary)") }
        if result.replyCount == 0, let first = result.failures.first {
            throw LyceumError.failed(
                "none of the \(open.count) requests was answered; the first: \(first.reason)", remedy: nil)
        }
        return requests.enumerated().map { (replies[$1], reason: reasons[$0]) }
    }

    private static func summary(_ result: TeacherRun.Result) -> String {
        var parts: [String] = []
        let tokens = result.usage.promptTokens + result.usage.completionTokens
        if tokens > 0 { parts.append("\(tokens) tokens") }
        if let cost = result.usage.cost { parts.append("\(cost.fixed(4)) USD") }
        if let first = result.failures.first {
            parts.append("\(result.failures.count) failed (the first: \(first.reason)); see .failed")
        }
        return parts.joined(separator: ", ")
    }

    /// The answered rows with their answers, and the others with the reason.
    private static func made(
        of data: Dataset, answers: [(TeacherReply?, reason: String?)], output: String
    ) throws -> DatasetObject {
        let answered = answers.indices.filter { answers[$0].0 != nil }
        let others = answers.indices.filter { answers[$0].0 == nil }
        var failed: DatasetObject?
        if !others.isEmpty {
            failed = DatasetObject(
                try data.rows(others).adding(
                    column: "reason", values: others.map { .string(answers[$0].reason ?? "not asked") }))
        }
        let texts = answered.map { Value.string(answers[$0].0?.text ?? "") }
        return DatasetObject(try data.rows(answered).adding(column: output, values: texts), failed: failed)
    }
}
