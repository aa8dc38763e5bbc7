import Glibc
import HTTP
import LyceumKit

/// The checked options of an OpenAI-compatible teacher.
struct OpenAISettings: Sendable {
    let dialect: ServerDialect
    let model: String
    let address: ServerAddress
    let key: Secret?
    let organization: String?
    let project: String?
    /// The fields of a request's body besides the messages, the model and the seed.
    private(set) var parameters: [String: Value]
    private(set) var seed: Int?
    let system: String?
    /// As what system messages are sent.
    let systemRole: String
    /// What replies must be; nil for any text.
    let structure: StructuredReply?
    /// Whether reasoning before the answer stays in its text.
    let keepsReasoning: Bool
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
    init(_ options: Options, dialect: ServerDialect = .openAI, environment: (String) -> String?) throws {
        func fromEnvironment(_ name: String) -> String? {
            environment(name).flatMap { $0.isEmpty ? nil : $0 }
        }
        self.dialect = dialect
        model = try options.string("model")
        address = try ServerAddress(
            base: try Self.base(options, dialect, fromEnvironment), path: dialect.path,
            function: Self.function)
        let own = try Self.ownServers(dialect, fromEnvironment)
        let mayHaveKeys = try NetworkPolicy.current.check(address, own: own)
        key = try Self.key(
            options.optionalString("api_key")
                ?? (mayHaveKeys ? fromEnvironment(dialect.keyVariable) : nil), address, dialect)
        let isOpenAI = dialect.kind == ServerDialect.openAI.kind && mayHaveKeys
        organization = try Self.headerValue(
            isOpenAI ? fromEnvironment("OPENAI_ORG_ID") : nil, named: "OPENAI_ORG_ID")
        project = try Self.headerValue(
            isOpenAI ? fromEnvironment("OPENAI_PROJECT_ID") : nil, named: "OPENAI_PROJECT_ID")
        let named = dialect.named(
            options.values.filter { OpenAITeacher.sentOptions.contains($0.key) }, isOpenAI: address.isOpenAI)
        structure = try options.values["schema"].map { StructuredReply(schema: try JSONSchema($0)) }
        var fields = try Self.completingLogprobs(
            Self.adding(options.values["extra_body"]?.object ?? [:], to: named))
        if let structure {
            if options.isGiven("response_format") {
                throw LyceumError.badOption(
                    function: Self.function, option: "response_format", expected: "no schema next to it",
                    got: "both")
            }
            if dialect.wire == .chatCompletions { fields["response_format"] = structure.responseFormat }
        }
        parameters = fields
        Self.rememberSecrets(in: .object(fields))
        keepsReasoning = options.optionalString("reasoning") == "keep"
        systemRole = options.optionalString("system_role") ?? "system"
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

    /// The settings with other parameters of requests, for one call.
    ///
    /// - Parameter options: checked against `OpenAITeacher.callOptions`.
    func adjusted(_ options: Options) throws -> OpenAISettings {
        var copy = self
        let given = options.values.filter { options.isGiven($0.key) }
        let named = dialect.named(
            given.filter { OpenAITeacher.sentOptions.contains($0.key) }, isOpenAI: address.isOpenAI)
        // The longest reply has two names, of which a request has one.
        let limits = ["max_tokens", "max_completion_tokens"]
        if limits.contains(where: { named[$0] != nil }) { for name in limits { copy.parameters[name] = nil } }
        copy.parameters = try Self.completingLogprobs(copy.parameters.merging(named) { _, new in new })
        copy.seed = given["seed"]?.integer ?? seed
        return copy
    }

    /// The most tokens that a reply may have, if that was said.
    var maximumReplyTokens: Int? {
        parameters["max_completion_tokens"]?.integer ?? parameters["max_tokens"]?.integer
    }

    private static func price(
        _ options: Options, model: String, address: ServerAddress, _ environment: (String) -> String?
    ) throws -> TokenPrice? {
        switch (options.optionalDouble("price_in"), options.optionalDouble("price_out")) {
        case (let input?, let output?):
            let share = try PriceList.current(environment).batchShare(at: address.display)
            return TokenPrice(input: input, output: output, batchShare: share)
        case (nil, nil): return try PriceList.current(environment).price(of: model, at: address.display)
        case (_?, nil), (nil, _?):
            throw LyceumError.failed(
                "teacher.open: one of price_in and price_out is missing", remedy: "give both")
        }
    }

    /// The servers that the keys of the environment are meant for: the provider's, and the one that the
    /// environment names.
    private static func ownServers(
        _ dialect: ServerDialect, _ fromEnvironment: (String) -> String?
    ) throws -> [ServerAddress] {
        let bases = [dialect.baseURL, dialect.baseVariable.flatMap(fromEnvironment)].compactMap(\.self)
        return bases.compactMap { try? ServerAddress(base: $0, path: "", function: function) }
    }

    /// Keys that stand in the fields of requests must not be shown either, wherever a server repeats them.
    private static func rememberSecrets(in value: Value) {
        if let elements = value.list { elements.forEach(rememberSecrets) }
        for (name, field) in value.object ?? [:] {
            if let text = field.string, Secrets.isSecret(name: name) { Secrets.remember(text) }
            rememberSecrets(in: field)
        }
    }

    private static func base(
        _ options: Options, _ dialect: ServerDialect, _ fromEnvironment: (String) -> String?
    ) throws -> String {
        if let base = options.optionalString("base_url") { return base }
        if let variable = dialect.baseVariable, var base = fromEnvironment(variable) {
            while base.hasSuffix("/") { base.removeLast() }
            return base.hasSuffix(dialect.basePath) ? base : base + dialect.basePath
        }
        if let base = dialect.baseURL { return base }
        throw LyceumError.failed(
            "teacher.open: the address of the \(dialect.kind) server is not known",
            remedy: "set \(dialect.baseVariable ?? "base_url") or the option base_url")
    }

    /// The fields of a request with those that only this server knows.
    ///
    /// - Throws: `LyceumError.badOption` for what Lyceum itself decides.
    private static func adding(_ extra: [String: Value], to named: [String: Value]) throws -> [String: Value]
    {
        if let taken = ["messages", "model", "stream", "n"].first(where: { extra[$0] != nil }) {
            throw LyceumError.badOption(
                function: function, option: "extra_body", expected: "fields that Lyceum does not send itself",
                got: "'\(taken)'")
        }
        return named.merging(extra) { _, extra in extra }
    }

    private static func key(
        _ text: String?, _ address: ServerAddress, _ dialect: ServerDialect
    ) throws -> Secret? {
        guard let text = text?.trimmed, !text.isEmpty else {
            if address.isLoopback || !dialect.needsKey { return nil }
            let variable = dialect.keyVariable
            throw LyceumError.failed(
                "teacher.open: no API key for \(address.display)",
                remedy: "set the environment variable \(variable) (export \(variable)=…) or the option "
                    + "api_key; a server on this machine (base_url = \"http://localhost:…\") needs none")
        }
        guard text.utf8.allSatisfy({ (0x21...0x7E).contains($0) }) else {
            throw LyceumError.failed(
                "teacher.open: the API key holds white space or other characters that no key has",
                remedy: "check \(dialect.keyVariable) or the option api_key")
        }
        return Secret(text, header: dialect.keyHeader)
    }

    private static func headerValue(_ text: String?, named name: String) throws -> String? {
        guard let text else { return nil }
        guard text.utf8.allSatisfy({ (0x21...0x7E).contains($0) }) else {
            throw LyceumError.failed("teacher.open: \(name) holds white space", remedy: "unset or correct it")
        }
        return text
    }
}
