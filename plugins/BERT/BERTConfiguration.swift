import LyceumKit
import LyceumTorch

/// The shape of a BERT: the keys of transformers' `BertConfig`, with its defaults (those of bert-base-uncased)
/// except for the vocabulary, which is smaller because it is learned from the training texts.
struct BERTConfiguration: NetworkConfiguration {
    /// What the feed-forward layers do between their linear maps.
    enum Activation: String, SettingChoice {
        case gelu
        case geluNew = "gelu_new"
        case geluTanh = "gelu_pytorch_tanh"
        case relu, silu
    }

    /// How a token knows its position.
    enum PositionEmbedding: String, SettingChoice { case absolute }

    @Setting(
        "vocab_size", in: 1...1_000_000, unit: "pieces",
        "maximum vocabulary size, learned on the first training run")
    var vocabularySize = 8000
    @Setting("hidden_size", in: 1...65536, "size of the hidden states")
    var size = 768
    @Setting("num_hidden_layers", in: 1...1000, "layers")
    var layers = 12
    @Setting("num_attention_heads", in: 1...1024, "attention heads; must divide hidden_size")
    var heads = 12
    @Setting("intermediate_size", in: 1...262_144, "size of the feed-forward layers")
    var feedForwardSize = 3072
    @Setting(
        "hidden_act", "activation of the feed-forward layers; gelu_new and gelu_pytorch_tanh are one")
    var activation = Activation.gelu
    @Setting("hidden_dropout_prob", in: 0...0.99, "dropout rate")
    var dropoutRate = 0.1
    @Setting("attention_probs_dropout_prob", in: 0...0.99, "dropout rate of attention weights")
    var attentionDropout = 0.1
    @Setting(
        "classifier_dropout", in: 0...0.99, "dropout rate before the output layer; else hidden_dropout_prob")
    var classifierDropout: Double?
    @Setting(
        "max_position_embeddings", in: 2...1_000_000, unit: "tokens",
        "maximum number of tokens, special ones included")
    var positions = 512
    @Setting("type_vocab_size", in: 1...1024, "number of segment types; a single text has the first")
    var segments = 2
    @Setting("layer_norm_eps", in: 0...1, "added to the variance in norms")
    var epsilon = 1e-12
    @Setting("initializer_range", in: 0...100, "standard deviation of the initial weights")
    var deviation = 0.02
    @Setting("pad_token_id", in: 0...999_999, "id of the padding token")
    var padID = 0
    @Setting("position_embedding_type", "position embedding type; relative ones are not supported")
    private var positionEmbedding = PositionEmbedding.absolute

    func complete(_ options: Options) throws {
        guard size % heads == 0 else {
            throw $heads.refusal(options, expected: "a divisor of hidden_size (\(size))")
        }
        guard padID < vocabularySize else {
            throw $padID.refusal(options, expected: "less than vocab_size (\(vocabularySize))")
        }
    }
}
