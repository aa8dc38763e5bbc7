import LyceumKit

extension OpenAITeacher {
    /// The options of `teacher.open { "openai", … }` and of the other kinds of servers.
    public static let options = options(of: .openAI)

    /// The options of a kind of server.
    public static func options(of dialect: ServerDialect) -> [OptionDeclaration] {
        place(dialect) + (dialect.wire == .messages ? messagesOptions : completionOptions) + shared
            + RequestLimits.options
    }

    /// Options of other kinds that a kind of server cannot have, with why.
    public static func optionsLacking(in dialect: ServerDialect) -> [String: String] {
        if dialect.wire == .chatCompletions { return [:] }
        let reason = "Anthropic's API has no logprobs"
        return ["logprobs": reason, "top_logprobs": reason]
    }

    private static func place(_ dialect: ServerDialect) -> [OptionDeclaration] {
        let places = [dialect.baseVariable, dialect.baseURL].compactMap { $0 }
        return [
            .string("model", required: true, "the model, as the server names it"),
            .string(
                "base_url",
                places.isEmpty
                    ? "the server's address"
                    : "the server's address; else " + places.joined(separator: ", else ")),
            .string(
                "api_key", "the key; better left to the environment variable \(dialect.keyVariable)"),
        ]
    }

    private static let completionOptions: [OptionDeclaration] = [
        .number("temperature", default: nil, in: 0...2, "sampling temperature; 0 is nearly greedy"),
        .number("top_p", default: nil, in: 0...1, "the share of probability the model chooses among"),
        .integer(
            "max_tokens", default: nil, in: 1...10_000_000, unit: "tokens",
            "the longest reply; one that is cut there counts as failed"),
        .integer(
            "max_completion_tokens", default: nil, in: 1...10_000_000, unit: "tokens",
            "the same, as newer OpenAI models call it; sent under the name that the server knows"),
        .integer("seed", default: nil, "asks for repeatable replies; sample n is asked with seed + n"),
        .list("stop", of: .string, "texts at which the reply ends"),
        .number(
            "frequency_penalty", default: nil, in: -2...2,
            "penalises tokens in proportion to how often they have appeared"),
        .number("presence_penalty", default: nil, in: -2...2, "penalises tokens that have already appeared"),
        OptionDeclaration("logit_bias", kind: .table, doc: "token id = what is added to its logit"),
        .boolean(
            "logprobs", default: nil,
            "asks how probable the tokens of each reply were: teacher:generate adds a column <output>_logprobs, "
                + "lists of { token, logprob }"),
        .integer(
            "top_logprobs", default: nil, in: 0...20,
            "the same with the most probable tokens of each place: { token, logprob, top = { { token, logprob } } }"
        ),
        .string("reasoning_effort", "reasoning effort: none, minimal, low, medium, high"),
        .string("verbosity", "verbosity of newer OpenAI models: low, medium, high"),
        .string("service_tier", "service tier: auto, default, flex, priority"),
        .string("user", "a name for whoever asks, for the server's own records"),
        OptionDeclaration(
            "response_format", kind: .table,
            doc: "as the API takes it: { type = \"json_object\" }; `schema` does more"),
    ]

    private static let messagesOptions: [OptionDeclaration] = [
        .number("temperature", default: nil, in: 0...1, "sampling temperature; 0 is nearly greedy"),
        .number("top_p", default: nil, in: 0...1, "the share of probability the model chooses among"),
        .integer("top_k", default: nil, in: 1...1_000_000, "the number of tokens the model chooses among"),
        .integer(
            "max_tokens", default: 4096, in: 1...10_000_000, unit: "tokens",
            "the longest reply; one that is cut there counts as failed"),
        .list("stop", of: .string, "texts at which the reply ends"),
        .string("service_tier", "service tier: auto, standard_only"),
        OptionDeclaration("metadata", kind: .table, doc: "as the API takes it: { user_id = \"…\" }"),
        OptionDeclaration(
            "thinking", kind: .table, doc: "as the API takes it: { type = \"enabled\", budget_tokens = 2048 }"
        ),
    ]

    private static let shared: [OptionDeclaration] = [
        .string("system", "a system message before prompts that have none"),
        .choice(
            "system_role", ["system", "developer", "user"], default: "system",
            "how system messages are sent; \"user\" puts them before the first question, for models without a "
                + "system role"),
        OptionDeclaration(
            "schema", kind: .table,
            doc:
                "what each reply must be, a JSON Schema or { label = { \"libs\", \"doc\" }, score = \"number\" }: asked for, "
                + "checked, and asked for once more if it does not fit; in words where the server refuses the field for it; see dataset:unpack"
        ),
        .choice(
            "reasoning", ["separate", "keep"], default: "separate",
            "what a reasoning model wrote before its answer (<think>…</think>): taken into the field `reasoning`, or "
                + "kept in the text"),
        OptionDeclaration(
            "extra_body", kind: .table,
            doc: "anything else that this server takes, sent as it is: { top_k = 40, min_p = 0.05 }"),
        .number("budget_usd", default: nil, in: 0...1e15, "budget of this teacher, in USD"),
        .integer("budget_calls", default: nil, in: 0...Int(1e15), "maximum number of requests"),
        .number("price_in", default: nil, in: 0...1e15, "USD for a million tokens of questions"),
        .number("price_out", default: nil, in: 0...1e15, "USD for a million tokens of replies"),
    ]

    /// The options that are sent to the server under their own names.
    static let sentOptions: Set<String> = [
        "temperature", "top_p", "top_k", "max_tokens", "max_completion_tokens", "stop", "frequency_penalty",
        "presence_penalty", "logit_bias", "reasoning_effort", "verbosity", "service_tier", "user",
        "response_format", "metadata", "thinking", "logprobs", "top_logprobs",
    ]
}
