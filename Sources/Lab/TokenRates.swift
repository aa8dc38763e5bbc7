/// How many tokens a model's questions and replies have taken so far.
public struct TokenRates: Sendable, Equatable {
    /// The replies that were looked at.
    public let replies: Int
    /// Tokens of a question for each byte of its messages (`SentRequest.messageBytes`).
    public let promptTokensPerByte: Double
    /// The length of a reply which one in ten falls short of, in tokens.
    public let shortReply: Int
    /// The mean length of a reply, in tokens.
    public let meanReply: Double
    /// The length of a reply which one in ten goes beyond, in tokens.
    public let longReply: Int

    /// Reckons rates.
    ///
    /// - Parameters:
    ///   - promptTokens: of all questions together.
    ///   - messageBytes: of all questions together.
    ///   - completionTokens: of each reply.
    /// - Returns: nil without replies.
    init?(promptTokens: Int, messageBytes: Int, completionTokens: [Int]) {
        let sorted = completionTokens.sorted()
        guard let longest = sorted.last, messageBytes > 0 else { return nil }
        replies = sorted.count
        promptTokensPerByte = Double(promptTokens) / Double(messageBytes)
        meanReply = Double(sorted.reduce(0, +)) / Double(sorted.count)
        shortReply = sorted[sorted.count / 10]
        longReply = sorted.count * 9 / 10 < sorted.count ? sorted[sorted.count * 9 / 10] : longest
    }
}
