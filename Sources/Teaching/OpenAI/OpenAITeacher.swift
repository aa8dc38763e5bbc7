import HTTP
import LyceumKit

/// A language model behind an OpenAI-compatible API or Anthropic's: chat completions over HTTP.
///
/// Works with OpenAI and with every server that speaks a dialect of its API (`ServerDialect`).
/// Many requests are on their way at once; those that a busy server turned away are sent again. Source of the
/// policy: openai-python, `_base_client.py`.
public final class OpenAITeacher: LimitedTeacher, GroupTeacher, AdjustableTeacher {
    /// The kind under which it is opened.
    public var kind: String { settings.dialect.kind }
    /// The model.
    public var name: String { settings.model }
    /// What it has used since it was opened.
    public var usage: TeacherUsage { meter.usage }

    /// What it may come to have used; `adjusted` teachers share it.
    public var ceiling: SpendingCeiling? {
        get { meter.ceiling }
        set { meter.ceiling = newValue }
    }
    /// Whether a request was refused because of the ceiling since it was set.
    public var isAtCeiling: Bool { meter.isAtCeiling }
    /// What counts.
    public var account: ObjectIdentifier { ObjectIdentifier(meter) }

    let settings: OpenAISettings
    let client: HTTPClient
    let meter: OpenAIMeter
    private let pacer: RequestPacer
    /// Whether the server has refused the field for the structure of replies, which words ask for since.
    private var asksInWords = false
    /// Whether the server has answered as an API: from then on a page or an empty body is a passing fault.
    var hasAnswered = false

    /// Opens a teacher; nothing is sent yet.
    ///
    /// - Parameters:
    ///   - options: checked against `OpenAITeacher.options(of:)`.
    ///   - dialect: the kind of server.
    ///   - environment: where keys and addresses are (OPENAI_API_KEY, OPENAI_BASE_URL, …).
    /// - Throws: `LyceumError`: no key, no such address, a budget without a price.
    public init(
        _ options: Options, dialect: ServerDialect = .openAI, environment: ((String) -> String?)? = nil
    ) throws {
        settings = try OpenAISettings(
            options, dialect: dialect, environment: environment ?? Environment.value)
        client = try HTTPClient(connections: settings.limits.concurrency)
        pacer = RequestPacer(settings.limits, at: Uptime.now)
        meter = OpenAIMeter(settings)
    }

    /// The same teacher, with the same connections, limits and budget, and other parameters of its requests.
    private init(_ other: OpenAITeacher, settings: OpenAISettings) {
        self.settings = settings
        client = other.client
        pacer = other.pacer
        meter = other.meter
        asksInWords = other.asksInWords
        hasAnswered = other.hasAnswered
    }

    /// The options that one call may set otherwise than the teacher was opened with.
    public var callOptions: [OptionDeclaration] {
        let fixed: Set<String> = ["response_format", "user", "metadata"]
        return Self.options(of: settings.dialect).filter { option in
            option.name == "seed" || (Self.sentOptions.contains(option.name) && !fixed.contains(option.name))
        }.map { option in
            OptionDeclaration(
                option.name, kind: option.kind, default: nil, range: option.range, unit: option.unit,
                doc: option.doc)
        }
    }

    /// The same teacher for one call with other parameters; it counts into the same budget.
    public func adjusted(_ options: Options) throws -> any Teacher {
        OpenAITeacher(self, settings: try settings.adjusted(options))
    }

    /// What is sent for a request, the key excepted.
    public func sent(_ request: TeacherRequest) -> SentRequest? {
        OpenAIExchange(settings: settings).sent(request)
    }

    /// What so many tokens cost, in USD; nil if the price is not known.
    public func cost(promptTokens: Int, completionTokens: Int) -> Double? {
        settings.price?.cost(promptTokens: promptTokens, completionTokens: completionTokens)
    }

    /// What is left of budget_usd; nil without it.
    public var budgetLeft: Double? { meter.budgetLeft }

    /// Whether its server is this machine.
    public var isOnThisMachine: Bool { settings.address.isLoopback }

    /// Model, server, parameters, limits; never the key.
    public var card: [(name: String, value: String)] {
        var rows = [("model", settings.model), ("server", settings.address.display)]
        rows += Secrets.redacted(settings.parameters).sorted { $0.key < $1.key }.map {
            ($0.key, $0.value.text)
        }
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
        guard let structure = settings.structure else {
            return try run(requests, job: job, receiveGroup: receiveGroup)
        }
        try answer(requests, structure, job: job, receiveGroup: receiveGroup)
    }

    func run(
        _ requests: [TeacherRequest], job: Job, receiveGroup: ([GroupAnswer]) throws -> Void
    ) throws {
        meter.maximumReply = settings.maximumReplyTokens
        let run = OpenAIRun(
            requests, settings: settings, client: client, meter: meter, pacer: pacer, job: job,
            asksInWords: asksInWords, isKnown: hasAnswered)
        defer {
            asksInWords = run.asksInWords
            hasAnswered = run.isKnown
            run.finish()
        }
        while let answers = try run.step() {
            if !answers.isEmpty { try receiveGroup(answers) }
        }
    }
}
