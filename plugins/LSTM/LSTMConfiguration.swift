import LyceumKit
import LyceumTorch

/// The shape of the network and the kind of its vocabulary.
struct LSTMConfiguration: SequenceToSequenceConfiguration {
    /// What the pieces of the vocabulary are.
    enum Vocabulary: String, SettingChoice { case words, sentencepiece }

    @Setting(
        "vocab_size", in: 1...1_000_000, unit: "pieces",
        "maximum vocabulary size, learned on the first training run")
    var vocabularySize = 20000
    @Setting(
        "vocabulary",
        "kind of vocabulary: the most frequent words, or subwords by SentencePiece")
    var vocabulary = Vocabulary.words
    @Setting("lowercase", "whether a vocabulary of words reads texts in lower case")
    var lowercase = true
    @Setting("embedding_size", in: 1...65536, "size of the word embeddings")
    var embeddingSize = 128
    @Setting("hidden_size", in: 1...65536, "size of the hidden states of one direction")
    var hiddenSize = 256
    @Setting(
        "attention_size", in: 1...65536,
        "size in which attention compares states; hidden_size unless given")
    private var givenAttentionSize: Int?
    @Setting("num_layers", in: 1...64, "layers of the encoder; the decoder has one")
    var layers = 1
    @Setting("pointer", "whether words can be copied from the source")
    var hasPointer = true
    @Setting("coverage", "coverage: attention sees, and is penalised for, what it has attended to before")
    var hasCoverage = false
    @Setting("coverage_weight", in: 0...1000, "weight of that penalty in the loss of training")
    var coverageWeight = 1.0
    @Setting("tie_word_embeddings", "whether the output layer is the embedding table")
    var tiesEmbeddings = true
    @Setting("dropout_rate", in: 0...0.99, "dropout rate")
    var dropoutRate = 0.0

    var attentionSize: Int { givenAttentionSize ?? hiddenSize }
    /// The size of what the vocabulary's scores are made from.
    var featureSize: Int { tiesEmbeddings ? embeddingSize : hiddenSize }
}
