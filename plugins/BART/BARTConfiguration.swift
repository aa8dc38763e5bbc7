import LyceumKit
import LyceumTorch

/// The shape of a BART: the keys of transformers' `BartConfig`, with the defaults of bart-base except for the
/// vocabulary, which is smaller because it is learnt from the training texts.
struct BARTConfiguration: SequenceToSequenceConfiguration {
    /// Layers of the encoder or of the decoder.
    struct Stack {
        let layers: Int
        let heads: Int
        let feedForwardSize: Int
    }

    static let declarations: [OptionDeclaration] = [
        .integer(
            "vocab_size", default: 8000, in: 261...1_000_000, unit: "pieces",
            "pieces of the vocabulary that the first training learns; fewer if its texts hold no more"),
        .integer("d_model", default: 768, in: 1...65536, "size of the states between layers"),
        .integer("encoder_layers", default: 6, in: 1...1000, "encoder layers"),
        .integer("decoder_layers", default: 6, in: 1...1000, "decoder layers"),
        .integer("encoder_attention_heads", default: 12, in: 1...1024, "attention heads of the encoder"),
        .integer("decoder_attention_heads", default: 12, in: 1...1024, "attention heads of the decoder"),
        .integer(
            "encoder_ffn_dim", default: 3072, in: 1...262_144, "size of the encoder's feed-forward layers"),
        .integer(
            "decoder_ffn_dim", default: 3072, in: 1...262_144, "size of the decoder's feed-forward layers"),
        .choice(
            "activation_function", ["gelu", "gelu_new", "relu", "silu", "tanh"], default: "gelu",
            "activation of the feed-forward layers"),
        .integer(
            "max_position_embeddings", default: 1024, in: 1...1_000_000, unit: "tokens",
            "the longest input and output"),
        .number("dropout", default: 0.1, in: 0...0.99, "share of states dropped in training"),
        .number(
            "attention_dropout", default: 0.1, in: 0...0.99, "share of attention weights dropped in training"),
        .number(
            "activation_dropout", default: 0.1, in: 0...0.99,
            "share of activations of the feed-forward layers dropped in training"),
        .boolean(
            "scale_embedding", default: false, "whether embeddings are multiplied by the root of d_model"),
        .boolean("tie_word_embeddings", default: true, "whether the output layer is the embedding table"),
        .number("init_std", default: 0.02, in: 0...100, "standard deviation of the initial weights"),
        .integer("bos_token_id", default: 0, in: 0...1_000_000, "id of the piece that begins a text"),
        .integer("pad_token_id", default: 1, in: 0...1_000_000, "id of the piece that fills up short rows"),
        .integer("eos_token_id", default: 2, in: 0...1_000_000, "id of the piece that ends a text"),
        .integer(
            "decoder_start_token_id", default: 2, in: 0...1_000_000, "id that the decoder reads before a text"
        ),
    ]

    var vocabularySize: Int
    let modelSize: Int
    let encoder: Stack
    let decoder: Stack
    let activation: String
    let positions: Int
    let dropoutRate: Double
    let attentionDropout: Double
    let activationDropout: Double
    let scalesEmbeddings: Bool
    let tiesEmbeddings: Bool
    let deviation: Double
    let bosID: Int
    let padID: Int
    let eosID: Int
    let decoderStartID: Int

    init(_ options: Options) throws {
        vocabularySize = try options.int("vocab_size")
        modelSize = try options.int("d_model")
        func stack(_ name: String) throws -> Stack {
            Stack(
                layers: try options.int(name + "_layers"), heads: try options.int(name + "_attention_heads"),
                feedForwardSize: try options.int(name + "_ffn_dim"))
        }
        (encoder, decoder) = (try stack("encoder"), try stack("decoder"))
        activation = try options.string("activation_function")
        positions = try options.int("max_position_embeddings")
        dropoutRate = try options.double("dropout")
        attentionDropout = try options.double("attention_dropout")
        activationDropout = try options.double("activation_dropout")
        scalesEmbeddings = try options.bool("scale_embedding")
        tiesEmbeddings = try options.bool("tie_word_embeddings")
        deviation = try options.double("init_std")
        bosID = try options.int("bos_token_id")
        padID = try options.int("pad_token_id")
        eosID = try options.int("eos_token_id")
        decoderStartID = try options.int("decoder_start_token_id")
        try check(options)
    }

    private func check(_ options: Options) throws {
        for (name, stack) in [("encoder", encoder), ("decoder", decoder)] where modelSize % stack.heads != 0 {
            throw LyceumError.badOption(
                function: options.function, option: name + "_attention_heads",
                expected: "a divisor of d_model (\(modelSize))", got: String(stack.heads))
        }
        for name in ["bos", "pad", "eos", "decoder_start"] {
            let id = try options.int(name + "_token_id")
            guard id >= vocabularySize else { continue }
            throw LyceumError.badOption(
                function: options.function, option: name + "_token_id",
                expected: "less than vocab_size (\(vocabularySize))", got: String(id))
        }
    }

    var json: [String: Value] {
        [
            "vocab_size": .integer(vocabularySize), "d_model": .integer(modelSize),
            "encoder_layers": .integer(encoder.layers), "decoder_layers": .integer(decoder.layers),
            "num_hidden_layers": .integer(encoder.layers),
            "encoder_attention_heads": .integer(encoder.heads),
            "decoder_attention_heads": .integer(decoder.heads),
            "encoder_ffn_dim": .integer(encoder.feedForwardSize),
            "decoder_ffn_dim": .integer(decoder.feedForwardSize), "activation_function": .string(activation),
            "max_position_embeddings": .integer(positions), "dropout": .number(dropoutRate),
            "attention_dropout": .number(attentionDropout), "activation_dropout": .number(activationDropout),
            "scale_embedding": .bool(scalesEmbeddings), "tie_word_embeddings": .bool(tiesEmbeddings),
            "init_std": .number(deviation), "bos_token_id": .integer(bosID), "pad_token_id": .integer(padID),
            "eos_token_id": .integer(eosID), "decoder_start_token_id": .integer(decoderStartID),
        ]
    }
}
