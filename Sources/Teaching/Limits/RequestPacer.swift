/// Decides how many requests are on their way at once, and when the next may be sent.
///
/// The options are the upper bounds. Below them the server decides: by what its headers say is left, and by
/// turning requests away, which halves the number at once; every round of answers raises it by one again
/// (additive increase, multiplicative decrease: Chiu and Jain 1989, as in TCP).
///
/// It lives as long as its teacher: a minute's limit does not begin again with each call. Times are seconds on any
/// one clock, so that it can be tested without waiting.
final class RequestPacer {
    /// What is remembered of a request that was sent.
    struct Ticket {
        fileprivate let number: Int
        /// What its question and reply were expected to take.
        fileprivate let tokens: Double
        /// The tokens sent in all, this request's included.
        fileprivate let tokensSent: Double
    }

    /// The most requests at once, now.
    var concurrency: Int { Int(clamped: allowed) }

    private let maximum: Double
    private var allowed: Double
    /// Requests up to this one were sent before the number was halved: they say nothing about the new number.
    private var lastHalved = 0

    private var requests: Allowance?
    private var tokens: Allowance?
    private var serverRequests: ServerAllowance?
    private var serverTokens: ServerAllowance?
    /// Of the request whose header was read last.
    private var lastRead = 0
    private var sent = 0
    private var tokensSent = 0.0

    init(_ limits: RequestLimits, at now: Double) {
        maximum = Double(limits.concurrency)
        allowed = maximum
        requests = limits.requestsPerMinute.map { Allowance(perMinute: $0, at: now) }
        tokens = limits.tokensPerMinute.map { Allowance(perMinute: $0, at: now) }
    }

    /// How long a request of about so many tokens has to wait, in seconds; 0 if it may be sent.
    func wait(tokens count: Int, at now: Double) -> Double {
        let count = Double(count)
        return max(
            requests?.wait(for: 1, at: now) ?? 0, tokens?.wait(for: count, at: now) ?? 0,
            serverRequests?.wait(for: 1, at: now, sent: Double(sent)) ?? 0,
            serverTokens?.wait(for: count, at: now, sent: tokensSent) ?? 0)
    }

    /// Counts a request of about so many tokens that is being sent.
    func send(tokens count: Int, at now: Double) -> Ticket {
        sent += 1
        tokensSent += Double(count)
        requests?.spend(1, at: now)
        tokens?.spend(Double(count), at: now)
        return Ticket(number: sent, tokens: Double(count), tokensSent: tokensSent)
    }

    /// Takes in what an answer's header says, whatever its status.
    func read(_ headers: [String: String], of ticket: Ticket, at now: Double) {
        // The answer to a later request knows more.
        guard ticket.number > lastRead else { return }
        let forRequests = ServerAllowance(
            headers, unit: "requests", at: now, sentBefore: Double(ticket.number))
        let forTokens = ServerAllowance(headers, unit: "tokens", at: now, sentBefore: ticket.tokensSent)
        guard forRequests != nil || forTokens != nil else { return }
        lastRead = ticket.number
        if let forRequests { serverRequests = forRequests }
        if let forTokens { serverTokens = forTokens }
    }

    /// Counts an answer: the server can take a little more.
    ///
    /// - Parameter used: the tokens that question and reply took; nil if the server did not say.
    func succeed(_ ticket: Ticket, tokens used: Int?) {
        if let used { tokens?.giveBack(ticket.tokens - Double(used)) }
        allowed = min(maximum, allowed + 1 / allowed)
    }

    /// Halves the number at once because the server turned a request away.
    ///
    /// - Returns: the new number; nil if the request was sent before the last halving and so told nothing new.
    func turnedAway(_ ticket: Ticket) -> Int? {
        // It took no tokens, whatever was expected.
        tokens?.giveBack(ticket.tokens)
        guard ticket.number > lastHalved else { return nil }
        lastHalved = sent
        allowed = max(1, (allowed / 2).rounded(.down))
        return concurrency
    }
}
