import LyceumKit

/// A reply that has just arrived, to be kept.
public struct NewReply: Sendable, Equatable {
    /// What was asked.
    public let request: ReplyRequest
    /// What came back.
    public let reply: TeacherReply
    /// What it cost, in USD; nil if the price is not known.
    public let cost: Double?

    /// Pairs a request with its reply.
    public init(request: ReplyRequest, reply: TeacherReply, cost: Double?) {
        self.request = request
        self.reply = reply
        self.cost = cost
    }
}

/// A reply that is kept in the lab.
public struct StoredReply: Sendable, Equatable, Identifiable {
    /// Its number in the lab.
    public let id: Int
    /// What came back.
    public let reply: TeacherReply
    /// What it cost, in USD; nil if the price is not known.
    public let cost: Double?
    /// When it was stored.
    public let created: Timestamp
}

/// What replies have cost.
public struct Spending: Sendable, Equatable {
    /// Replies, each counted once however often it was used.
    public let replies: Int
    /// Tokens of the questions, as far as the server said.
    public let promptTokens: Int
    /// Tokens of the answers, as far as the server said.
    public let completionTokens: Int
    /// The sum of the known costs, in USD; nil if none is known.
    public let cost: Double?
    /// Replies whose price is not known: the true cost is higher by theirs.
    public let unpriced: Int
}
