import LyceumKit

/// A reply that was paid for: kept in the lab, or about to be.
public struct StoredReply: Sendable, Equatable {
    /// Its number in the lab; nil if it is not there.
    public let id: Int?
    /// What came back.
    public let reply: TeacherReply
    /// What it cost, in USD; nil if the price is not known.
    public let cost: Double?
    /// When it came.
    public let created: Timestamp

    /// Describes a reply; without a number it has just arrived.
    public init(_ reply: TeacherReply, cost: Double?, id: Int? = nil, created: Timestamp = .now) {
        self.id = id
        self.reply = reply
        self.cost = cost
        self.created = created
    }
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
