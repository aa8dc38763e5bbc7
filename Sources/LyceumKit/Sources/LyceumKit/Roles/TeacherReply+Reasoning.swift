extension TeacherReply {
    /// The reply with what was thought before the answer in `reasoning`.
    public func separatingReasoning() -> TeacherReply {
        let (answer, thought) = Reasoning.separated(text)
        guard let thought else { return self }
        var reply = self
        reply.text = answer
        reply.reasoning = [reasoning, thought].compactMap(\.self).filter { !$0.isEmpty }
            .joined(separator: "\n\n")
        return reply
    }

    /// The reply as it is asked for: with the reasoning apart, or back in the text.
    public func presented(keepingReasoning keeps: Bool) -> TeacherReply {
        if !keeps { return separatingReasoning() }
        guard let reasoning, Reasoning.separated(text).reasoning == nil else { return self }
        var reply = self
        reply.text = "<think>\n\(reasoning)\n</think>\n\n\(text)"
        reply.reasoning = nil
        return reply
    }
}
