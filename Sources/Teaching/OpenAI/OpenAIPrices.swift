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

    /// OpenAI's own list prices for uncached, unbatched requests, as published in April 2025.
    ///
    /// Exact names only: dated snapshots of a model have had other prices. Options `price_in` and `price_out`
    /// go before this table.
    static let openAI: [String: TokenPrice] = [
        "gpt-4o": TokenPrice(input: 2.50, output: 10.00),
        "gpt-4o-mini": TokenPrice(input: 0.15, output: 0.60),
        "gpt-4.1": TokenPrice(input: 2.00, output: 8.00),
        "gpt-4.1-mini": TokenPrice(input: 0.40, output: 1.60),
        "gpt-4.1-nano": TokenPrice(input: 0.10, output: 0.40),
    ]
}
