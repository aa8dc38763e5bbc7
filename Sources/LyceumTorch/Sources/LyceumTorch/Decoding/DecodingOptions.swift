import LyceumKit

/// How texts are generated, by transformers' names and with its defaults (except `max_new_tokens`).
///
/// None declares its default: what a user leaves out is the checkpoint's generation_config.json to say, and only then
/// the value that the text names.
public struct DecodingOptions: Settings {
    /// The most tokens to write.
    @Setting(
        "max_new_tokens", in: 1...65536, unit: "tokens", declaresDefault: false,
        "maximum number of new tokens; 64 unless the checkpoint says")
    public var maxNewTokens = 64
    /// The fewest tokens to write.
    @Setting(
        "min_new_tokens", in: 0...65536, unit: "tokens", declaresDefault: false,
        "minimum number of new tokens; 0")
    public var minNewTokens = 0
    @Setting(
        "max_length", in: 1...65536, unit: "tokens",
        "the same as max_new_tokens + 1, which counts before it")
    private var maxLength: Int?
    @Setting(
        "min_length", in: 0...65536, unit: "tokens",
        "the same as min_new_tokens + 1, which counts before it")
    private var minLength: Int?
    /// Texts for each source.
    @Setting(
        "num_return_sequences", in: 1...256, unit: "texts", declaresDefault: false,
        "texts for each input, the best first; 1")
    public var numReturnSequences = 1
    /// Hypotheses kept; 1 keeps one text.
    @Setting(
        "num_beams", in: 1...256, declaresDefault: false, "hypotheses kept in beam search; 1 is none")
    public var numBeams = 1
    /// The power of the length that scores are divided by.
    @Setting(
        "length_penalty", in: -100...100, declaresDefault: false,
        "a beam's score is divided by its length to this power: above 0 favours long texts; 1")
    public var lengthPenalty = 1.0
    /// When a beam search ends.
    @Setting(
        "early_stopping", declaresDefault: false,
        "when beam search ends: true when num_beams texts are finished, false by heuristic, 'never' when none can win "
            + "any more; false")
    public var earlyStopping = EarlyStopping.heuristic
    /// Whether tokens are drawn instead of taking the most probable ones.
    @Setting("do_sample", declaresDefault: false, "whether tokens are sampled by their probability; false")
    public var doSample = false
    /// Scores are divided by this before a draw.
    @Setting(
        "temperature", in: 0...1000, declaresDefault: false,
        "scores are divided by this before a draw: below 1 the probable become more so; 1")
    public var temperature = 1.0
    /// A draw is among so many most probable tokens; 0 is off.
    @Setting(
        "top_k", in: 0...1_000_000, declaresDefault: false,
        "a draw is among so many most probable tokens; 0 is off; 50")
    public var topK = 50
    /// A draw is among the most probable tokens that together have this probability.
    @Setting(
        "top_p", in: 0...1, declaresDefault: false,
        "a draw is among the most probable tokens that together have this probability; 1")
    public var topP = 1.0
    /// Fixes the draws.
    @Setting("seed", declaresDefault: false, "seed of sampling, whatever the batch_size; 42")
    public var seed = 42
    /// No n-gram of this size occurs twice; 0 is off.
    @Setting(
        "no_repeat_ngram_size", in: 0...1024, declaresDefault: false,
        "no n-gram of this size occurs twice; 0 is off")
    public var noRepeatNgramSize = 0
    /// Scores of tokens that were written are divided by this if positive, multiplied if negative; 1 is off.
    @Setting(
        "repetition_penalty", in: 1e-6...100, declaresDefault: false,
        "scores of tokens already written are divided by this if positive, else multiplied; 1 is off")
    public var repetitionPenalty = 1.0
    /// The most tokens that greedy search guesses at once from the source; 0 guesses none. The texts are the same.
    @Setting(
        "prompt_lookup_num_tokens", in: 0...64, unit: "tokens", declaresDefault: false,
        "the most tokens of the input that greedy search tries at once where a text follows it; never changes the text, "
            + "0 is off; 7")
    public var lookupTokens = 7
    /// The token that a text must begin with.
    @Setting("forced_bos_token_id", in: 0...Int(Int32.max), "the id that a text must begin with")
    public var forcedBOS: Int?
    /// The token that must stand at the end of a text of `maxNewTokens`.
    @Setting("forced_eos_token_id", in: 0...Int(Int32.max), "the id that must end a text of max_new_tokens")
    public var forcedEOS: Int?
    /// Sequences of tokens that must not occur.
    @Setting("bad_words_ids", "sequences of ids that must not occur")
    public var badWords: [[Int]] = []
    /// Tokens that must not occur.
    @Setting("suppress_tokens", "ids that must not occur")
    public var suppressed: [Int] = []
    /// Tokens that must not be the first of a text (the second, if the first is forced).
    @Setting("begin_suppress_tokens", "ids that must not come first")
    public var suppressedAtBegin: [Int] = []

    /// The token that texts follow; nil leaves it to the network.
    public var startID: Int?
    /// The tokens that end a text; none leaves it to the network.
    public var endIDs: [Int] = []

    /// The defaults.
    public init() {}

    /// Reads checked options.
    ///
    /// - Throws: `LyceumError.badOption` for options that do not fit together.
    public init(_ options: Options) throws {
        try self.init(options, configuration: GenerationConfiguration())
    }

    /// Reads checked options.
    ///
    /// - Parameters:
    ///   - options: what the user asks for.
    ///   - configuration: what the checkpoint says where the user says nothing.
    /// - Throws: `LyceumError.badOption` for options that do not fit together.
    public init(_ options: Options, configuration: GenerationConfiguration) throws {
        try self.init(options, otherwise: configuration.options)
        startID = configuration.startID
        endIDs = configuration.endIDs
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
        if !doSample, let name = ["temperature", "top_k", "top_p"].first(where: options.isGiven) {
            throw bad(name, "do_sample = true next to it", "do_sample = false")
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
            ("forced_bos_token_id", forcedBOS.map { [$0] } ?? []),
            ("forced_eos_token_id", forcedEOS.map { [$0] } ?? []),
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
