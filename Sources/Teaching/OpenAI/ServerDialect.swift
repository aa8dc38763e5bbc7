import LyceumKit

/// What one kind of server does otherwise than OpenAI's own: where it is, where its key is, which names it has for
/// things. A kind of teacher each: `teacher.open { "ollama", … }`.
public struct ServerDialect: Sendable {
    /// How questions and answers are written.
    enum Wire: Sendable {
        /// OpenAI's chat completions.
        case chatCompletions
        /// Anthropic's Messages API.
        case messages
    }

    /// Which option a reply's greatest length is sent under.
    enum LengthName: Sendable {
        case asGiven
        case maxTokens
        case maxCompletionTokens
    }

    /// The kind under which it is opened.
    public let kind: String
    /// One line for `teacher.list()`.
    public let summary: String
    let wire: Wire
    /// Where it is, unless base_url says otherwise.
    let baseURL: String?
    /// The environment variable that says where it is.
    let baseVariable: String?
    /// What is put behind the address of that variable.
    let basePath: String
    /// The environment variable of its key.
    let keyVariable: String
    /// The header that carries the key; nil for "Authorization: Bearer".
    let keyHeader: String?
    /// Whether it may be asked without a key wherever it is.
    let needsKey: Bool
    let lengthName: LengthName
    /// Whether it understands `stream_options`, which asks for the usage of a streamed reply.
    let streamsUsage: Bool

    private init(
        _ kind: String, _ summary: String, wire: Wire = .chatCompletions, baseURL: String?,
        baseVariable: String? = nil, basePath: String = "", keyVariable: String, keyHeader: String? = nil,
        needsKey: Bool = true, lengthName: LengthName, streamsUsage: Bool = true
    ) {
        self.kind = kind
        self.summary = summary
        self.wire = wire
        self.baseURL = baseURL
        self.baseVariable = baseVariable
        self.basePath = basePath
        self.keyVariable = keyVariable
        self.keyHeader = keyHeader
        self.needsKey = needsKey
        self.lengthName = lengthName
        self.streamsUsage = streamsUsage
    }

    /// OpenAI, and any server that speaks as it does.
    public static let openAI = ServerDialect(
        "openai", "a language model behind an OpenAI-compatible API", baseURL: "https://api.openai.com/v1",
        baseVariable: "OPENAI_BASE_URL", keyVariable: "OPENAI_API_KEY", lengthName: .asGiven)

    /// Anthropic's Messages API.
    public static let anthropic = ServerDialect(
        "anthropic", "a language model behind Anthropic's Messages API", wire: .messages,
        baseURL: "https://api.anthropic.com/v1", baseVariable: "ANTHROPIC_BASE_URL", basePath: "/v1",
        keyVariable: "ANTHROPIC_API_KEY", keyHeader: "x-api-key", lengthName: .maxTokens)

    /// Every kind.
    public static let all: [ServerDialect] = [
        openAI, anthropic,
        ServerDialect(
            "azure", "Azure OpenAI; `model` is the deployment's name", baseURL: nil,
            baseVariable: "AZURE_OPENAI_ENDPOINT", basePath: "/openai/v1",
            keyVariable: "AZURE_OPENAI_API_KEY",
            keyHeader: "api-key", lengthName: .maxCompletionTokens),
        ServerDialect(
            "ollama", "an Ollama server, on this machine unless base_url says otherwise",
            baseURL: "http://localhost:11434/v1", keyVariable: "OLLAMA_API_KEY", needsKey: false,
            lengthName: .maxTokens),
        ServerDialect(
            "llama.cpp", "llama.cpp's server, on this machine unless base_url says otherwise",
            baseURL: "http://localhost:8080/v1", keyVariable: "LLAMA_API_KEY", needsKey: false,
            lengthName: .maxTokens),
        ServerDialect(
            "vllm", "a vLLM server, on this machine unless base_url says otherwise",
            baseURL: "http://localhost:8000/v1", keyVariable: "VLLM_API_KEY", needsKey: false,
            lengthName: .maxTokens),
        ServerDialect(
            "openrouter", "OpenRouter's collection of models", baseURL: "https://openrouter.ai/api/v1",
            keyVariable: "OPENROUTER_API_KEY", lengthName: .maxTokens),
    ]

    /// What stands at the end of the address of a server of this kind.
    var path: String { wire == .messages ? "/messages" : "/chat/completions" }

    /// The options, under the names that this kind of server has for them.
    func named(_ parameters: [String: Value], isOpenAI: Bool) -> [String: Value] {
        var fields = parameters
        let given = fields["max_completion_tokens"] ?? fields["max_tokens"]
        // OpenAI's own newer models refuse the older name, and its older ones know the newer.
        switch isOpenAI ? .maxCompletionTokens : lengthName {
        case .asGiven: break
        case .maxTokens:
            fields["max_completion_tokens"] = nil
            fields["max_tokens"] = given
        case .maxCompletionTokens:
            fields["max_tokens"] = nil
            fields["max_completion_tokens"] = given
        }
        if wire == .messages {
            fields["stop_sequences"] = fields.removeValue(forKey: "stop")
            // The API insists on a greatest length.
            if given == nil { fields["max_tokens"] = 4096 }
        }
        return fields
    }
}
