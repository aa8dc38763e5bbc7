import Lab
import LuaBridge
import LyceumKit
import Teaching
import Workbench

extension TeacherObject {
    static func estimate(_ environment: ScriptEnvironment) -> LuaFunction {
        LuaFunction(
            name: "estimate",
            summary: "What a teacher:generate with these arguments would send and cost; asks nothing.",
            parameters: [
                LuaParameter("data", .object("dataset"), "as for generate"),
                LuaParameter("options", .options(generateOptions), "as for generate"),
            ],
            returns:
                "{ replies, reused, handed_over, calls, prompt_tokens, completion_tokens, usd_low, usd_high, usd_saved, basis }: "
                + "`reused` replies are in the lab and save `usd_saved`, `handed_over` ones are on their way in a batch; what is not known is nil",
            errors: ["a variable of the prompt that the data does not have"],
            example:
                "local background = data.from { { document = \"A cat sat on a mat.\", summary = \"cat on mat\" } }\n"
                + "local gpt = teacher.open { \"retrieval\", corpus = background, input = \"document\", target = \"summary\" }\n"
                + "local cost = gpt:estimate(data.from { { summary = \"a cat\" } }, { prompt = prompt \"{{ summary }}\" })\n"
                + "assert(cost.calls == 1)",
            body: { call in
                let object = try call.receiver(TeacherObject.self)
                let options = try call.options(2)
                let generation = try generation(call, options)
                let isFresh = try options.values.bool("fresh")
                let isBatch = try options.values.bool("batch")
                return [
                    .data(
                        try object.estimate(
                            generation, isFresh: isFresh, isBatch: isBatch, environment
                        ).value)
                ]
            })
    }

    private func estimate(
        _ generation: TeacherGeneration, isFresh: Bool, isBatch: Bool, _ environment: ScriptEnvironment
    ) throws -> CostEstimate {
        let job = environment.job("estimating")
        let questions = try questions(generation.open, of: generation, job: job)
        let found = isFresh ? [:] : environment.session.replies.find(questions.map(\.name))
        var estimate = CostEstimate()
        estimate.replies = questions.count
        let underWay =
            isBatch
            ? environment.lab.attempt { try $0.openBatches(holding: questions.map(\.stored.key)) } : nil
        let held = (underWay ?? []).reduce(into: Set<ReplyKey>()) { $0.formUnion($1.keys) }
        var seen: Set<ReplyCache.Name> = []
        var isSavingKnown = true
        for question in questions {
            if let kept = found[question.name] {
                estimate.reused += 1
                estimate.saved += kept.cost ?? 0
                isSavingKnown = isSavingKnown && kept.cost != nil
            } else if case .sent(let key) = question.name, held.contains(key) {
                estimate.handedOver += 1
            } else if seen.insert(question.name).inserted {
                estimate.calls += 1
                estimate.bytes += question.stored.messageBytes
            }
        }
        estimate.isSavingKnown = isSavingKnown
        guard let first = questions.first?.stored, let metered = teacher as? any MeteredTeacher else {
            return estimate
        }
        let maximum =
            first.parameters["max_completion_tokens"]?.integer ?? first.parameters["max_tokens"]?.integer
        let rates = environment.lab.attempt { try $0.tokenRates(kind: first.kind, model: first.model) }
        estimate.add(rates: rates ?? nil, maximumReply: maximum) {
            guard isBatch else { return metered.cost(promptTokens: $0, completionTokens: $1) }
            return (metered as? OpenAITeacher)?.batchCost(promptTokens: $0, completionTokens: $1)
        }
        return estimate
    }
}

/// What a generation would send and cost.
private struct CostEstimate {
    var replies = 0
    var reused = 0
    /// Replies that batches on their way will bring.
    var handedOver = 0
    /// Requests that are left to send.
    var calls = 0
    /// The bytes of their messages.
    var bytes = 0
    /// What the reused replies cost, in USD.
    var saved = 0.0
    var isSavingKnown = true
    private var promptTokens: Int?
    private var completionTokens: Int?
    private var low: Double?
    private var high: Double?
    private var basis: String?

    /// Reckons tokens and money.
    ///
    /// - Parameters:
    ///   - rates: how long the model's questions and replies were so far; nil if there were none.
    ///   - maximumReply: the most tokens of a reply, if that was said.
    ///   - cost: USD for so many tokens of questions and of replies; nil if the price is not known.
    mutating func add(rates: TokenRates?, maximumReply: Int?, cost: (Int, Int) -> Double?) {
        let cap = maximumReply ?? .max
        func tokens(_ perByte: Double) -> Int { Int((Double(bytes) * perByte).rounded(.up)) }
        func total(_ reply: Int) -> Int { calls.multipliedReportingOverflow(by: reply).partialValue }
        if let rates {
            let prompt = tokens(rates.promptTokensPerByte)
            promptTokens = prompt
            completionTokens = total(min(Int(rates.meanReply.rounded()), cap))
            low = cost(prompt, total(min(rates.shortReply, cap)))
            high = cost(prompt, total(min(rates.longReply, cap)))
            basis =
                "\(rates.replies) earlier replies of this model in the lab, four in five of them within the range"
        } else {
            // English text takes about four bytes a token; other scripts three, code and names more than six.
            promptTokens = tokens(1 / 4.0)
            low = cost(tokens(1 / 6.0), 0)
            high = maximumReply.flatMap { cost(tokens(1 / 3.0), total($0)) }
            basis =
                maximumReply == nil
                ? "3 to 6 bytes a token; without max_tokens nobody knows how long the replies will be"
                : "3 to 6 bytes a token, replies from none to max_tokens"
        }
        if calls == 0 { (completionTokens, high) = (0, low) }
    }

    var value: Value {
        func number(_ number: Double?) -> Value { number.map(Value.number) ?? .null }
        return [
            "replies": .integer(replies), "reused": .integer(reused), "calls": .integer(calls),
            "handed_over": .integer(handedOver),
            "prompt_tokens": promptTokens.map(Value.integer) ?? .null,
            "completion_tokens": completionTokens.map(Value.integer) ?? .null,
            "usd_low": number(low), "usd_high": number(high),
            "usd_saved": isSavingKnown ? .number(saved) : .null,
            "basis": basis.map(Value.string) ?? .null,
        ]
    }
}
