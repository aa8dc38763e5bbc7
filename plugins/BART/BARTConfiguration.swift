import LyceumKit
import LyceumTorch

/// The shape of a BART: the keys of transformers' `BartConfig`, with the defaults of bart-base except for the
/// vocabulary, which is smaller because it is learned from the training texts.
struct BARTConfiguration: SequenceToSequenceConfiguration {
    /// What the feed-forward layers do between their linear maps.
    enum Activation: String, SettingChoice {
        case gelu
        case geluTanh = "gelu_new"
        case relu, silu, tanh
    }

    /// Layers of the encoder or of the decoder.
    struct Stack {
        let layers: Int
        let heads: Int
        let feedForwardSize: Int
    }

    @Setting(
        "vocab_size", in: 1...1_000_000, unit: "pieces",
        "maximum vocabulary size, learned on the first training run")
    var vocabularySize = 8000
    @Setting("d_model", in: 1...65536, "size of the hidden states")
    var modelSize = 768
    @Setting("encoder_layers", in: 1...1000, "encoder layers")
    private var encoderLayers = 6
    @Setting("decoder_layers", in: 1...1000, "decoder layers")
    private var decoderLayers = 6
    @Setting("encoder_attention_heads", in: 1...1024, "attention heads of the encoder; must divide d_model")
    private var encoderHeads = 12
    @Setting("decoder_attention_heads", in: 1...1024, "attention heads of the decoder; must divide d_model")
    private var decoderHeads = 12
    @Setting("encoder_ffn_dim", in: 1...262_144, "size of the encoder's feed-forward layers")
    private var encoderFeedForwardSize = 3072
    @Setting("decoder_ffn_dim", in: 1...262_144, "size of the decoder's feed-forward layers")
    private var decoderFeedForwardSize = 3072
    @Setting("activation_function", "activation of the feed-forward layers")
    var activation = Activation.gelu
    @Setting(
        "max_position_embeddings", in: 1...1_000_000, unit: "tokens", "the longest input and output")
    var positions = 1024
    @Setting("dropout", in: 0...0.99, "dropout rate of hidden states")
    var dropoutRate = 0.1
    @Setting("attention_dropout", in: 0...0.99, "dropout rate of attention weights")
    var attentionDropout = 0.1
    @Setting(
        "activation_dropout", in: 0...0.99,
        "dropout rate inside the feed-forward layers")
    var activationDropout = 0.1
    @Setting("scale_embedding", "whether embeddings are multiplied by the root of d_model")
    var scalesEmbeddings = false
    @Setting("tie_word_embeddings", "whether the output layer is the embedding table")
    var tiesEmbeddings = true
    @Setting("init_std", in: 0...100, "standard deviation of the initial weights")
    var deviation = 0.02
    @Setting("bos_token_id", in: 0...999_999, "id of the token that begins a text")
    var bosID = 0
    @Setting("pad_token_id", in: 0...999_999, "id of the padding token")
    var padID = 1
    @Setting("eos_token_id", in: 0...999_999, "id of the token that ends a text")
    var eosID = 2
    @Setting("decoder_start_token_id", in: 0...999_999, "id of the token that the decoder starts with")
    var decoderStartID = 2

    var encoder: Stack {
        Stack(layers: encoderLayers, heads: encoderHeads, feedForwardSize: encoderFeedForwardSize)
    }
    var decoder: Stack {
        Stack(layers: decoderLayers, heads: decoderHeads, feedForwardSize: decoderFeedForwardSize)
    }

    func complete(_ options: Options) throws {
        for heads in [$encoderHeads, $decoderHeads] where modelSize % heads.wrappedValue != 0 {
            throw heads.refusal(options, expected: "a divisor of d_model (\(modelSize))")
        }
        for id in [$bosID, $padID, $eosID, $decoderStartID] where id.wrappedValue >= vocabularySize {
            throw id.refusal(options, expected: "less than vocab_size (\(vocabularySize))")
        }
    }

    var json: [String: Value] {
        // transformers keeps the encoder's layers under two names.
        settings.merging(["num_hidden_layers": .integer(encoderLayers)]) { own, _ in own }
    }
}
