import LyceumKit

/// What the tokens "re: " and the question are given.
package func logprobContent(_ text: String) -> Value {
    func place(_ token: String, _ logprob: Double) -> Value {
        ["token": .string(token), "logprob": .number(logprob), "bytes": []]
    }
    return .list(
        [("re: ", -0.5), (text, -0.25)].map { token, logprob in
            var fields = place(token, logprob).object ?? [:]
            fields["top_logprobs"] = [place(token, logprob), place("other", -2)]
            return .object(fields)
        })
}

/// Answers with logprobs if asked to, as OpenAI does.
package func logprobServer(knowsThem: Bool = true) throws -> LoopbackServer {
    try LoopbackServer { request in
        let text = (try? question(request)) ?? "?"
        let body = (try? JSON.decode(request.body, name: ""))?.object ?? [:]
        guard knowsThem, body["logprobs"] == true,
            var document = (try? JSON.decode(completion("re: " + text), name: ""))?.object,
            var choice = document["choices"]?.list?.first?.object
        else { return LoopbackServer.Reply(200, completion("re: " + text)) }
        choice["logprobs"] = ["content": logprobContent(text)]
        document["choices"] = [.object(choice)]
        return LoopbackServer.Reply(200, JSON.encode(.object(document)))
    }
}
