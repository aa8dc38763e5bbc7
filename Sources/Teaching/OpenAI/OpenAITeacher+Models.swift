extension OpenAITeacher {
    /// The models whose prices are known, sorted; a server may have others.
    public static var pricedModels: [String] { PriceList.builtIn.models(at: "api.openai.com") }
}
