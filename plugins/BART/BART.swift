// BART, the denoising encoder-decoder: learned positions, norms after each layer, biases everywhere.
//
// Sources: Lewis et al., "BART: Denoising Sequence-to-Sequence Pre-training for Natural Language Generation,
// Translation, and Comprehension" (2019); transformers' `BartForConditionalGeneration`, whose weight names these are.

import LyceumKit
import LyceumText
import LyceumTorch

/// A vector for each position, learned.
final class LearnedPositions: Module {
    /// The rows 0 and 1 of the table belong to no position: fairseq counted from the id of the padding on.
    static let offset = 2

    @Part("weight") private var weight: Parameter
    private let count: Int

    init(_ configuration: BARTConfiguration) throws {
        count = configuration.positions
        super.init()
        weight = try Parameter(
            Initializer.normal(
                [count + Self.offset, configuration.modelSize], deviation: configuration.deviation),
            isEmbedding: true)
    }

    /// The vectors of `length` positions from each of `firsts` on: [firsts, length, model].
    ///
    /// Padding may reach beyond the last position; it is given the last one's vector.
    func callAsFunction(firsts: [Int] = [0], length: Int) throws -> Tensor {
        try callAsFunction(firsts.flatMap { Array($0..<$0 + length) }, shape: [firsts.count, length])
    }

    /// The vectors of positions one by one: [shape, model].
    func callAsFunction(_ positions: [Int], shape: [Int]) throws -> Tensor {
        let rows = positions.map { min($0, count - 1) + Self.offset }
        return try Tensor.embedding(weight.value, Tensor(rows, shape: shape).to(weight.tensor.device))
    }
}

/// Multi-head attention with biases, scaled by the root of a head's size.
final class BARTAttention: Module {
    @Part("q_proj") private var queries: Linear
    @Part("k_proj") private var keys: Linear
    @Part("v_proj") private var values: Linear
    @Part("out_proj") private var output: Linear
    private let heads: Int
    private let scale: Double
    @Part("dropout") private var dropout: Dropout

    init(_ configuration: BARTConfiguration, heads: Int) throws {
        let size = configuration.modelSize
        self.heads = heads
        scale = 1 / Double(size / heads).squareRoot()
        super.init()
        func linear() throws -> Linear { try .bart(configuration, inputs: size, outputs: size) }
        (queries, keys, values, output) = (try linear(), try linear(), try linear(), try linear())
        dropout = Dropout(configuration.attentionDropout)
    }

    /// Keys and values of `x` [rows, length, model]: [rows, heads, length, size] each.
    func keysAndValues(_ x: Tensor) throws -> (keys: Tensor, values: Tensor) {
        (try Attention.split(keys(x), heads: heads), try Attention.split(values(x), heads: heads))
    }

    /// Attends from `x` [rows, length, model] to keys and values.
    func callAsFunction(
        _ x: Tensor, keys: Tensor, values: Tensor, mask: Tensor?,
        packing: (queries: RowPacking, keys: RowPacking)? = nil
    ) throws -> Tensor {
        let mixed = try Attention.attend(
            Attention.split(queries(x), heads: heads), keys, values, bias: mask, scale: scale,
            dropout: dropout, packing: packing)
        return try output(Attention.merge(mixed))
    }

    /// Attends from all tokens `x` of a source [rows, length, model] to all, and adds `x`; without dropout.
    func read(_ x: Tensor, mask: Tensor?) throws -> Tensor {
        let parts = try Linear.all([queries, keys, values], of: x).map {
            try Attention.split($0, heads: heads)
        }
        let mixed = try Attention.attend(
            parts[0], parts[1], parts[2], bias: mask, scale: scale, dropout: dropout)
        return try output(Attention.merge(mixed), plus: x)
    }

    /// Attends from tokens `x` [rows, length, model] to those read before and to themselves, and adds `x`.
    func step(_ x: Tensor, layer: Int, cache: DecoderCache) throws -> Tensor {
        let parts = try Linear.all([queries, keys, values], of: x)
        let mixed = try cache.attend(
            layer: layer, parts[0], keys: parts[1], values: parts[2], heads: heads, scale: scale)
        return try output(mixed, plus: x)
    }

    /// The same to the source.
    func step(_ x: Tensor, layer: Int, cache: DecoderCache, source: EncodedSource) throws -> Tensor {
        let mixed = try cache.attendToSource(
            layer: layer, queries(x), heads: heads, scale: scale, source: source
        ) {
            let both = try Linear.all([keys, values], of: $0)
            return (both[0], both[1])
        }
        return try output(mixed, plus: x)
    }
}

extension Linear {
    /// A map with a bias, drawn as BART draws it.
    fileprivate static func bart(_ configuration: BARTConfiguration, inputs: Int, outputs: Int) throws
        -> Linear
    {
        try Linear(
            weight: Initializer.normal([outputs, inputs], deviation: configuration.deviation),
            bias: .zeros([outputs]))
    }
}

/// One layer of the encoder or the decoder: attention, in the decoder attention to the source, feed-forward; each
/// adds to the states, and a norm follows.
final class BARTLayer: Module {
    @Part("self_attn") private var selfAttention: BARTAttention
    @Part("self_attn_layer_norm") private var selfAttentionNorm: LayerNorm
    @Part("encoder_attn") private var crossAttention: BARTAttention?
    @Part("encoder_attn_layer_norm") private var crossAttentionNorm: LayerNorm?
    @Part("fc1") private var inner: Linear
    @Part("fc2") private var outer: Linear
    @Part("final_layer_norm") private var norm: LayerNorm
    private let activation: (Tensor) throws -> Tensor
    /// The activation where it can be done in one pass with the map before it.
    private let fused: FusedActivation?
    @Part("activation_dropout") private var activationDropout: Dropout
    @Part("dropout") private var dropout: Dropout

    init(_ configuration: BARTConfiguration, isDecoder: Bool) throws {
        switch configuration.activation {
        case .gelu: fused = .gelu
        case .relu: fused = .relu
        case .geluTanh, .silu, .tanh: fused = nil
        }
        switch configuration.activation {
        case .gelu: activation = { try $0.gelu() }
        case .geluTanh: activation = { try $0.gelu(approximate: .tanh) }
        case .relu: activation = { try $0.relu() }
        case .silu: activation = { try $0.silu() }
        case .tanh: activation = { try $0.tanh() }
        }
        super.init()
        let stack = isDecoder ? configuration.decoder : configuration.encoder
        let size = configuration.modelSize
        selfAttention = try BARTAttention(configuration, heads: stack.heads)
        selfAttentionNorm = try LayerNorm(size)
        crossAttention = isDecoder ? try BARTAttention(configuration, heads: stack.heads) : nil
        crossAttentionNorm = isDecoder ? try LayerNorm(size) : nil
        inner = try .bart(configuration, inputs: size, outputs: stack.feedForwardSize)
        outer = try .bart(configuration, inputs: stack.feedForwardSize, outputs: size)
        norm = try LayerNorm(size)
        activationDropout = Dropout(configuration.activationDropout)
        dropout = Dropout(configuration.dropoutRate)
    }

    /// - Parameters:
    ///   - x: [rows, length, model].
    ///   - mask: of self-attention, broadcast to [rows, heads, length, keys]; nil if all may be seen.
    ///   - encoded: the sources, for the decoder.
    ///   - packing: of the rows of `x`, if they are packed.
    func callAsFunction(
        _ x: Tensor, mask: Tensor?, encoded: EncodedSource? = nil, packing: RowPacking? = nil
    ) throws -> Tensor {
        if encoded == nil, !isTraining {
            return try feedForward(selfAttentionNorm(selfAttention.read(x, mask: mask)))
        }
        let (keys, values) = try selfAttention.keysAndValues(x)
        let mixed = try selfAttention(
            x, keys: keys, values: values, mask: mask, packing: packing.map { ($0, $0) })
        var x = try selfAttentionNorm(x + dropout(mixed, packing))
        if let crossAttention, let crossAttentionNorm, let encoded {
            let (keys, values) = try crossAttention.keysAndValues(encoded.states)
            let mixed = try crossAttention(
                x, keys: keys, values: values, mask: encoded.mask,
                packing: RowPacking.both(packing, encoded.packing))
            x = try crossAttentionNorm(x + dropout(mixed, packing))
        }
        let hidden = try activationDropout(activation(inner(x)), packing)
        return try norm(x + dropout(outer(hidden), packing))
    }

    /// Reads tokens `x` [rows, length, model] that follow those in the cache.
    func step(_ x: Tensor, layer: Int, cache: DecoderCache, source: EncodedSource) throws -> Tensor {
        var x = try selfAttentionNorm(selfAttention.step(x, layer: layer, cache: cache))
        if let crossAttention, let crossAttentionNorm {
            x = try crossAttentionNorm(crossAttention.step(x, layer: layer, cache: cache, source: source))
        }
        return try feedForward(x)
    }

    /// The last part, without dropout.
    private func feedForward(_ x: Tensor) throws -> Tensor {
        let hidden = try fused.map { try inner(x, then: $0) } ?? activation(inner(x))
        return try norm(outer(hidden, plus: x))
    }
}

/// The encoder or the decoder.
final class BARTStack: Module {
    @Part("embed_positions") private var positions: LearnedPositions
    @Part("layernorm_embedding") private var embeddingNorm: LayerNorm
    @Part("layers") private var layers: [BARTLayer]
    @Part("dropout") private var dropout: Dropout
    private let scale: Double

    init(_ configuration: BARTConfiguration, isDecoder: Bool) throws {
        scale = configuration.scalesEmbeddings ? Double(configuration.modelSize).squareRoot() : 1
        super.init()
        let stack = isDecoder ? configuration.decoder : configuration.encoder
        positions = try LearnedPositions(configuration)
        embeddingNorm = try LayerNorm(configuration.modelSize)
        layers = try (0..<stack.layers).map { _ in try BARTLayer(configuration, isDecoder: isDecoder) }
        dropout = Dropout(configuration.dropoutRate)
    }

    /// - Parameters: see `BARTLayer`; `x` are embedded tokens without their positions.
    func callAsFunction(
        _ x: Tensor, mask: Tensor?, encoded: EncodedSource? = nil, packing: RowPacking? = nil
    ) throws -> Tensor {
        let places = try packing.map { try positions($0.positions, shape: [1, $0.total]) }
        var x = try dropout(embed(x, places ?? positions(length: x.size(1))), packing)
        for layer in layers {
            x = try layer.recomputed([x] + (encoded.map { [$0.states] } ?? [])) { inputs in
                try layer(
                    inputs[0], mask: mask, encoded: encoded?.with(states: inputs[1]), packing: packing)
            }
        }
        return x
    }

    /// Reads tokens `x` that follow those in the cache.
    func step(_ x: Tensor, cache: DecoderCache, source: EncodedSource) throws -> Tensor {
        var x = try embed(x, positions(firsts: cache.positions(rows: x.size(0)), length: x.size(1)))
        for (index, layer) in layers.enumerated() {
            x = try layer.step(x, layer: index, cache: cache, source: source)
        }
        return x
    }

    private func embed(_ x: Tensor, _ place: Tensor) throws -> Tensor {
        try embeddingNorm((scale == 1 ? x : x * scale) + place)
    }
}

/// The whole network.
final class BART: Module, SequenceToSequenceModel {
    static let architecture = "bart"
    static let transformersClass = "BartForConditionalGeneration"
    // bart-base was saved without its head, and so without the prefix.
    static let weightNames = WeightNames(
        prefix: "model.",
        tied: [
            "model.encoder.embed_tokens.weight": "model.shared.weight",
            "model.decoder.embed_tokens.weight": "model.shared.weight",
            "lm_head.weight": "model.shared.weight",
        ],
        // fairseq counted the versions of its stacks.
        ignored: ["model.encoder.version", "model.decoder.version"],
        optional: ["final_logits_bias"])
    /// `BartConfig` forces the end, whatever its file says of it.
    static let generationDefaults: [String: Value] = ["forced_eos_token_id": 2]

    let configuration: BARTConfiguration
    @Part("model.shared") private var shared: Embedding
    @Part("model.encoder") private var encoder: BARTStack
    @Part("model.decoder") private var decoder: BARTStack
    @Part("lm_head") private var head: Linear?
    /// [1, vocabulary]; not trained.
    @Part("final_logits_bias") private var logitsBias: Tensor

    init(_ configuration: BARTConfiguration) throws {
        self.configuration = configuration
        super.init()
        let table = [configuration.vocabularySize, configuration.modelSize]
        shared = try Embedding(weight: Initializer.normal(table, deviation: configuration.deviation))
        encoder = try BARTStack(configuration, isDecoder: false)
        decoder = try BARTStack(configuration, isDecoder: true)
        head =
            configuration.tiesEmbeddings
            ? nil : try Linear(weight: Initializer.normal(table, deviation: configuration.deviation))
        logitsBias = try .zeros([1, configuration.vocabularySize])
    }

    var decoderLayerCount: Int { configuration.decoder.layers }
    var decodesUnevenRows: Bool { true }
    var readsPackedRows: Bool { true }
    var padID: Int { configuration.padID }
    var eosID: Int { configuration.eosID }
    var decoderStartID: Int { configuration.decoderStartID }
    var maxPositions: Int? { configuration.positions }

    func encode(_ source: TokenBatch) throws -> EncodedSource {
        let x = try shared(source.ids)  // [rows, length, model]
        let mask = try source.paddingMask(dtype: x.dtype)
        return EncodedSource(
            states: try encoder(x, mask: mask, packing: source.packing), mask: mask, packing: source.packing)
    }

    func decode(_ tokens: Tensor, source: EncodedSource, cache: DecoderCache?) throws -> Tensor {
        let x = try shared(tokens)
        if let cache { return try decoder.step(x, cache: cache, source: source) }
        let packing = source.targetPacking
        let length = try packing?.longest ?? x.size(1)
        var mask: Tensor?
        if length > 1 {
            mask = try Tensor.full([length, length], TokenBatch.blocked, dtype: x.dtype, device: x.device)
                .triu(diagonal: 1)
        }
        return try decoder(x, mask: mask, encoded: source, packing: packing)
    }

    func logits(_ states: Tensor) throws -> Tensor {
        // One pass over scores of the whole vocabulary less; a training keeps them in float32.
        if head == nil, !isTraining {
            return try shared.scores(states, bias: logitsBias.to(states.dtype).flatten())
        }
        let scores = try head?(states) ?? shared.scores(states)
        return try scores + logitsBias
    }

    static func makeTokenizer(_ texts: some Sequence<String>, size: Int, job: Job) throws -> any Tokenizer {
        try ByteLevelBPETokenizer.train(on: texts, vocabularySize: size, job: job)
    }

    static func loadTokenizer(_ folder: String) throws -> any Tokenizer {
        try ByteLevelBPETokenizer(folder: folder)
    }
}
