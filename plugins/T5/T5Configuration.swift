import LyceumKit
import LyceumTorch

/// The shape of a T5: the keys of transformers' `T5Config`, with its defaults (those of t5-small) except for the
/// vocabulary, which is smaller because it is learnt from the training texts.
struct T5Configuration: SequenceToSequenceConfiguration {
    static let declarations: [OptionDeclaration] = [
        .integer(
            "vocab_size", default: 8000, in: 16...1_000_000, unit: "pieces",
            "pieces of the vocabulary that the first training learns; fewer if its texts hold no more"),
        .integer("d_model", default: 512, in: 1...65536, "size of the states between layers"),
        .integer("d_kv", default: 64, in: 1...4096, "size of keys and values of one head"),
        .integer("d_ff", default: 2048, in: 1...262_144, "size of the feed-forward layers"),
        .integer("num_layers", default: 6, in: 1...1000, "encoder layers"),
        .integer(
            "num_decoder_layers", default: nil, in: 1...1000,
            "decoder layers; as many as the encoder's unless given"),
        .integer("num_heads", default: 8, in: 1...1024, "attention heads"),
        .integer(
            "relative_attention_num_buckets", default: 32, in: 4...4096,
            "classes of distance between positions"),
        .integer(
            "relative_attention_max_distance", default: 128, in: 2...1_000_000, unit: "tokens",
            "distances from here on are one class"),
        .number("dropout_rate", default: 0.1, in: 0...0.99, "share of elements dropped in training"),
        .number("layer_norm_epsilon", default: 1e-6, in: 0...1, "added to the variance in norms"),
        .choice(
            "feed_forward_proj", ["relu", "gelu", "silu", "gated-relu", "gated-gelu", "gated-silu"],
            default: "relu",
            "activation of the feed-forward layers: relu in T5 1.0, gated-gelu in 1.1"),
        .boolean("tie_word_embeddings", default: true, "whether the output layer is the embedding table"),
        .number("initializer_factor", default: 1, in: 0...100, "scales the initial weights"),
    ]

    var vocabularySize: Int
    let modelSize: Int
    let headSize: Int
    let feedForwardSize: Int
    let encoderLayers: Int
    let decoderLayers: Int
    let heads: Int
    let buckets: Int
    let maxDistance: Int
    let dropoutRate: Double
    let epsilon: Double
    let feedForward: String
    let tiesEmbeddings: Bool
    let initializerFactor: Double

    init(_ options: Options) throws {
        vocabularySize = try options.int("vocab_size")
        modelSize = try options.int("d_model")
        headSize = try options.int("d_kv")
        feedForwardSize = try options.int("d_ff")
        encoderLayers = try options.int("num_layers")
        decoderLayers = options.optionalInt("num_decoder_layers") ?? encoderLayers
        heads = try options.int("num_heads")
        buckets = try options.int("relative_attention_num_buckets")
        maxDistance = try options.int("relative_attention_max_distance")
        dropoutRate = try options.double("dropout_rate")
        epsilon = try options.double("layer_norm_epsilon")
        feedForward = try options.string("feed_forward_proj")
        tiesEmbeddings = try options.bool("tie_word_embeddings")
        initializerFactor = try options.double("initializer_factor")
        // The logarithmic buckets begin at half of each side's buckets: the largest distance must lie beyond.
        if maxDistance <= buckets / 2 {
            throw LyceumError.badOption(
                function: options.function, option: "relative_attention_max_distance",
                expected: "more than half of relative_attention_num_buckets (\(buckets))",
                got: String(maxDistance))
        }
    }

    var json: [String: Value] {
        [
            "vocab_size": .integer(vocabularySize), "d_model": .integer(modelSize),
            "d_kv": .integer(headSize),
            "d_ff": .integer(feedForwardSize), "num_layers": .integer(encoderLayers),
            "num_decoder_layers": .integer(decoderLayers), "num_heads": .integer(heads),
            "relative_attention_num_buckets": .integer(buckets),
            "relative_attention_max_distance": .integer(maxDistance), "dropout_rate": .number(dropoutRate),
            "layer_norm_epsilon": .number(epsilon), "feed_forward_proj": .string(feedForward),
            "tie_word_embeddings": .bool(tiesEmbeddings), "initializer_factor": .number(initializerFactor),
        ]
    }
}
