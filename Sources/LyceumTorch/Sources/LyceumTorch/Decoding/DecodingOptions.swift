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
    /// Hypotheses kept; 1 is greedy.
    public var numBeams = 1
    /// The power of the length that scores are divided by.
    public var lengthPenalty = 1.0
    /// When a beam search ends.
    public var earlyStopping = EarlyStopping.heuristic
    /// No n-gram of this size occurs twice; 0 is off.
    public var noRepeatNgramSize = 0

    /// The defaults.
    public init() {}

    /// Reads checked options.
    public init(_ options: Options) throws {
        maxNewTokens = try options.int("max_new_tokens")
        minNewTokens = try options.int("min_new_tokens")
        numBeams = try options.int("num_beams")
        lengthPenalty = try options.double("length_penalty")
        noRepeatNgramSize = try options.int("no_repeat_ngram_size")
        switch options.values["early_stopping"] {
        case nil, .bool(false)?: earlyStopping = .heuristic
        case .bool(true)?: earlyStopping = .whenFull
        case .string("never")?: earlyStopping = .never
        case let other?:
            throw LyceumError.badOption(
                function: options.function, option: "early_stopping", expected: "true, false or 'never'",
                got: other.text)
        }
        if minNewTokens > maxNewTokens {
            throw LyceumError.badOption(
                function: options.function, option: "min_new_tokens",
                expected: "at most max_new_tokens (\(maxNewTokens))",
                got: String(minNewTokens))
        }
    }

    /// The declarations, for an architecture's `generationOptions`.
    public static func declarations(maxNewTokens: Int = 64) -> [OptionDeclaration] {
        [
            .integer(
                "max_new_tokens", default: maxNewTokens, in: 1...65536, unit: "tokens",
                "the most tokens to write"),
            .integer(
                "min_new_tokens", default: 0, in: 0...65536, unit: "tokens", "the fewest tokens to write"),
            .integer("num_beams", default: 1, in: 1...256, "hypotheses kept in beam search; 1 is greedy"),
            .number(
                "length_penalty", default: 1, in: -100...100,
                "a beam's score is divided by its length to this power: above 0 favours long texts"),
            OptionDeclaration(
                "early_stopping", kind: .object("boolean or 'never'"), default: .bool(false),
                doc:
                    "when beam search ends: true when num_beams texts are finished, false by heuristic, 'never' when "
                    + "none can win any more"),
            .integer(
                "no_repeat_ngram_size", default: 0, in: 0...1024,
                "no n-gram of this size occurs twice; 0 is off"),
        ]
    }
}
