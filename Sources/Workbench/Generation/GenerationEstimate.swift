import Lab
import LyceumKit
import Teaching

/// What a generation would send and cost.
public struct GenerationEstimate: Sendable {
    /// Answers that are wanted.
    public internal(set) var replies = 0
    /// Of them those that the lab or this session has.
    public internal(set) var reused = 0
    /// Of them those that batches on their way will bring.
    public internal(set) var submitted = 0
    /// Requests that are left to send.
    public internal(set) var calls = 0
    /// The bytes of their messages.
    public internal(set) var bytes = 0
    /// What the reused replies cost, in USD; nil if the price of one of them is not known.
    public internal(set) var saved: Double? = 0
    /// Tokens of the requests that are left.
    public private(set) var promptTokens: Int?
    /// Tokens of the replies to them.
    public private(set) var completionTokens: Int?
    /// What they cost at least, in USD.
    public private(set) var low: Double?
    /// What they cost at most, in USD.
    public private(set) var high: Double?
    /// What the estimate rests on, in words.
    public private(set) var basis: String?

    /// Estimates tokens and money.
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

    /// Both together; what is not known of one is not known of both.
    func adding(_ other: GenerationEstimate) -> GenerationEstimate {
        func sum(_ a: Double?, _ b: Double?) -> Double? { a.flatMap { a in b.map { a + $0 } } }
        func sum(_ a: Int?, _ b: Int?) -> Int? { a.flatMap { a in b.map { a + $0 } } }
        var all = self
        all.replies += other.replies
        all.reused += other.reused
        all.submitted += other.submitted
        all.calls += other.calls
        all.bytes += other.bytes
        all.saved = sum(saved, other.saved)
        all.promptTokens = sum(promptTokens, other.promptTokens)
        all.completionTokens = sum(completionTokens, other.completionTokens)
        (all.low, all.high) = (sum(low, other.low), sum(high, other.high))
        return all
    }

    /// The fields by name, as scripts see them.
    public var value: Value {
        func number(_ number: Double?) -> Value { number.map(Value.number) ?? .null }
        return [
            "replies": .integer(replies), "reused": .integer(reused), "calls": .integer(calls),
            "handed_over": .integer(submitted),
            "prompt_tokens": promptTokens.map(Value.integer) ?? .null,
            "completion_tokens": completionTokens.map(Value.integer) ?? .null,
            "usd_low": number(low), "usd_high": number(high),
            "usd_saved": number(saved),
            "basis": basis.map(Value.string) ?? .null,
        ]
    }
}

extension GenerationRun {
    /// What `ask` would send and cost; asks nothing.
    ///
    /// - Parameter isBatch: whether it would go through the server's Batch API.
    func estimate(isBatch: Bool) throws -> GenerationEstimate {
        let job = session.job("estimating")
        let states = try planned(job)
        let found = plan.reuse == .none ? [:] : session.replies.find(states.map(\.name))
        var estimate = GenerationEstimate()
        estimate.replies = states.count
        let underWay =
            isBatch ? session.lab.attempt { try $0.openBatches(holding: states.map(\.sent.key)) } : nil
        let held = (underWay ?? []).reduce(into: Set<ReplyKey>()) { $0.formUnion($1.keys) }
        var seen: Set<ReplyCache.Name> = []
        for (sent, name) in states {
            if let kept = found[name] {
                estimate.reused += 1
                estimate.saved = estimate.saved.flatMap { sum in kept.cost.map { sum + $0 } }
            } else if case .sent(let key) = name, held.contains(key) {
                estimate.submitted += 1
            } else if seen.insert(name).inserted {
                estimate.calls += 1
                estimate.bytes += sent.messageBytes
            }
        }
        guard let first = states.first?.sent, let metered = teacher.teacher as? any MeteredTeacher else {
            return estimate
        }
        let maximum =
            first.parameters["max_completion_tokens"]?.integer ?? first.parameters["max_tokens"]?.integer
        let rates = session.lab.attempt { try $0.tokenRates(kind: first.kind, model: first.model) }
        estimate.add(rates: rates ?? nil, maximumReply: maximum) {
            guard isBatch else { return metered.cost(promptTokens: $0, completionTokens: $1) }
            return (metered as? OpenAITeacher)?.batchCost(promptTokens: $0, completionTokens: $1)
        }
        return estimate
    }

    /// The replies that were paid for before, question by question; nil for what is left to ask.
    func keptReplies() throws -> [StoredReply?] {
        if plan.reuse == .none { return [StoredReply?](repeating: nil, count: answers.count) }
        let names = try planned(session.job("estimating")).map(\.name)
        let found = session.replies.find(names)
        return names.map { found[$0] }
    }

    /// What would be sent for each question.
    private func planned(_ job: Job) throws -> [(sent: SentRequest, name: ReplyCache.Name)] {
        try answers.indices.map { index in
            if index % 256 == 0 { try job.checkCancelled() }
            let state = answers[index]
            return teacher.described(try plan.request(row: state.row, sample: state.sample))
        }
    }
}
