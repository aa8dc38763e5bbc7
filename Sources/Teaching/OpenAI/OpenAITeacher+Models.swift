extension OpenAITeacher {
    /// The models whose prices are known, sorted; a server may have others.
    public static var pricedModels: [String] { TokenPrice.openAI.keys.sorted() }
}
