import LyceumKit

/// Counts what a teacher uses, and says whether the next request still fits the budget.
///
/// Money is reserved when a request is sent and settled when its answer is there, so the budget holds while
/// many are on their way. A question has at most as many tokens as bytes. A reply has at most `max_tokens`; if
/// that was not said, the longest reply so far stands for it (at first 1024 tokens), and only then can the
/// requests on their way overshoot, by what they are longer than it.
final class OpenAIMeter {
    private(set) var usage: TeacherUsage
    private let price: TokenPrice?
    private let budget: Double?
    private let callBudget: Int?
    /// What a piece of work may come to, below the budget.
    var ceiling: SpendingCeiling? { didSet { isAtCeiling = false } }
    /// Whether a request was refused because of it when no other was on its way, whose answer might cost less than was
    /// reserved.
    private(set) var isAtCeiling = false
    /// The most tokens of a reply, as the call under way says it.
    var maximumReply: Int?
    private var longestReply = 1024
    private var reserved: [Int: Double] = [:]
    /// The sum of `reserved`.
    private var reservedSum = 0.0
    /// What all ranks together have spent and reserved; nil for a process that runs alone.
    private let ledger: RankLedger?
    /// What the replies of batches on their way may cost, by the batch's mark.
    private var batches: [String: Double] = [:]

    init(_ settings: OpenAISettings) {
        price = settings.price
        budget = settings.budget
        callBudget = settings.callBudget
        maximumReply = settings.maximumReplyTokens
        usage = TeacherUsage(cost: settings.price.map { _ in 0 })
        ledger = settings.budget == nil && settings.callBudget == nil ? nil : RankLedger()
    }

    /// What neither has been spent nor is reserved of the budget, in USD; nil without one.
    var budgetLeft: Double? {
        guard let budget, let cost = usage.cost else { return nil }
        return max(0, budget - (ledger?.spent ?? cost) - reservedSum - batches.values.reduce(0, +))
    }

    /// Forgets reservations of requests that were given up.
    ///
    /// They may have been answered, and so paid for: what was reserved counts as spent.
    func settleAbandoned() {
        for id in Array(reserved.keys) { settleUnanswered(id) }
    }

    /// Why a request of so many bytes may not be sent; nil if it may.
    func refusal(bytes: Int) -> LyceumError? {
        if let refusal = refusalByCeiling(bytes: bytes) { return refusal }
        let calls = ledger?.calls ?? usage.calls
        if let callBudget, calls >= callBudget {
            return .failed("the budget of \(callBudget) calls is used up", remedy: "raise budget_calls")
        }
        guard let budget, let cost = usage.cost else { return nil }
        let reserved = reservedSum + batches.values.reduce(0, +)
        let isWithin =
            ledger.map { $0.holds(estimate(bytes: bytes), within: budget) }
            ?? (cost + reserved + estimate(bytes: bytes) <= budget)
        if isWithin { return nil }
        return .failed(
            "the budget of \(Self.dollars(budget)) would be passed by the next request "
                + "(\(Self.dollars(ledger?.spent ?? cost)) spent)", remedy: "raise budget_usd")
    }

    private func refusalByCeiling(bytes: Int) -> LyceumError? {
        guard let ceiling else { return nil }
        if let most = ceiling.calls, usage.calls >= most {
            isAtCeiling = reserved.isEmpty
            return .failed("the calls that this may send are used up", remedy: "raise its budget_calls")
        }
        if let most = ceiling.cost, let cost = usage.cost, cost + reservedSum + estimate(bytes: bytes) > most
        {
            isAtCeiling = reserved.isEmpty
            return .failed("the next request would pass what this may cost", remedy: "raise its budget_usd")
        }
        return nil
    }

    /// Counts a request that is being sent.
    func reserve(_ id: Int, bytes: Int) {
        usage.calls += 1
        let amount = estimate(bytes: bytes)
        reserved[id] = amount
        reservedSum += amount
        ledger?.reserve(amount)
    }

    /// Counts an answer with its tokens; without them what was reserved counts as spent.
    func settle(_ id: Int, _ reply: TeacherReply?) {
        let reserved = release(id)
        guard let reply, let promptTokens = reply.promptTokens, let completionTokens = reply.completionTokens
        else {
            usage.estimatedReplies += 1
            usage.cost = usage.cost.map { $0 + reserved }
            ledger?.add(reserved)
            return
        }
        if reply.isEstimated { usage.estimatedReplies += 1 }
        usage.promptTokens += promptTokens
        usage.completionTokens += completionTokens
        longestReply = max(longestReply, completionTokens)
        if let price {
            let cost = price.cost(promptTokens: promptTokens, completionTokens: completionTokens)
            usage.cost = usage.cost.map { $0 + cost }
            ledger?.add(cost)
        }
    }

    /// Counts a request that the server turned away: it costs nothing.
    func settleRefused(_ id: Int) { _ = release(id) }

    /// Counts a request without an answer: it may have been paid for, so what was reserved counts as spent.
    func settleUnanswered(_ id: Int) {
        let estimate = release(id)
        usage.cost = usage.cost.map { $0 + estimate }
        ledger?.add(estimate)
    }

    /// Why a batch of requests of so many bytes each may not be handed over; nil if it may.
    func refusal(ofBatch bytes: [Int]) -> LyceumError? {
        if let callBudget, bytes.count > callBudget - usage.calls {
            return .failed(
                "the budget of \(callBudget) calls has \(max(0, callBudget - usage.calls)) left, and these are "
                    + "\(bytes.count) requests; nothing was handed over", remedy: "raise budget_calls")
        }
        guard let budget, let cost = usage.cost else { return nil }
        guard let share = price?.batchShare else {
            return .failed(
                "budget_usd is set, but what a batch costs there is not known",
                remedy:
                    "put \"batch\": 0.5 next to \"models\" in ~/.config/lyceum/prices.json, or use budget_calls"
            )
        }
        let amount = share * bytes.reduce(0) { $0 + estimate(bytes: $1) }
        let spent = cost + reservedSum + batches.values.reduce(0, +)
        guard spent + amount > budget else { return nil }
        return .failed(
            "the budget of \(Self.dollars(budget)) could be passed by these \(bytes.count) requests, which may cost "
                + "up to \(Self.dollars(amount)) (\(Self.dollars(spent)) spent or on its way); nothing was handed over",
            remedy: "raise budget_usd, set max_tokens, or ask for fewer rows")
    }

    /// Counts a batch that is being handed over.
    func reserve(batch: String, bytes: [Int]) {
        usage.calls += bytes.count
        batches[batch] = (price?.batchShare ?? 1) * bytes.reduce(0) { $0 + estimate(bytes: $1) }
    }

    /// Forgets what was reserved for a batch: its replies are there, or it was not handed over.
    func release(batch: String) { batches[batch] = nil }

    /// Counts a reply of a batch.
    func settleBatch(_ reply: TeacherReply) {
        usage.promptTokens += reply.promptTokens ?? 0
        usage.completionTokens += reply.completionTokens ?? 0
        longestReply = max(longestReply, reply.completionTokens ?? 0)
        guard let prompt = reply.promptTokens, let completion = reply.completionTokens else {
            usage.estimatedReplies += 1
            return
        }
        if reply.isEstimated { usage.estimatedReplies += 1 }
        let cost = price.flatMap { $0.batchCost(promptTokens: prompt, completionTokens: completion) }
        // With a reply of unknown price the sum is not known either.
        usage.cost = usage.cost.flatMap { sum in cost.map { sum + $0 } }
    }

    /// About how many tokens a request of so many bytes and its reply will take, for limits by the minute: four
    /// bytes a token, and a reply as long as the mean so far.
    func expectedTokens(bytes: Int) -> Int {
        let replies = usage.calls
        let mean = replies > 0 && usage.completionTokens > 0 ? usage.completionTokens / replies : 256
        return bytes / 4 + min(mean, maximumReply ?? .max)
    }

    /// Counts time.
    func add(seconds: Double) { usage.seconds += seconds }

    private func release(_ id: Int) -> Double {
        let amount = reserved.removeValue(forKey: id) ?? 0
        // Nothing is reserved: no rounding error may stay.
        reservedSum = reserved.isEmpty ? 0 : reservedSum - amount
        ledger?.add(-amount)
        return amount
    }

    private func estimate(bytes: Int) -> Double {
        price?.cost(promptTokens: bytes, completionTokens: maximumReply ?? longestReply) ?? 0
    }

    private static func dollars(_ amount: Double) -> String {
        let cents = (amount * 10_000).rounded() / 10_000
        return "\(cents) USD"
    }
}
