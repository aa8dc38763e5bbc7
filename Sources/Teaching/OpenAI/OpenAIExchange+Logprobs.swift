import LyceumKit

/// How probable a model found the tokens of its reply. Source: OpenAI's API reference, "Create chat completion",
/// `logprobs` and `top_logprobs`.
extension OpenAIExchange {
    /// The tokens that a choice, or a piece of a streamed one, tells of.
    ///
    /// - Returns: nil if it tells of none, or of one that cannot be read: with a token missing, the others would
    ///   stand at the wrong places.
    static func logprobs(_ choice: [String: Value]) -> [TokenLogprob]? {
        guard let places = choice["logprobs"]?.object?["content"]?.list else { return nil }
        let tokens = places.compactMap { place -> TokenLogprob? in
            token(place).map { chosen in
                let top = place.object?["top_logprobs"]?.list ?? []
                return TokenLogprob(chosen.token, chosen.logprob, top: top.compactMap(token))
            }
        }
        return tokens.count == places.count ? tokens : nil
    }

    private static func token(_ place: Value) -> TokenLogprob? {
        guard let token = place.object?["token"]?.string,
            let logprob = place.object?["logprob"]?.number, logprob.isFinite
        else { return nil }
        return TokenLogprob(token, logprob)
    }
}

extension OpenAISettings {
    /// Whether replies are asked for with the probabilities of their tokens.
    var asksForLogprobs: Bool { parameters["logprobs"]?.bool == true }

    /// The fields with what the API wants next to `top_logprobs`. Saying no is like saying nothing: the same question.
    static func completingLogprobs(_ fields: [String: Value]) throws -> [String: Value] {
        var fields = fields
        if fields["top_logprobs"] != nil {
            if fields["logprobs"] == false {
                throw LyceumError.badOption(
                    function: "teacher.open", option: "top_logprobs", expected: "logprobs = true next to it",
                    got: "logprobs = false")
            }
            fields["logprobs"] = true
        }
        if fields["logprobs"] == false { fields["logprobs"] = nil }
        return fields
    }
}
