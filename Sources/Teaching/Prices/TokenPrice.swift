/// What a model costs.
struct TokenPrice: Sendable, Equatable {
    /// USD for a million tokens of the question.
    let input: Double
    /// USD for a million tokens of the answer.
    let output: Double
    /// What a reply of a batch costs, as a share of that; nil if that is not known.
    var batchShare: Double?

    /// USD for so many tokens of a batch; nil if that is not known.
    func batchCost(promptTokens: Int, completionTokens: Int) -> Double? {
        batchShare.map { $0 * cost(promptTokens: promptTokens, completionTokens: completionTokens) }
    }

    /// USD for so many tokens.
    func cost(promptTokens: Int, completionTokens: Int) -> Double {
        (Double(promptTokens) * input + Double(completionTokens) * output) / 1_000_000
    }
}
