import LyceumKit
import Teaching

/// What a workshop would ask, and what that would cost; what is not known is said, and never counted as nothing.
public struct WorkshopEstimate {
    /// Questions that are left to ask.
    public let calls: Int
    /// Answers that the lab has.
    public let reused: Int
    /// Questions to the judges; nil without one.
    public let judgeCalls: Int?
    /// What the teachers whose price is known cost at least, in USD.
    public let low: Double
    /// What all of them cost at most, in USD; nil if that is not known.
    public let high: Double?
    /// The teachers whose budgets are the most that is known, because a reply of theirs may be of any length.
    let budgeted: [String]
    /// The teachers whose replies may be of any length, and that have no budget.
    let unbounded: [String]
    /// The teachers without a price, on other machines and on this one.
    let unpriced: (elsewhere: [String], here: [String])
    /// Whether anything has a price.
    let hasPrices: Bool

    /// Adds up what each teacher would be asked.
    ///
    /// - Parameters:
    ///   - variants: one a variant, with who answers.
    ///   - judges: one a judge.
    public init(
        variants: [(teacher: OpenTeacher, estimate: GenerationEstimate)],
        judges: [(teacher: OpenTeacher, estimate: GenerationEstimate)]
    ) {
        calls = variants.reduce(0) { $0 + $1.estimate.calls }
        reused = variants.reduce(0) { $0 + $1.estimate.reused }
        judgeCalls = judges.isEmpty ? nil : judges.reduce(0) { $0 + $1.estimate.calls }
        var (low, high, hasPrices) = (0.0, Double?(0), false)
        var (budgeted, unbounded, elsewhere, here): ([String], [String], [String], [String]) = (
            [], [], [], []
        )
        for account in Self.accounts((variants + judges).filter { $0.estimate.calls > 0 }) {
            let teacher = account.teacher.teacher
            if teacher is any EmbeddedTeacher { continue }
            guard let metered = teacher as? any MeteredTeacher else {
                here.append(teacher.name)
                continue
            }
            // What costs nothing has no bound to know.
            if metered.cost(promptTokens: 1_000_000, completionTokens: 1_000_000) == 0 { continue }
            let name = metered.name
            guard let least = Self.sum(account.estimates.map(\.low)) else {
                if metered.isOnThisMachine { here.append(name) } else { elsewhere.append(name) }
                continue
            }
            hasPrices = true
            low += least
            let most = Self.sum(account.estimates.map(\.high))
            if most == nil {
                if metered.budgetLeft == nil { unbounded.append(name) } else { budgeted.append(name) }
            }
            let bound = [most, metered.budgetLeft].compactMap(\.self).min()
            high = high.flatMap { sum in bound.map { sum + max($0, 0) } }
        }
        self.low = low
        self.high = elsewhere.isEmpty && here.isEmpty ? high.map { max($0, low) } : nil
        (self.budgeted, self.unbounded) = (budgeted, unbounded)
        unpriced = (elsewhere, here)
        self.hasPrices = hasPrices
    }

    /// The estimates of each account: teachers that share one have one budget.
    private static func accounts(_ shares: [(teacher: OpenTeacher, estimate: GenerationEstimate)])
        -> [(teacher: OpenTeacher, estimates: [GenerationEstimate])]
    {
        var order: [ObjectIdentifier] = []
        var found: [ObjectIdentifier: (teacher: OpenTeacher, estimates: [GenerationEstimate])] = [:]
        for share in shares {
            let account =
                (share.teacher.teacher as? any LimitedTeacher)?.account
                ?? ObjectIdentifier(share.teacher.teacher)
            if found[account] == nil { order.append(account) }
            found[account, default: (share.teacher, [])].estimates.append(share.estimate)
        }
        return order.compactMap { found[$0] }
    }

    /// What is not known of one is not known of all.
    private static func sum(_ amounts: [Double?]) -> Double? {
        amounts.reduce(Double?(0)) { sum, amount in sum.flatMap { sum in amount.map { sum + $0 } } }
    }

    // MARK: words

    /// Everything in a line.
    public var text: String {
        [
            "\(calls) \(calls == 1 ? "question" : "questions") to ask", "\(reused) answers reused",
            judgeCalls.map { "\($0) questions to the judge" }, money,
        ].compactMap(\.self).joined(separator: ", ")
    }

    /// What it costs, in words.
    var money: String {
        var parts: [String] = []
        if !unbounded.isEmpty {
            parts.append("at least \(RunText.money(low)) USD; the most is not known: \(whyUnbounded)")
        } else if hasPrices, !unpriced.elsewhere.isEmpty || !unpriced.here.isEmpty {
            parts.append("at least \(RunText.money(low)) USD")
        } else if hasPrices, let high {
            parts.append("\(RunText.money(low)) to \(RunText.money(high)) USD")
        }
        if unbounded.isEmpty, !budgeted.isEmpty {
            parts.append(
                "the most is what is left of budget_usd, because \(Self.list(budgeted)) has no max_tokens")
        }
        let names = unpriced.elsewhere + unpriced.here
        if !names.isEmpty { parts.append("the price of \(Self.list(names)) is not known") }
        return parts.isEmpty ? "no cost" : parts.joined(separator: "; ")
    }

    private var whyUnbounded: String {
        "\(Self.list(unbounded)) has no max_tokens, so a reply may be of any length"
    }

    private static func list(_ names: [String]) -> String {
        var seen: Set<String> = []
        return names.filter { seen.insert($0).inserted }.joined(separator: ", ")
    }

    /// Why it should be asked first whether to go on, and what makes the question needless; nil if it need not be.
    ///
    /// A server on this machine may be asked for nothing, whether or not it has a price.
    ///
    /// - Parameter most: USD that may be spent without a question.
    public func doubt(most: Double) -> (reason: String, remedy: String)? {
        if calls + (judgeCalls ?? 0) == 0 { return nil }
        if !unbounded.isEmpty {
            return (
                "what this costs at most is not known (at least \(RunText.money(low)) USD): \(whyUnbounded)",
                "open the teacher with max_tokens, or with budget_usd as the most that it may cost"
            )
        }
        if !unpriced.elsewhere.isEmpty {
            return (
                "what this costs is not known: there is no price for \(Self.list(unpriced.elsewhere))",
                "open the teacher with price_in and price_out (0 for one that costs nothing)"
            )
        }
        let known = high ?? low
        guard known > most else { return nil }
        return (
            "this may cost \(RunText.money(known)) USD, more than confirm_usd (\(RunText.money(most)))",
            "give confirm_usd = \(RunText.money(known.rounded(.up)))"
        )
    }
}
