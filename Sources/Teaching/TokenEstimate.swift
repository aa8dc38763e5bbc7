import LyceumKit

extension TeacherReply {
    /// The reply with its tokens estimated by the length of the texts, and marked so, if the server did not say
    /// them.
    ///
    /// English text takes about four bytes a token, and each message a few tokens of its own; other scripts and code
    /// take more. What a budget books is then near the truth, and not the most that it could be.
    ///
    /// - Parameter messages: the question.
    public func estimated(asking messages: [ChatMessage]) -> TeacherReply {
        if promptTokens != nil, completionTokens != nil { return self }
        var reply = self
        reply.isEstimated = true
        reply.promptTokens =
            promptTokens ?? messages.reduce(3) { $0 + 4 + Self.tokens(ofBytes: $1.content.utf8.count) }
        reply.completionTokens = completionTokens ?? Self.tokens(ofBytes: text.utf8.count)
        return reply
    }

    private static func tokens(ofBytes bytes: Int) -> Int { (bytes + 3) / 4 }
}
