import LyceumKit
import Teaching

/// What a search for a prompt may spend, over all the teachers that it asks.
///
/// Before anything is asked the search sees whether it fits; while it asks, the teachers are held to what is left, so
/// that a reply longer than expected, a request that is sent again or a dearer prompt never passes the budget.
final class SearchBudget {
    /// How many requests, and what they cost in USD.
    struct Amount {
        var calls = 0
        var cost = 0.0

        static func + (a: Amount, b: Amount) -> Amount {
            Amount(calls: a.calls + b.calls, cost: a.cost + b.cost)
        }
    }

    /// A request would have passed the budget.
    struct Spent: Error {}

    /// The most requests; nil for any number.
    let calls: Int?
    /// The most USD; nil for any amount.
    let cost: Double?
    private let teachers: [OpenTeacher]
    private let before: [TeacherUsage]
    /// Requests to teachers that do not count.
    private var uncounted = 0

    init(calls: Int?, cost: Double?, teachers: [OpenTeacher]) {
        self.calls = calls
        self.cost = cost
        // Teachers with one account count once.
        var accounts: Set<ObjectIdentifier> = []
        self.teachers = teachers.filter { accounts.insert(Self.account(of: $0)).inserted }
        before = self.teachers.map(\.usage)
    }

    private static func account(of teacher: OpenTeacher) -> ObjectIdentifier {
        (teacher.teacher as? any LimitedTeacher)?.account ?? ObjectIdentifier(teacher.teacher)
    }

    /// The requests that were sent.
    var spentCalls: Int {
        zip(teachers, before).reduce(uncounted) { $0 + $1.0.usage.calls - $1.1.calls }
    }

    /// What they cost; nil if that is not known.
    var spentCost: Double? {
        zip(teachers, before).reduce(Double?(0)) { sum, pair in
            sum.flatMap { sum in
                pair.0.usage.cost.flatMap { now in pair.1.cost.map { sum + now - $0 } }
            }
        }
    }

    /// What a generation would take, at most as far as anybody can say before.
    func amount(of estimate: GenerationEstimate) -> Amount {
        Amount(
            calls: estimate.calls,
            cost: estimate.high ?? max(estimate.low ?? 0, amount(calls: estimate.calls).cost))
    }

    /// What so many requests would take if they are half as dear again as those until now.
    func amount(calls: Int) -> Amount {
        let mean = spentCalls > 0 ? (spentCost ?? 0) / Double(spentCalls) : 0
        return Amount(calls: calls, cost: 1.5 * mean * Double(calls))
    }

    /// Why so much is not to be asked; nil if it fits.
    func refusal(of amount: Amount) -> String? {
        if let calls, spentCalls + amount.calls > calls { return words(calls: true) }
        if let cost, (spentCost ?? 0) + amount.cost > cost { return words(calls: false) }
        return nil
    }

    private func words(calls isCalls: Bool) -> String {
        isCalls ? "the budget of \(calls ?? 0) calls" : "the budget of \(RunText.money(cost ?? 0)) USD"
    }

    /// Asks, and spends no more than what is left above a reserve.
    ///
    /// - Parameters:
    ///   - reserve: what has to stay for later.
    ///   - asked: what is asked, for teachers that do not count themselves.
    /// - Throws: `Spent` with what ended it in `endedBy`; what `body` throws.
    func spend<T>(keeping reserve: Amount, asking asked: Amount, _ body: () throws -> T) throws -> T {
        let limited = teachers.compactMap { $0.teacher as? any LimitedTeacher }
        let leftCalls = calls.map { $0 - spentCalls - reserve.calls }
        let leftCost = cost.map { $0 - (spentCost ?? 0) - reserve.cost }
        // One teacher is asked at a time, so each may have what is left.
        for teacher in limited where calls != nil || cost != nil {
            teacher.ceiling = SpendingCeiling(
                calls: leftCalls.map { teacher.usage.calls + max($0, 0) },
                cost: leftCost.flatMap { left in teacher.usage.cost.map { $0 + max(left, 0) } })
        }
        defer { for teacher in limited { teacher.ceiling = nil } }
        do {
            let result = try body()
            if limited.isEmpty { uncounted += asked.calls }
            return result
        } catch {
            guard limited.contains(where: \.isAtCeiling) else { throw error }
            endedBy = words(calls: calls.map { spentCalls >= $0 - reserve.calls } ?? false)
            throw Spent()
        }
    }

    /// What refused a request; nil if nothing did.
    private(set) var endedBy: String?
}
