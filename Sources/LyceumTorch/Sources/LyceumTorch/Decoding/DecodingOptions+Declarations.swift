import LyceumKit

extension DecodingOptions {
    /// The declarations, for an architecture's `generationOptions`.
    ///
    /// None has a default of its own: what a user leaves out is the checkpoint's generation_config.json to say, and
    /// only then the value that the text names.
    public static func declarations() -> [OptionDeclaration] {
        let tokens = OptionDeclaration.Kind.list(.integer)
        return lengths + beams + sampling + [
            .integer(
                "no_repeat_ngram_size", default: nil, in: 0...1024,
                "no n-gram of this size occurs twice; 0 is off"),
            .number(
                "repetition_penalty", default: nil, in: 0...100,
                "scores of tokens already written are divided by this if positive, else multiplied; 1 is off"),
            .integer(
                "forced_bos_token_id", default: nil, in: 0...Int(Int32.max),
                "the id that a text must begin with"),
            .integer(
                "forced_eos_token_id", default: nil, in: 0...Int(Int32.max),
                "the id that must end a text of max_new_tokens"),
            .list("bad_words_ids", of: tokens, "sequences of ids that must not occur"),
            .list("suppress_tokens", of: .integer, "ids that must not occur"),
            .list("begin_suppress_tokens", of: .integer, "ids that must not come first"),
        ]
    }

    private static var lengths: [OptionDeclaration] {
        [
            .integer(
                "max_new_tokens", default: nil, in: 1...65536, unit: "tokens",
                "the most tokens to write; 64 unless the checkpoint says"),
            .integer(
                "min_new_tokens", default: nil, in: 0...65536, unit: "tokens", "the fewest tokens to write; 0"
            ),
            .integer(
                "max_length", default: nil, in: 1...65536, unit: "tokens",
                "the same as max_new_tokens + 1, which counts before it"),
            .integer(
                "min_length", default: nil, in: 0...65536, unit: "tokens",
                "the same as min_new_tokens + 1, which counts before it"),
            .integer(
                "num_return_sequences", default: nil, in: 1...256, unit: "texts",
                "texts for each input, the best first; 1"),
        ]
    }

    private static var beams: [OptionDeclaration] {
        [
            .integer("num_beams", default: nil, in: 1...256, "hypotheses kept in beam search; 1 is none"),
            .number(
                "length_penalty", default: nil, in: -100...100,
                "a beam's score is divided by its length to this power: above 0 favours long texts; 1"),
            OptionDeclaration(
                "early_stopping", kind: .object("boolean or 'never'"),
                doc:
                    "when beam search ends: true when num_beams texts are finished, false by heuristic, 'never' when "
                    + "none can win any more; false"),
        ]
    }

    private static var sampling: [OptionDeclaration] {
        [
            .boolean("do_sample", default: nil, "whether tokens are drawn by their probability; false"),
            .number(
                "temperature", default: nil, in: 0...1000,
                "scores are divided by this before a draw: below 1 the probable become more so; 1"),
            .integer(
                "top_k", default: nil, in: 0...1_000_000,
                "a draw is among so many most probable tokens; 0 is off; 50"),
            .number(
                "top_p", default: nil, in: 0...1,
                "a draw is among the most probable tokens that together have this probability; 1"),
            .integer("seed", default: nil, "fixes the draws, whatever the batch_size; 42"),
        ]
    }
}
