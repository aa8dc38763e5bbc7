import LyceumKit
import LyceumTorch

/// The shape of the network and the kind of its vocabulary.
struct LSTMConfiguration: SequenceToSequenceConfiguration {
    static let declarations: [OptionDeclaration] = [
        .integer(
            "vocab_size", default: 20000, in: 16...1_000_000, unit: "pieces",
            "pieces of the vocabulary that the first training learns; fewer if its texts hold no more"),
        .choice(
            "vocabulary", ["words", "sentencepiece"], default: "words",
            "what the pieces are: the most frequent words, or the parts of words that SentencePiece finds"),
        .boolean("lowercase", default: true, "whether a vocabulary of words reads texts in lower case"),
        .integer("embedding_size", default: 128, in: 1...65536, "size of the vectors of words"),
        .integer("hidden_size", default: 256, in: 1...65536, "size of the states of one direction"),
        .integer(
            "attention_size", default: nil, in: 1...65536,
            "size in which attention compares states; hidden_size unless given"),
        .integer("num_layers", default: 1, in: 1...64, "layers of the encoder; the decoder has one"),
        .boolean("pointer", default: true, "whether words can be copied from the source"),
        .boolean(
            "coverage", default: false, "whether attention knows and is penalised for where it looked before"),
        .number(
            "coverage_weight", default: 1, in: 0...1000, "weight of that penalty in the loss of training"),
        .boolean("tie_word_embeddings", default: true, "whether the output layer is the embedding table"),
        .number("dropout_rate", default: 0, in: 0...0.99, "share of elements dropped in training"),
    ]

    var vocabularySize: Int
    let hasWords: Bool
    let lowercase: Bool
    let embeddingSize: Int
    let hiddenSize: Int
    let attentionSize: Int
    let layers: Int
    let hasPointer: Bool
    let hasCoverage: Bool
    let coverageWeight: Double
    let tiesEmbeddings: Bool
    let dropoutRate: Double

    /// The size of what the vocabulary's scores are made from.
    var featureSize: Int { tiesEmbeddings ? embeddingSize : hiddenSize }

    init(_ options: Options) throws {
        vocabularySize = try options.int("vocab_size")
        hasWords = try options.string("vocabulary") == "words"
        lowercase = try options.bool("lowercase")
        embeddingSize = try options.int("embedding_size")
        hiddenSize = try options.int("hidden_size")
        attentionSize = options.optionalInt("attention_size") ?? hiddenSize
        layers = try options.int("num_layers")
        hasPointer = try options.bool("pointer")
        hasCoverage = try options.bool("coverage")
        coverageWeight = try options.double("coverage_weight")
        tiesEmbeddings = try options.bool("tie_word_embeddings")
        dropoutRate = try options.double("dropout_rate")
    }

    var json: [String: Value] {
        [
            "vocab_size": .integer(vocabularySize),
            "vocabulary": .string(hasWords ? "words" : "sentencepiece"),
            "lowercase": .bool(lowercase), "embedding_size": .integer(embeddingSize),
            "hidden_size": .integer(hiddenSize), "attention_size": .integer(attentionSize),
            "num_layers": .integer(layers), "pointer": .bool(hasPointer), "coverage": .bool(hasCoverage),
            "coverage_weight": .number(coverageWeight), "tie_word_embeddings": .bool(tiesEmbeddings),
            "dropout_rate": .number(dropoutRate),
        ]
    }
}
