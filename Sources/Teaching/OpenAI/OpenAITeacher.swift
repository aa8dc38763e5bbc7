import LyceumKit

/// A language model behind an OpenAI-compatible API: chat completions over HTTP.
///
/// Works with OpenAI and with every server that speaks its dialect (vLLM, llama.cpp, Ollama, LM Studio, …).
/// Many requests are on their way at once; those that a busy server turned away are sent again. Source of the
/// policy: openai-python, `_base_client.py`.
public final class OpenAITeacher: MeteredTeacher, GroupTeacher {
    /// The options of `teacher.open { "openai", … }`.
    public static let options = requestOptions + RequestLimits.options

    private static let requestOptions: [OptionDeclaration] = [
        .string("model", required: true, "the model, as the server names it"),
        .string(
            "base_url", "the server's address; else OPENAI_BASE_URL, else https://api.openai.com/v1"),
        .string("api_key", "the key; better left to the environment variable OPENAI_API_KEY"),
        .number("temperature", default: nil, in: 0...2, "how freely the model chooses; 0 is nearly greedy"),
        .number("top_p", default: nil, in: 0...1, "the share of probability the model chooses among"),
        .integer(
            "max_tokens", default: nil, in: 1...10_000_000, unit: "tokens",
            "the longest reply; one that is cut there counts as failed"),
        .integer(
            "max_completion_tokens", default: nil, in: 1...10_000_000, unit: "tokens",
            "the same, as newer OpenAI models call it"),
        .integer("seed", default: nil, "asks for repeatable replies; sample n is asked with seed + n"),
        .list("stop", of: .string, "texts at which the reply ends"),
        .string("system", "a system message before prompts that have none"),
        .number("budget_usd", default: nil, in: 0...1e15, "the most that this teacher may cost, in USD"),
        .integer("budget_calls", default: nil, in: 0...Int(1e15), "the most requests it may send"),
        .number("price_in", default: nil, in: 0...1e15, "USD for a million tokens of questions"),
        .number("price_out", default: nil, in: 0...1e15, "USD for a million tokens of replies"),
    ]

    /// The kind under which it is opened.
    public let kind = "openai"
    /// The model.
    public var name: String { settings.model }
    /// What it has used since it was opened.
    public var usage: TeacherUsage { meter.usage }

    private let settings: OpenAISettings
    private let client: HTTPClient
    private let meter: OpenAIMeter
    private let pacer: RequestPacer

    /// Opens a teacher; nothing is sent yet.
    ///
    /// - Parameters:
    ///   - options: checked against `OpenAITeacher.options`.
    ///   - environment: where OPENAI_API_KEY, OPENAI_BASE_URL, OPENAI_ORG_ID and OPENAI_PROJECT_ID are.
    /// - Throws: `LyceumError`: no key, no such address, a budget without a price.
    public init(
        _ options: Options, environment: ((String) -> String?)? = nil
    ) throws {
        settings = try OpenAISettings(options, environment: environment ?? processEnvironment)
        client = try HTTPClient(connections: settings.limits.concurrency)
        pacer = RequestPacer(settings.limits, at: Uptime.now)
        meter = OpenAIMeter(settings)
    }

    /// What is sent for a request, the key excepted.
    public func sent(_ request: TeacherRequest) -> SentRequest? {
        OpenAIExchange(settings: settings).sent(request)
    }

    /// What so many tokens cost, in USD; nil if the price is not known.
    public func cost(promptTokens: Int, completionTokens: Int) -> Double? {
        settings.price?.cost(promptTokens: promptTokens, completionTokens: completionTokens)
    }

    /// Model, server, parameters, limits; never the key.
    public var card: [(name: String, value: String)] {
        var rows = [("model", settings.model), ("server", settings.address.display)]
        rows += settings.parameters.sorted { $0.key < $1.key }.map { ($0.key, $0.value.text) }
        if let seed = settings.seed { rows.append(("seed", String(seed))) }
        rows += settings.limits.card
        if let price = settings.price {
            rows.append(("price", "\(price.input) in, \(price.output) out (USD per million tokens)"))
        }
        if let budget = settings.budget { rows.append(("budget", "\(budget) USD")) }
        if let calls = settings.callBudget { rows.append(("budget", "\(calls) calls")) }
        return rows
    }

    /// Asks the server; see `Teacher.answer(_:job:receive:)`.
    public func answer(
        _ requests: [TeacherRequest], job: Job,
        receive: (_ index: Int, _ result: Result<TeacherReply, any Error>) throws -> Void
    ) throws {
        try answer(requests, job: job) { for (index, result) in $0 { try receive(index, result) } }
    }

    /// Asks the server and hands over together what arrived together.
    func answer(
        _ requests: [TeacherRequest], job: Job, receiveGroup: ([GroupAnswer]) throws -> Void
    ) throws {
        let run = OpenAIRun(
            requests, settings: settings, client: client, meter: meter, pacer: pacer, job: job)
        defer { run.finish() }
        while let answers = try run.step() {
            if !answers.isEmpty { try receiveGroup(answers) }
        }
    }
}
