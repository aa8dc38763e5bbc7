import Glibc
import LyceumKit

/// The checked options of an OpenAI-compatible teacher.
struct OpenAISettings: Sendable {
    let model: String
    let address: ServerAddress
    let key: Secret?
    let organization: String?
    let project: String?
    /// The fields of a request's body besides the messages, the model and the seed.
    let parameters: [String: Value]
    let seed: Int?
    let system: String?
    let limits: RequestLimits
    /// The most USD that this teacher may cost in its life.
    let budget: Double?
    /// The most requests that it may send in its life.
    let callBudget: Int?
    let price: TokenPrice?

    private static let function = "teacher.open"

    /// Reads options and, where they are silent, the environment.
    ///
    /// - Throws: `LyceumError` for an address, a key or a budget that cannot be.
    init(_ options: Options, environment: (String) -> String?) throws {
        func fromEnvironment(_ name: String) -> String? {
            environment(name).flatMap { $0.isEmpty ? nil : $0 }
        }
        model = try options.string("model")
        let base =
            options.optionalString("base_url") ?? fromEnvironment("OPENAI_BASE_URL")
            ?? "https://api.openai.com/v1"
        address = try ServerAddress(base: base, function: Self.function)
        key = try Self.key(options.optionalString("api_key") ?? fromEnvironment("OPENAI_API_KEY"), address)
        organization = try Self.headerValue(fromEnvironment("OPENAI_ORG_ID"), named: "OPENAI_ORG_ID")
        project = try Self.headerValue(fromEnvironment("OPENAI_PROJECT_ID"), named: "OPENAI_PROJECT_ID")
        let passedOn = ["temperature", "top_p", "max_tokens", "max_completion_tokens", "stop"]
        parameters = options.values.filter { passedOn.contains($0.key) }
        seed = options.optionalInt("seed")
        system = options.optionalString("system")
        limits = try RequestLimits(options)
        budget = options.optionalDouble("budget_usd")
        callBudget = options.optionalInt("budget_calls")
        price = try Self.price(options, model: model, address: address, environment)
        if budget != nil, price == nil {
            throw LyceumError.failed(
                "teacher.open: budget_usd is set, but the price of '\(model)' at \(address.display) is not known",
                remedy: "give price_in and price_out in USD per million tokens, put them into "
                    + "~/.config/lyceum/prices.json, or use budget_calls")
        }
    }

    /// The most tokens that a reply may have, if that was said.
    var maximumReplyTokens: Int? {
        parameters["max_completion_tokens"]?.integer ?? parameters["max_tokens"]?.integer
    }

    private static func price(
        _ options: Options, model: String, address: ServerAddress, _ environment: (String) -> String?
    ) throws -> TokenPrice? {
        switch (options.optionalDouble("price_in"), options.optionalDouble("price_out")) {
        case (let input?, let output?): return TokenPrice(input: input, output: output)
        case (nil, nil): return try PriceList.current(environment).price(of: model, at: address.display)
        case (_?, nil), (nil, _?):
            throw LyceumError.failed(
                "teacher.open: one of price_in and price_out is missing", remedy: "give both")
        }
    }

    private static func key(_ text: String?, _ address: ServerAddress) throws -> Secret? {
        guard let text = text?.trimmed, !text.isEmpty else {
            if address.isLoopback { return nil }
            throw LyceumError.failed(
                "teacher.open: no API key for \(address.display)",
                remedy: "set the environment variable OPENAI_API_KEY (export OPENAI_API_KEY=…) or the option "
                    + "api_key; a server on this machine (base_url = \"http://localhost:…\") needs none")
        }
        guard text.utf8.allSatisfy({ (0x21...0x7E).contains($0) }) else {
            throw LyceumError.failed(
                "teacher.open: the API key holds white space or other characters that no key has",
                remedy: "check OPENAI_API_KEY or the option api_key")
        }
        return Secret(text)
    }

    private static func headerValue(_ text: String?, named name: String) throws -> String? {
        guard let text else { return nil }
        guard text.utf8.allSatisfy({ (0x21...0x7E).contains($0) }) else {
            throw LyceumError.failed("teacher.open: \(name) holds white space", remedy: "unset or correct it")
        }
        return text
    }
}

/// What the process's environment says.
func processEnvironment(_ name: String) -> String? { getenv(name).map { String(cString: $0) } }
