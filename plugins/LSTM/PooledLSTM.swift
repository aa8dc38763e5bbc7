// An LSTM that reads a text from both ends and keeps, of each number of its states, the largest: what a classifier sees.
//
// Source: Conneau et al., "Supervised Learning of Universal Sentence Representations from Natural Language Inference
// Data" (2017), section 3.2.3.

import LyceumKit
import LyceumText
import LyceumTorch

/// The encoder of `task = "classify"`.
final class PooledLSTM: Module, SequenceClassificationModel {
    static let architecture = PointerGenerator.architecture
    static let transformersClass = ""
    static let encoderName = "lstm"

    let configuration: LSTMConfiguration
    @Part("embedding") private var embedding: Embedding
    @Part("encoder") private var encoder: BidirectionalLSTM
    @Part("dropout") private var dropout: Dropout

    init(_ configuration: LSTMConfiguration) throws {
        self.configuration = configuration
        super.init()
        let size = configuration.embeddingSize
        embedding = try Embedding(
            weight: Initializer.normal([configuration.vocabularySize, size], deviation: 0.1))
        encoder = try BidirectionalLSTM(
            inputs: size, hidden: configuration.hiddenSize, layers: configuration.layers,
            dropout: configuration.dropoutRate)
        dropout = Dropout(configuration.dropoutRate)
    }

    var padID: Int { 0 }
    var pooledSize: Int { 2 * configuration.hiddenSize }
    var classifierDropout: Double { configuration.dropoutRate }
    var classifierDeviation: Double { 1 / Double(pooledSize).squareRoot() }

    func pool(_ source: TokenBatch) throws -> Tensor {
        var (states, _) = try encoder(dropout(embedding(source.ids)), lengths: source.lengths)
        if let mask = try source.paddingMask(dtype: states.dtype) {
            states = try states + mask.view(states.size(0), -1, 1)
        }
        return try states.amax(dims: [1])
    }

    static func makeTokenizer(
        _ texts: some Sequence<String>, configuration: LSTMConfiguration, job: Job
    ) throws -> any Tokenizer {
        try PointerGenerator.makeTokenizer(texts, configuration: configuration, job: job)
    }
}
