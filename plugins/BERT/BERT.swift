// BERT: an encoder whose tokens all see each other, with a norm behind each layer and learned positions. The state
// of the first token, through one more layer, sums up the text.
//
// Sources: Devlin et al., "BERT: Pre-training of Deep Bidirectional Transformers for Language Understanding"
// (2019); transformers' `BertModel` and `BertForSequenceClassification`, whose weight names these are.

import LyceumKit
import LyceumText
import LyceumTorch

/// A linear map with BERT's initial weights: normal, with a bias of zeros.
private func linear(_ inputs: Int, _ outputs: Int, _ configuration: BERTConfiguration) throws -> Linear {
    try Linear(
        weight: Initializer.normal([outputs, inputs], deviation: configuration.deviation),
        bias: .zeros([outputs]))
}

/// A token is the sum of its word, its position and its segment.
final class BERTEmbeddings: Module {
    @Part("word_embeddings") private var words: Embedding
    @Part("position_embeddings") private var positions: Embedding
    @Part("token_type_embeddings") private var segments: Embedding
    @Part("LayerNorm") private var norm: LayerNorm
    @Part("dropout") private var dropout: Dropout
    private let positionCount: Int

    init(_ configuration: BERTConfiguration) throws {
        positionCount = configuration.positions
        super.init()
        func table(_ rows: Int) throws -> Embedding {
            try Embedding(
                weight: Initializer.normal([rows, configuration.size], deviation: configuration.deviation))
        }
        words = try table(configuration.vocabularySize)
        positions = try table(configuration.positions)
        segments = try table(configuration.segments)
        norm = try LayerNorm(configuration.size, epsilon: configuration.epsilon)
        dropout = Dropout(configuration.dropoutRate)
    }

    /// [rows, length] to [rows, length, size].
    func callAsFunction(_ ids: Tensor) throws -> Tensor {
        // A batch may be padded beyond the last position; nobody reads what stands there.
        let places = try Tensor((0..<ids.size(1)).map { min($0, positionCount - 1) }).to(ids.device)
        let first = try segments(Tensor([0]).to(ids.device))  // [1, size]
        return try dropout(norm(words(ids) + positions(places) + first))
    }
}

/// Multi-head attention of the tokens to each other.
final class BERTAttention: Module {
    @Part("self.query") private var query: Linear
    @Part("self.key") private var key: Linear
    @Part("self.value") private var value: Linear
    @Part("output.dense") private var output: Linear
    @Part("output.LayerNorm") private var norm: LayerNorm
    @Part("self.dropout") private var weightDropout: Dropout
    @Part("output.dropout") private var dropout: Dropout
    private let heads: Int
    private let scale: Double

    init(_ configuration: BERTConfiguration) throws {
        let size = configuration.size
        heads = configuration.heads
        scale = 1 / Double(size / configuration.heads).squareRoot()
        super.init()
        query = try linear(size, size, configuration)
        key = try linear(size, size, configuration)
        value = try linear(size, size, configuration)
        output = try linear(size, size, configuration)
        norm = try LayerNorm(size, epsilon: configuration.epsilon)
        weightDropout = Dropout(configuration.attentionDropout)
        dropout = Dropout(configuration.dropoutRate)
    }

    /// - Parameters:
    ///   - x: [rows, length, size].
    ///   - mask: added to the scores, [rows, 1, 1, length].
    func callAsFunction(_ x: Tensor, mask: Tensor?) throws -> Tensor {
        let mixed = try Attention.attend(
            Attention.split(query(x), heads: heads), Attention.split(key(x), heads: heads),
            Attention.split(value(x), heads: heads), bias: mask, scale: scale, dropout: weightDropout)
        return try norm(dropout(output(Attention.merge(mixed))) + x)
    }
}

/// One layer: attention, then two linear maps with an activation between; a norm behind each.
final class BERTLayer: Module {
    @Part("attention") private var attention: BERTAttention
    @Part("intermediate.dense") private var inner: Linear
    @Part("output.dense") private var outer: Linear
    @Part("output.LayerNorm") private var norm: LayerNorm
    @Part("output.dropout") private var dropout: Dropout
    private let activation: (Tensor) throws -> Tensor

    init(_ configuration: BERTConfiguration) throws {
        switch configuration.activation {
        case .gelu: activation = { try $0.gelu() }
        case .geluNew, .geluTanh: activation = { try $0.gelu(approximate: .tanh) }
        case .relu: activation = { try $0.relu() }
        case .silu: activation = { try $0.silu() }
        }
        super.init()
        attention = try BERTAttention(configuration)
        inner = try linear(configuration.size, configuration.feedForwardSize, configuration)
        outer = try linear(configuration.feedForwardSize, configuration.size, configuration)
        norm = try LayerNorm(configuration.size, epsilon: configuration.epsilon)
        dropout = Dropout(configuration.dropoutRate)
    }

    func callAsFunction(_ x: Tensor, mask: Tensor?) throws -> Tensor {
        let x = try attention(x, mask: mask)
        return try norm(dropout(outer(activation(inner(x)))) + x)
    }
}

/// The whole encoder.
final class BERT: Module, SequenceClassificationModel, LayeredEncoder {
    static let architecture = "bert"
    static let transformersClass = "BertForSequenceClassification"
    static let encoderName = "bert"
    static let weightNames = WeightNames(
        prefix: "bert.",
        // A buffer that older versions saved, and the output layers of pre-training.
        ignored: [
            "bert.embeddings.position_ids", "cls.predictions.bias", "cls.predictions.decoder.weight",
            "cls.predictions.decoder.bias", "cls.predictions.transform.dense.weight",
            "cls.predictions.transform.dense.bias", "cls.predictions.transform.LayerNorm.weight",
            "cls.predictions.transform.LayerNorm.bias", "cls.seq_relationship.weight",
            "cls.seq_relationship.bias",
        ],
        // An encoder that was trained with another pooling has none.
        optional: ["bert.pooler.dense.weight", "bert.pooler.dense.bias"],
        oldEnds: ["LayerNorm.gamma": "LayerNorm.weight", "LayerNorm.beta": "LayerNorm.bias"])

    let configuration: BERTConfiguration
    @Part("embeddings") private var embeddings: BERTEmbeddings
    @Part("encoder.layer") private var layers: [BERTLayer]
    @Part("pooler.dense") private var pooler: Linear

    init(_ configuration: BERTConfiguration) throws {
        self.configuration = configuration
        super.init()
        embeddings = try BERTEmbeddings(configuration)
        layers = try (0..<configuration.layers).map { _ in try BERTLayer(configuration) }
        pooler = try linear(configuration.size, configuration.size, configuration)
    }

    var padID: Int { configuration.padID }
    var maxPositions: Int? { configuration.positions }
    var pooledSize: Int { configuration.size }
    var classifierDropout: Double { configuration.classifierDropout ?? configuration.dropoutRate }
    var classifierDeviation: Double { configuration.deviation }

    /// The states above the last layer: [rows, length, size].
    func encode(_ source: TokenBatch) throws -> Tensor { try states(source, above: layers.count) }

    var layerCount: Int { layers.count }

    func states(_ source: TokenBatch, above layer: Int) throws -> Tensor {
        let x = try embeddings(source.ids)
        let mask = try source.paddingMask(dtype: x.dtype)
        return try layers.prefix(max(0, layer)).reduce(x) { x, layer in
            try layer.recomputed([x]) { try layer($0[0], mask: mask) }
        }
    }

    func pool(_ source: TokenBatch) throws -> Tensor {
        try pooler(encode(source).select(dim: 1, index: 0)).tanh()
    }

    static func makeTokenizer(
        _ texts: some Sequence<String>, size: Int, job: Job
    ) throws -> any Tokenizer {
        try WordPieceTokenizer.train(on: texts, vocabularySize: size, job: job)
    }
}
