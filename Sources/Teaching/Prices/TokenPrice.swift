/// What a model costs.
struct TokenPrice: Sendable, Equatable {
    /// USD for a million tokens of the question.
    let input: Double
    /// USD for a million tokens of the answer.
    let output: Double

    /// USD for so many tokens.
    func cost(promptTokens: Int, completionTokens: Int) -> Double {
        (Double(promptTokens) * input + Double(completionTokens) * output) / 1_000_000
    }
}
