import LyceumKit
import LyceumTorch

/// The shape of a BERT: the keys of transformers' `BertConfig`, with its defaults (those of bert-base-uncased)
/// except for the vocabulary, which is smaller because it is learnt from the training texts.
struct BERTConfiguration: NetworkConfiguration {
    static let declarations: [OptionDeclaration] = [
        .integer(
            "vocab_size", default: 8000, in: 16...1_000_000, unit: "pieces",
            "pieces of the vocabulary that the first training learns; fewer if its texts hold no more"),
        .integer("hidden_size", default: 768, in: 1...65536, "size of the states between layers"),
        .integer("num_hidden_layers", default: 12, in: 1...1000, "layers"),
        .integer(
            "num_attention_heads", default: 12, in: 1...1024, "attention heads; they divide hidden_size"),
        .integer("intermediate_size", default: 3072, in: 1...262_144, "size of the feed-forward layers"),
        .choice(
            "hidden_act", ["gelu", "gelu_new", "gelu_pytorch_tanh", "relu", "silu"], default: "gelu",
            "activation of the feed-forward layers; gelu_new and gelu_pytorch_tanh are one"),
        .number("hidden_dropout_prob", default: 0.1, in: 0...0.99, "share of elements dropped in training"),
        .number(
            "attention_probs_dropout_prob", default: 0.1, in: 0...0.99,
            "share of attention weights dropped in training"),
        .number(
            "classifier_dropout", default: nil, in: 0...0.99,
            "share dropped before the output layer; else hidden_dropout_prob"),
        .integer(
            "max_position_embeddings", default: 512, in: 2...1_000_000, unit: "tokens",
            "positions: the most tokens of a text, its frame included"),
        .integer(
            "type_vocab_size", default: 2, in: 1...1024,
            "kinds of segment; a text alone is of the first kind"),
        .number("layer_norm_eps", default: 1e-12, in: 0...1, "added to the variance in norms"),
        .number(
            "initializer_range", default: 0.02, in: 0...100, "standard deviation of the initial weights"),
        .integer("pad_token_id", default: 0, in: 0...1_000_000, "id that fills up short rows"),
        .choice(
            "position_embedding_type", ["absolute"], default: "absolute",
            "how positions are told; relative ones are not supported"),
    ]

    var vocabularySize: Int
    let size: Int
    let layers: Int
    let heads: Int
    let feedForwardSize: Int
    let activation: String
    let dropoutRate: Double
    let attentionDropout: Double
    let classifierDropout: Double?
    let positions: Int
    let segments: Int
    let epsilon: Double
    let deviation: Double
    let padID: Int

    init(_ options: Options) throws {
        vocabularySize = try options.int("vocab_size")
        size = try options.int("hidden_size")
        layers = try options.int("num_hidden_layers")
        heads = try options.int("num_attention_heads")
        feedForwardSize = try options.int("intermediate_size")
        activation = try options.string("hidden_act")
        dropoutRate = try options.double("hidden_dropout_prob")
        attentionDropout = try options.double("attention_probs_dropout_prob")
        classifierDropout = options.optionalDouble("classifier_dropout")
        positions = try options.int("max_position_embeddings")
        segments = try options.int("type_vocab_size")
        epsilon = try options.double("layer_norm_eps")
        deviation = try options.double("initializer_range")
        padID = try options.int("pad_token_id")
        guard size % heads == 0 else {
            throw LyceumError.badOption(
                function: options.function, option: "num_attention_heads",
                expected: "a divisor of hidden_size (\(size))", got: String(heads))
        }
        guard padID < vocabularySize else {
            throw LyceumError.badOption(
                function: options.function, option: "pad_token_id",
                expected: "less than vocab_size (\(vocabularySize))", got: String(padID))
        }
    }

    var json: [String: Value] {
        [
            "vocab_size": .integer(vocabularySize), "hidden_size": .integer(size),
            "num_hidden_layers": .integer(layers), "num_attention_heads": .integer(heads),
            "intermediate_size": .integer(feedForwardSize), "hidden_act": .string(activation),
            "hidden_dropout_prob": .number(dropoutRate),
            "attention_probs_dropout_prob": .number(attentionDropout),
            "classifier_dropout": classifierDropout.map(Value.number) ?? .null,
            "max_position_embeddings": .integer(positions), "type_vocab_size": .integer(segments),
            "layer_norm_eps": .number(epsilon), "initializer_range": .number(deviation),
            "pad_token_id": .integer(padID), "position_embedding_type": "absolute",
        ]
    }
}
