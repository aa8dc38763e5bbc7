import LyceumKit

/// How texts are generated, by transformers' names and with its defaults (except `max_new_tokens`).
public struct DecodingOptions: Sendable {
    /// When a beam search ends.
    public enum EarlyStopping: Sendable {
        /// When no running beam looks as if it could still win; transformers' `False`.
        case heuristic
        /// As soon as `num_beams` texts are finished; `True`.
        case whenFull
        /// Only when no running beam can win any more; `"never"`.
        case never
    }

    /// The most tokens to write.
    public var maxNewTokens = 64
    /// The fewest tokens to write.
    public var minNewTokens = 0
    /// Hypotheses kept; 1 keeps one text.
    public var numBeams = 1
    /// The power of the length that scores are divided by.
    public var lengthPenalty = 1.0
    /// When a beam search ends.
    public var earlyStopping = EarlyStopping.heuristic
    /// No n-gram of this size occurs twice; 0 is off.
    public var noRepeatNgramSize = 0
    /// Scores of tokens that were written are divided by this if positive, multiplied if negative; 1 is off.
    public var repetitionPenalty = 1.0
    /// Whether tokens are drawn instead of taking the most probable ones.
    public var doSample = false
    /// Scores are divided by this before a draw.
    public var temperature = 1.0
    /// A draw is among so many most probable tokens; 0 is off.
    public var topK = 50
    /// A draw is among the most probable tokens that together have this probability.
    public var topP = 1.0
    /// Fixes the draws.
    public var seed = 42
    /// Texts for each source.
    public var numReturnSequences = 1
    /// The token that a text must begin with.
    public var forcedBOS: Int?
    /// Tokens of which one must stand at the end of a text of `maxNewTokens`.
    public var forcedEOS: [Int] = []
    /// Sequences of tokens that must not occur.
    public var badWords: [[Int]] = []
    /// Tokens that must not occur.
    public var suppressed: [Int] = []
    /// Tokens that must not be the first of a text (the second, if the first is forced).
    public var suppressedAtBegin: [Int] = []
    /// The token that texts follow; nil leaves it to the network.
    public var startID: Int?
    /// The tokens that end a text; none leaves it to the network.
    public var endIDs: [Int] = []

    /// The defaults.
    public init() {}

    /// Reads checked options.
    ///
    /// - Parameters:
    ///   - options: what the user asks for.
    ///   - configuration: what the checkpoint says where the user says nothing.
    /// - Throws: `LyceumError.badOption` for options that do not fit together.
    public init(
        _ options: Options, configuration: GenerationConfiguration = GenerationConfiguration()
    ) throws {
        func value(_ name: String) -> Value? { options.values[name] ?? configuration.options[name] }
        func integers(_ value: Value?) -> [Int] { value?.list?.compactMap(\.integer) ?? [] }
        numBeams = value("num_beams")?.integer ?? numBeams
        lengthPenalty = value("length_penalty")?.number ?? lengthPenalty
        noRepeatNgramSize = value("no_repeat_ngram_size")?.integer ?? noRepeatNgramSize
        repetitionPenalty = value("repetition_penalty")?.number ?? repetitionPenalty
        doSample = value("do_sample")?.bool ?? doSample
        temperature = value("temperature")?.number ?? temperature
        topK = value("top_k")?.integer ?? topK
        topP = value("top_p")?.number ?? topP
        seed = value("seed")?.integer ?? seed
        numReturnSequences = value("num_return_sequences")?.integer ?? numReturnSequences
        forcedBOS = value("forced_bos_token_id")?.integer
        forcedEOS = (value("forced_eos_token_id")?.integer).map { [$0] } ?? []
        badWords = value("bad_words_ids")?.list?.map(integers) ?? []
        suppressed = integers(value("suppress_tokens"))
        suppressedAtBegin = integers(value("begin_suppress_tokens"))
        startID = configuration.startID
        endIDs = configuration.endIDs
        switch value("early_stopping") {
        case nil, .bool(false)?: earlyStopping = .heuristic
        case .bool(true)?: earlyStopping = .whenFull
        case .string("never")?: earlyStopping = .never
        case let other?:
            throw LyceumError.badOption(
                function: options.function, option: "early_stopping", expected: "true, false or 'never'",
                got: other.text)
        }
        readLengths(options.values, configuration.options)
        try check(options)
    }

    /// The lengths of `_prepare_generated_length`: new tokens count before all tokens, and a user's before a
    /// checkpoint's. All tokens are one more, the decoder's start.
    private mutating func readLengths(_ given: [String: Value], _ configured: [String: Value]) {
        for values in [configured, given] {
            if let length = values["max_new_tokens"]?.integer
                ?? values["max_length"]?.integer.map({ $0 - 1 })
            {
                maxNewTokens = max(1, length)
            }
            if let length = values["min_new_tokens"]?.integer
                ?? values["min_length"]?.integer.map({ $0 - 1 })
            {
                minNewTokens = max(0, length)
            }
        }
        // 20 is transformers' default: it takes a checkpoint that says so to mean 20 new tokens.
        let isDefault = configured["max_length"] == 20 && configured["max_new_tokens"] == nil
        if isDefault, given["max_new_tokens"] == nil, given["max_length"] == nil { maxNewTokens = 20 }
    }

    private func check(_ options: Options) throws {
        func bad(_ option: String, _ expected: String, _ got: String) -> LyceumError {
            .badOption(function: options.function, option: option, expected: expected, got: got)
        }
        // A checkpoint's minimum gives way to a user's maximum.
        for name in ["min_new_tokens", "min_length"]
        where options.isGiven(name) && minNewTokens > maxNewTokens {
            let maximum =
                name == "min_length" ? "max_length (\(maxNewTokens + 1))" : "max_new_tokens (\(maxNewTokens))"
            throw bad(name, "at most \(maximum)", options.values[name]?.text ?? "")
        }
        guard temperature > 0 || !doSample else {
            throw bad(
                "temperature", "more than 0 (leave do_sample out to take the most probable tokens)", "0")
        }
        guard repetitionPenalty > 0 else { throw bad("repetition_penalty", "more than 0", "0") }
        if !doSample, let name = ["temperature", "top_k", "top_p"].first(where: options.isGiven) {
            throw bad(name, "do_sample = true beside it", "do_sample = false")
        }
        if numReturnSequences > 1, numBeams == 1, !doSample {
            throw bad(
                "num_return_sequences",
                "1, or num_beams of as many, or do_sample = true: greedy search has one text",
                String(numReturnSequences))
        }
        if numReturnSequences > numBeams, numBeams > 1 {
            throw bad("num_return_sequences", "at most num_beams (\(numBeams))", String(numReturnSequences))
        }
        if badWords.contains(where: \.isEmpty) {
            throw bad("bad_words_ids", "lists of token ids that are not empty", "an empty list")
        }
    }

    /// Throws if a token that must or must not be written is none.
    ///
    /// - Throws: `LyceumError.invalid`.
    func check(vocabulary: Int) throws {
        let named: [(String, [Int])] = [
            ("forced_bos_token_id", forcedBOS.map { [$0] } ?? []), ("forced_eos_token_id", forcedEOS),
            ("bad_words_ids", badWords.flatMap { $0 }), ("suppress_tokens", suppressed),
            ("begin_suppress_tokens", suppressedAtBegin),
            ("decoder_start_token_id", startID.map { [$0] } ?? []),
            ("eos_token_id", endIDs),
        ]
        for (name, ids) in named {
            guard let id = ids.first(where: { !(0..<vocabulary).contains($0) }) else { continue }
            throw LyceumError.invalid(
                name, expected: "token ids below the vocabulary's \(vocabulary)", got: String(id), remedy: nil
            )
        }
    }
}
