/// A steady allowance of so many units a minute, as an option sets it.
///
/// At most a second's worth is spent at once, so that no minute sees more than the limit and that. An amount
/// beyond it is let through when the allowance is full, and leaves a debt. Times are seconds on any one clock.
struct Allowance {
    private let perSecond: Double
    private let burst: Double
    private var level: Double
    private var updated: Double

    /// Makes a full allowance.
    init(perMinute: Double, at now: Double) {
        perSecond = perMinute / 60
        burst = max(1, perSecond)
        level = burst
        updated = now
    }

    /// How long an amount has to wait, in seconds; 0 if it need not.
    func wait(for amount: Double, at now: Double) -> Double {
        max(0, (min(amount, burst) - level(at: now)) / perSecond)
    }

    /// Spends an amount.
    mutating func spend(_ amount: Double, at now: Double) {
        level = level(at: now) - amount
        updated = max(now, updated)
    }

    /// Takes back what was spent too much; negative if it was too little.
    mutating func giveBack(_ amount: Double) { level = min(level + amount, burst) }

    private func level(at now: Double) -> Double {
        min(burst, level + max(0, now - updated) * perSecond)
    }
}

/// What a server said is left of one of its limits.
///
/// Between two answers it is reckoned on: less by what was sent, more by what comes back with time.
struct ServerAllowance {
    private let remaining: Double
    /// The whole limit, if the server told it.
    private let limit: Double?
    /// What comes back in a second; nil if the server did not tell.
    private let perSecond: Double?
    /// When all of it is back.
    private let reset: Double?
    private let read: Double
    /// The units sent, in all, when the answered request was sent: what was sent since is not in `remaining`.
    private let sentBefore: Double

    /// Reads what an answer's header says about a limit; nil if it says nothing that makes sense.
    ///
    /// - Parameters:
    ///   - headers: by lower-case name.
    ///   - unit: "requests" or "tokens".
    ///   - now: of the clock that the waits are reckoned on, in seconds.
    ///   - sentBefore: the units that had been sent in all, that request's included.
    init?(_ headers: [String: String], unit: String, at now: Double, sentBefore: Double) {
        func field(_ what: String) -> String? {
            headers["x-ratelimit-\(what)-\(unit)"] ?? headers["anthropic-ratelimit-\(unit)-\(what)"]
        }
        func number(_ what: String) -> Double? {
            field(what).flatMap(Double.init).flatMap { $0.isFinite && $0 >= 0 ? $0 : nil }
        }
        guard let remaining = number("remaining") else { return nil }
        let limit = number("limit").flatMap { $0 > 0 ? $0 : nil }
        let pause = field("reset").flatMap { ResetTime.seconds($0) }
        if let limit, let pause, pause > 0, limit > remaining {
            perSecond = (limit - remaining) / pause
        } else {
            perSecond = limit.map { $0 / 60 }
        }
        // Nothing to reckon with: neither when it comes back nor how fast.
        if perSecond == nil, pause == nil { return nil }
        self.remaining = remaining
        self.limit = limit
        self.sentBefore = sentBefore
        read = now
        // A limit of the day resets in hours; trying now and then costs one refused request.
        reset = pause.map { now + min($0, Self.longestWait) }
    }

    /// How long an amount has to wait, in seconds; 0 if it need not.
    ///
    /// - Parameter sent: the units sent in all by now.
    func wait(for amount: Double, at now: Double, sent: Double) -> Double {
        if let reset, now >= reset { return 0 }
        let passed = max(0, now - read)
        let level = remaining - (sent - sentBefore) + passed * (perSecond ?? 0)
        let missing = min(amount, limit ?? amount) - level
        if missing <= 0 { return 0 }
        let untilBack = perSecond.map { missing / $0 }
        let untilReset = reset.map { $0 - now }
        return min(untilBack ?? Self.longestWait, untilReset ?? Self.longestWait, Self.longestWait)
    }

    private static let longestWait = 60.0
}
