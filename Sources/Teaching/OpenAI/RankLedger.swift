import LyceumKit
import Synchronization

/// What a teacher has spent and reserved on all ranks together: numbers in the store that the ranks share, so that a
/// budget holds for all of them.
///
/// Ranks run one script, so the same teacher is opened as the same one in a row on each.
final class RankLedger {
    private static let opened = Mutex(0)

    private let group: any RankGroup
    private let key: String
    /// Reserved for a request that was allowed and has not been counted yet.
    private var held = 0.0

    /// Nil for a process that runs alone.
    init?() {
        guard let group = Ranks.group else { return nil }
        self.group = group
        key = Self.opened.withLock { count in
            count += 1
            return "budget/\(count)"
        }
    }

    /// Money in the store's whole numbers: billionths of a dollar, rounded up.
    private static func units(_ dollars: Double) -> Int { Int(clamping: Int64((dollars * 1e9).rounded(.up))) }

    /// Whether a request that may cost so much still fits; what it may cost is then reserved.
    func holds(_ amount: Double, within budget: Double) -> Bool {
        add(amount - held)
        held = amount
        if spent <= budget { return true }
        add(-held)
        held = 0
        return false
    }

    /// Counts a request that is being sent.
    func reserve(_ amount: Double) {
        add(amount - held)
        held = 0
        _ = try? group.add(1, to: key + "/calls")
    }

    /// Adds to what is spent or reserved.
    func add(_ amount: Double) {
        if amount != 0 { _ = try? group.add(Self.units(amount), to: key) }
    }

    /// Dollars spent and reserved by all ranks.
    var spent: Double { Double((try? group.add(0, to: key)) ?? 0) / 1e9 }

    /// Requests sent by all ranks.
    var calls: Int { (try? group.add(0, to: key + "/calls")) ?? 0 }
}
