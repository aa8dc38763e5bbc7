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
    private let maximumReply: Int?
    private var longestReply = 1024
    private var reserved: [Int: Double] = [:]
    /// The sum of `reserved`.
    private var reservedSum = 0.0

    init(_ settings: OpenAISettings) {
        price = settings.price
        budget = settings.budget
        callBudget = settings.callBudget
        maximumReply = settings.maximumReplyTokens
        usage = TeacherUsage(cost: settings.price.map { _ in 0 })
    }

    /// Forgets reservations of requests that were given up.
    ///
    /// They may have been answered, and so paid for: what was reserved counts as spent.
    func settleAbandoned() {
        for id in Array(reserved.keys) { settleUnanswered(id) }
    }

    /// Why a request of so many bytes may not be sent; nil if it may.
    func refusal(bytes: Int) -> LyceumError? {
        if let callBudget, usage.calls >= callBudget {
            return .failed("the budget of \(callBudget) calls is used up", remedy: "raise budget_calls")
        }
        guard let budget, let cost = usage.cost else { return nil }
        guard cost + reservedSum + estimate(bytes: bytes) > budget else { return nil }
        return .failed(
            "the budget of \(Self.dollars(budget)) would be passed by the next request "
                + "(\(Self.dollars(cost)) spent)", remedy: "raise budget_usd")
    }

    /// Counts a request that is being sent.
    func reserve(_ id: Int, bytes: Int) {
        usage.calls += 1
        let amount = estimate(bytes: bytes)
        reserved[id] = amount
        reservedSum += amount
    }

    /// Counts an answer with the tokens that the server named.
    func settle(_ id: Int, promptTokens: Int?, completionTokens: Int?) {
        let estimate = release(id)
        guard let promptTokens, let completionTokens else {
            usage.unmeteredReplies += 1
            usage.cost = usage.cost.map { $0 + estimate }
            return
        }
        usage.promptTokens += promptTokens
        usage.completionTokens += completionTokens
        longestReply = max(longestReply, completionTokens)
        if let price {
            let cost = price.cost(promptTokens: promptTokens, completionTokens: completionTokens)
            usage.cost = usage.cost.map { $0 + cost }
        }
    }

    /// Counts a request that the server turned away: it costs nothing.
    func settleRefused(_ id: Int) { _ = release(id) }

    /// Counts a request without an answer: it may have been paid for, so what was reserved counts as spent.
    func settleUnanswered(_ id: Int) {
        let estimate = release(id)
        usage.cost = usage.cost.map { $0 + estimate }
    }

    /// About how many tokens a request of so many bytes and its reply will take, for limits by the minute: four
    /// bytes a token, and a reply as long as the mean so far.
    func expectedTokens(bytes: Int) -> Int {
        let replies = usage.calls - usage.unmeteredReplies
        let mean = replies > 0 && usage.completionTokens > 0 ? usage.completionTokens / replies : 256
        return bytes / 4 + min(mean, maximumReply ?? .max)
    }

    /// Counts time.
    func add(seconds: Double) { usage.seconds += seconds }

    private func release(_ id: Int) -> Double {
        let amount = reserved.removeValue(forKey: id) ?? 0
        // Nothing is reserved: no rounding error may stay.
        reservedSum = reserved.isEmpty ? 0 : reservedSum - amount
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
