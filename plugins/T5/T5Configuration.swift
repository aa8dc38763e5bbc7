import LyceumKit
import LyceumTorch

/// The shape of a T5: the keys of transformers' `T5Config`, with its defaults (those of t5-small) except for the
/// vocabulary, which is smaller because it is learned from the training texts.
struct T5Configuration: SequenceToSequenceConfiguration {
    /// What the feed-forward layers do between their linear maps.
    enum FeedForward: String, SettingChoice {
        case relu, gelu, silu
        case gatedReLU = "gated-relu"
        case gatedGELU = "gated-gelu"
        case gatedSiLU = "gated-silu"
    }

    @Setting(
        "vocab_size", in: 1...1_000_000, unit: "pieces",
        "maximum vocabulary size, learned on the first training run")
    var vocabularySize = 8000
    @Setting("d_model", in: 1...65536, "size of the hidden states")
    var modelSize = 512
    @Setting("d_kv", in: 1...4096, "size of keys and values of one head")
    var headSize = 64
    @Setting("d_ff", in: 1...262_144, "size of the feed-forward layers")
    var feedForwardSize = 2048
    @Setting("num_layers", in: 1...1000, "encoder layers")
    var encoderLayers = 6
    @Setting("num_decoder_layers", in: 1...1000, "decoder layers; as many as the encoder's unless given")
    private var givenDecoderLayers: Int?
    @Setting("num_heads", in: 1...1024, "attention heads")
    var heads = 8
    @Setting("relative_attention_num_buckets", in: 4...4096, "buckets of relative positions")
    var buckets = 32
    @Setting(
        "relative_attention_max_distance", in: 3...1_000_000, unit: "tokens",
        "distances from here on share one bucket")
    var maxDistance = 128
    @Setting("dropout_rate", in: 0...0.99, "dropout rate")
    var dropoutRate = 0.1
    @Setting("layer_norm_epsilon", in: 0...1, "added to the variance in norms")
    var epsilon = 1e-6
    @Setting(
        "feed_forward_proj", "activation of the feed-forward layers: relu in T5 1.0, gated-gelu in 1.1")
    var feedForward = FeedForward.relu
    @Setting("tie_word_embeddings", "whether the output layer is the embedding table")
    var tiesEmbeddings = true
    @Setting("initializer_factor", in: 0...100, "scales the initial weights")
    var initializerFactor = 1.0

    var decoderLayers: Int { givenDecoderLayers ?? encoderLayers }

    func complete(_ options: Options) throws {
        // The logarithmic buckets begin at half of each side's buckets: the largest distance must lie beyond.
        guard maxDistance > buckets / 2 else {
            throw $maxDistance.refusal(
                options, expected: "more than half of relative_attention_num_buckets (\(buckets))")
        }
    }
}
