/// A token of a teacher's reply and how probable the model found it.
public struct TokenLogprob: Sendable, Equatable {
    /// The token, as the server writes it.
    public let token: String
    /// The natural logarithm of its probability; servers write -9999 for one that is too small to tell.
    public let logprob: Double
    /// The most probable tokens at this place, the best first; empty if they were not asked for.
    public let top: [TokenLogprob]

    /// Names a token.
    public init(_ token: String, _ logprob: Double, top: [TokenLogprob] = []) {
        self.token = token
        self.logprob = logprob
        self.top = top
    }

    /// Reads what `value` writes.
    public init?(_ value: Value) {
        guard let fields = value.object, let token = fields["token"]?.string,
            let logprob = fields["logprob"]?.number
        else { return nil }
        self.init(
            token, logprob,
            top: (fields["top"]?.list ?? []).compactMap { place in
                place.object?["token"]?.string.flatMap { token in
                    place.object?["logprob"]?.number.map { TokenLogprob(token, $0) }
                }
            })
    }

    /// The token as data: `{ token, logprob }`, with `top`, a list of the same, if there is one.
    public var value: Value {
        var fields: [String: Value] = ["token": .string(token), "logprob": .number(logprob)]
        if !top.isEmpty { fields["top"] = .list(top.map(\.value)) }
        return .object(fields)
    }
}
