// T5, the text-to-text transfer transformer: an encoder-decoder with relative position bias, RMS norms before each
// layer, no biases and unscaled attention.
//
// Sources: Raffel et al., "Exploring the Limits of Transfer Learning with a Unified Text-to-Text Transformer"
// (2020); transformers' `T5ForConditionalGeneration`, whose weight names these are.

import Glibc
import LyceumKit
import LyceumTorch

/// Scores of attention become biases by the distance of two positions, in classes that widen logarithmically.
final class RelativePositionBias: Module {
    /// [buckets, heads].
    @Part("relative_attention_bias") private var embedding: Embedding
    private let isBidirectional: Bool
    private let maxDistance: Int
    private let buckets: Int
    /// The bucket of (query, key), [n, n]; it depends only on key - query, so any smaller table is its corner.
    private var table: Tensor?

    init(_ configuration: T5Configuration, isBidirectional: Bool) throws {
        self.isBidirectional = isBidirectional
        maxDistance = configuration.maxDistance
        buckets = configuration.buckets
        super.init()
        let deviation = configuration.initializerFactor / Double(configuration.modelSize).squareRoot()
        embedding = try Embedding(
            weight: Initializer.normal([buckets, configuration.heads], deviation: deviation), decays: false,
            isRoundable: false)
    }

    /// The biases of queries `0..<queries` to keys `0..<keys`: [1, heads, queries, keys].
    func callAsFunction(queries: Int, keys: Int) throws -> Tensor {
        let corner = try table(holding: max(queries, keys)).narrow(dim: 0, start: 0, length: queries).narrow(
            dim: 1, start: 0, length: keys)
        return try embedding(corner).permute(2, 0, 1).unsqueeze(0).contiguous()
    }

    /// The biases of a query to keys before it, by their distance from 0 on: [heads, distances].
    func byDistance(_ distances: Int) throws -> Tensor {
        let buckets = try Tensor((0..<distances).map { bucket(-$0) }).to(embedding.weight.tensor.device)
        return try embedding(buckets).t().contiguous()
    }

    private func table(holding size: Int) throws -> Tensor {
        let device = embedding.weight.tensor.device
        if let table, table.device == device, try table.size(0) >= size { return table }
        var capacity = 64
        while capacity < size { capacity *= 2 }
        var flat: [Int] = []
        flat.reserveCapacity(capacity * capacity)
        let byDistance = (-(capacity - 1)...(capacity - 1)).map { bucket($0) }
        for query in 0..<capacity {
            // Keys 0..<capacity lie at distances -query..<capacity - query.
            flat += byDistance[(capacity - 1 - query)..<(2 * capacity - 1 - query)]
        }
        let new = try Tensor(flat, shape: [capacity, capacity]).to(device)
        table = new
        return new
    }

    /// The class of a distance, key position minus query position.
    func bucket(_ distance: Int) -> Int {
        Self.bucket(distance, isBidirectional: isBidirectional, buckets: buckets, maxDistance: maxDistance)
    }

    /// Half of the classes are exact distances, the others widen up to `maxDistance`.
    static func bucket(_ distance: Int, isBidirectional: Bool, buckets: Int, maxDistance: Int) -> Int {
        let side = isBidirectional ? buckets / 2 : buckets
        let base = isBidirectional && distance > 0 ? side : 0
        let reach = isBidirectional ? abs(distance) : max(-distance, 0)
        let exact = side / 2
        if reach < exact { return base + reach }
        // In float32 and truncated, as transformers does it.
        let scale = logf(Float(reach) / Float(exact)) / logf(Float(maxDistance) / Float(exact))
        return base + min(side - 1, exact + Int(scale * Float(side - exact)))
    }
}

extension T5Configuration {
    /// A linear map without a bias whose weights have the deviation factor / √`size`.
    fileprivate func linear(_ inputs: Int, _ outputs: Int, over size: Int) throws -> Linear {
        let deviation = initializerFactor / Double(size).squareRoot()
        return try Linear(weight: Initializer.normal([outputs, inputs], deviation: deviation))
    }
}

/// Multi-head attention without biases and without scaling.
final class T5Attention: Module {
    @Part("q") private var q: Linear
    @Part("k") private var k: Linear
    @Part("v") private var v: Linear
    @Part("o") private var o: Linear
    @Part("dropout") private var dropout: Dropout
    private let heads: Int

    init(_ configuration: T5Configuration) throws {
        heads = configuration.heads
        super.init()
        let (model, inner) = (configuration.modelSize, configuration.heads * configuration.headSize)
        q = try configuration.linear(model, inner, over: model * configuration.headSize)
        k = try configuration.linear(model, inner, over: model)
        v = try configuration.linear(model, inner, over: model)
        o = try configuration.linear(inner, model, over: inner)
        dropout = Dropout(configuration.dropoutRate)
    }

    /// Keys and values of `x` [rows, length, model]: [rows, heads, length, size] each.
    func keysAndValues(_ x: Tensor) throws -> (keys: Tensor, values: Tensor) {
        (try Attention.split(k(x), heads: heads), try Attention.split(v(x), heads: heads))
    }

    /// Attends from `x` [rows, length, model] to keys and values.
    func callAsFunction(
        _ x: Tensor, keys: Tensor, values: Tensor, bias: Tensor? = nil, mask: Tensor? = nil,
        packing: (queries: RowPacking, keys: RowPacking)? = nil
    ) throws -> Tensor {
        let mixed = try Attention.attend(
            Attention.split(q(x), heads: heads), keys, values, bias: bias, mask: mask, scale: 1,
            dropout: dropout, packing: packing)
        return try o(Attention.merge(mixed))
    }

    /// Attends from all tokens of a source, normed [rows, length, model], to all, and adds to the states; without dropout.
    func read(_ normed: Tensor, to states: Tensor, bias: Tensor, mask: Tensor?) throws -> Tensor {
        let parts = try Linear.all([q, k, v], of: normed).map { try Attention.split($0, heads: heads) }
        let mixed = try Attention.attend(
            parts[0], parts[1], parts[2], bias: bias, mask: mask, scale: 1, dropout: dropout)
        return try o(Attention.merge(mixed), plus: states)
    }

    /// Attends from tokens, normed [rows, length, model], to those read before and to themselves, and adds to the states.
    func step(_ normed: Tensor, to states: Tensor, layer: Int, cache: DecoderCache) throws -> Tensor {
        let parts = try Linear.all([q, k, v], of: normed)
        let mixed = try cache.attend(
            layer: layer, parts[0], keys: parts[1], values: parts[2], heads: heads, scale: 1,
            distances: cache.distanceBias)
        return try o(mixed, plus: states)
    }

    /// The same to the source.
    func step(
        _ normed: Tensor, to states: Tensor, layer: Int, cache: DecoderCache, source: EncodedSource
    ) throws -> Tensor {
        let mixed = try cache.attendToSource(
            layer: layer, q(normed), heads: heads, scale: 1, source: source
        ) {
            let both = try Linear.all([k, v], of: $0)
            return (both[0], both[1])
        }
        return try o(mixed, plus: states)
    }
}

/// Two linear maps with an activation between, or with a gate (Shazeer, "GLU Variants Improve Transformer", 2020).
final class T5FeedForward: Module {
    @Part("wi") private var input: Linear?
    @Part("wi_*") private var gated: [Linear]
    @Part("wo") private var wo: Linear
    @Part("dropout") private var dropout: Dropout
    private let activation: (Tensor) throws -> Tensor
    /// The activation of maps without a gate where it can be done in one pass with the first.
    private let fused: FusedActivation?

    init(_ configuration: T5Configuration) throws {
        switch configuration.feedForward {
        case .relu: fused = .relu
        case .gelu: fused = .gelu
        default: fused = nil
        }
        let isGated: Bool
        switch configuration.feedForward {
        case .relu: (isGated, activation) = (false, { try $0.relu() })
        case .gelu: (isGated, activation) = (false, { try $0.gelu() })
        case .silu: (isGated, activation) = (false, { try $0.silu() })
        case .gatedReLU: (isGated, activation) = (true, { try $0.relu() })
        // transformers reads this as the approximation by tanh that T5 1.1 was trained with.
        case .gatedGELU: (isGated, activation) = (true, { try $0.gelu(approximate: .tanh) })
        case .gatedSiLU: (isGated, activation) = (true, { try $0.silu() })
        }
        super.init()
        let (model, inner) = (configuration.modelSize, configuration.feedForwardSize)
        input = try isGated ? nil : configuration.linear(model, inner, over: model)
        gated = try (0..<(isGated ? 2 : 0)).map { _ in try configuration.linear(model, inner, over: model) }
        wo = try configuration.linear(inner, model, over: inner)
        dropout = Dropout(configuration.dropoutRate)
    }

    func callAsFunction(_ x: Tensor, packing: RowPacking? = nil) throws -> Tensor {
        let hidden = try input.map { try activation($0(x)) } ?? activation(gated[0](x)) * gated[1](x)
        return try wo(dropout(hidden, packing))
    }

    /// The same without dropout, added to states.
    func step(_ normed: Tensor, to states: Tensor) throws -> Tensor {
        if let input, let fused { return try wo(input(normed, then: fused), plus: states) }
        if let input { return try wo(activation(input(normed)), plus: states) }
        let parts = try Linear.all(gated, of: normed)
        return try wo(activation(parts[0]) * parts[1], plus: states)
    }
}

/// One layer of the encoder or the decoder: attention, in the decoder attention to the source, feed-forward; each
/// reads the norm of the states and adds to them.
final class T5Block: Module {
    @Part("layer.0.SelfAttention") private var selfAttention: T5Attention
    @Part("layer.1.EncDecAttention") private var crossAttention: T5Attention?
    @Part("layer.*.layer_norm") private var norms: [RMSNorm]
    @Part("dropout") private var dropout: Dropout
    private let feedForward: T5FeedForward

    init(_ configuration: T5Configuration, isDecoder: Bool) throws {
        feedForward = try T5FeedForward(configuration)
        super.init()
        selfAttention = try T5Attention(configuration)
        crossAttention = isDecoder ? try T5Attention(configuration) : nil
        register("layer.\(isDecoder ? 2 : 1).DenseReluDense", feedForward)
        norms = try (0..<(isDecoder ? 3 : 2)).map { _ in
            try RMSNorm(configuration.modelSize, epsilon: configuration.epsilon)
        }
        dropout = Dropout(configuration.dropoutRate)
    }

    /// - Parameters:
    ///   - x: [rows, length, model].
    ///   - bias: of self-attention, [1 or rows, heads, length, keys].
    ///   - mask: of self-attention, broadcast to that.
    ///   - encoded: the sources, for the decoder.
    ///   - packing: of the rows of `x`, if they are packed.
    func callAsFunction(
        _ x: Tensor, bias: Tensor, mask: Tensor?, encoded: EncodedSource? = nil, packing: RowPacking? = nil
    ) throws -> Tensor {
        var x = x
        let normed = try norms[0](x)
        if encoded == nil, !isTraining {
            x = try selfAttention.read(normed, to: x, bias: bias, mask: mask)
            return try feedForward.step(norms[norms.count - 1](x), to: x)
        }
        let (keys, values) = try selfAttention.keysAndValues(normed)
        let mixed = try selfAttention(
            normed, keys: keys, values: values, bias: bias, mask: mask, packing: packing.map { ($0, $0) })
        x = try x + dropout(mixed, packing)
        if let crossAttention, let encoded {
            let (keys, values) = try crossAttention.keysAndValues(encoded.states)
            let mixed = try crossAttention(
                norms[1](x), keys: keys, values: values, mask: encoded.mask,
                packing: RowPacking.both(packing, encoded.packing))
            x = try x + dropout(mixed, packing)
        }
        return try x + dropout(feedForward(norms[norms.count - 1](x), packing: packing), packing)
    }

    /// Reads tokens `x` [rows, length, model] that follow those in the cache.
    func step(_ x: Tensor, layer: Int, cache: DecoderCache, source: EncodedSource) throws -> Tensor {
        var x = try selfAttention.step(norms[0](x), to: x, layer: layer, cache: cache)
        if let crossAttention {
            x = try crossAttention.step(norms[1](x), to: x, layer: layer, cache: cache, source: source)
        }
        return try feedForward.step(norms[norms.count - 1](x), to: x)
    }
}

/// The encoder or the decoder.
final class T5Stack: Module {
    @Part("block") private var blocks: [T5Block]
    /// All blocks share the biases; the checkpoint holds them in the first.
    @Part("block.0.layer.0.SelfAttention") var position: RelativePositionBias
    @Part("final_layer_norm") private var norm: RMSNorm
    @Part("dropout") private var dropout: Dropout

    init(_ configuration: T5Configuration, isDecoder: Bool) throws {
        super.init()
        let count = isDecoder ? configuration.decoderLayers : configuration.encoderLayers
        blocks = try (0..<count).map { _ in try T5Block(configuration, isDecoder: isDecoder) }
        position = try RelativePositionBias(configuration, isBidirectional: !isDecoder)
        norm = try RMSNorm(configuration.modelSize, epsilon: configuration.epsilon)
        dropout = Dropout(configuration.dropoutRate)
    }

    /// - Parameters: see `T5Block`; `x` are embedded tokens.
    func callAsFunction(
        _ x: Tensor, bias: Tensor, mask: Tensor? = nil, encoded: EncodedSource? = nil,
        packing: RowPacking? = nil
    ) throws -> Tensor {
        // In training the sum would be one for each row, whose gradient would have to be summed again.
        let (bias, mask) = isTraining ? (bias, mask) : (try mask.map { try bias + $0 } ?? bias, nil)
        var x = try dropout(x, packing)
        for block in blocks {
            x = try block.recomputed([x, bias] + (encoded.map { [$0.states] } ?? [])) { inputs in
                try block(
                    inputs[0], bias: inputs[1], mask: mask, encoded: encoded?.with(states: inputs[2]),
                    packing: packing)
            }
        }
        return try dropout(norm(x), packing)
    }

    /// Reads embedded tokens `x` that follow those in the cache.
    func step(_ x: Tensor, cache: DecoderCache, source: EncodedSource) throws -> Tensor {
        let needed = try (cache.positions(rows: x.size(0)).max() ?? 0) + x.size(1)
        if try cache.distanceBias.map({ try $0.size(1) < needed }) ?? true {
            cache.distanceBias = try position.byDistance(max(64, 2 * needed))
        }
        var x = x
        for (layer, block) in blocks.enumerated() {
            x = try block.step(x, layer: layer, cache: cache, source: source)
        }
        return try norm(x)
    }
}

/// The whole network.
final class T5: Module, SequenceToSequenceModel {
    static let architecture = "t5"
    static let transformersClass = "T5ForConditionalGeneration"
    static let weightNames = WeightNames(
        tied: [
            "encoder.embed_tokens.weight": "shared.weight", "decoder.embed_tokens.weight": "shared.weight",
            "lm_head.weight": "shared.weight",
        ],
        // Old checkpoints hold a bias of the attention to the source; nobody reads it.
        ignored: ["decoder.block.0.layer.1.EncDecAttention.relative_attention_bias.weight"])

    let configuration: T5Configuration
    @Part("shared") private var shared: Embedding
    @Part("encoder") private var encoder: T5Stack
    @Part("decoder") private var decoder: T5Stack
    @Part("lm_head") private var head: Linear?

    init(_ configuration: T5Configuration) throws {
        self.configuration = configuration
        super.init()
        let table = [configuration.vocabularySize, configuration.modelSize]
        shared = try Embedding(weight: Initializer.normal(table, deviation: configuration.initializerFactor))
        encoder = try T5Stack(configuration, isDecoder: false)
        decoder = try T5Stack(configuration, isDecoder: true)
        head =
            configuration.tiesEmbeddings
            ? nil : try Linear(weight: Initializer.normal(table, deviation: configuration.initializerFactor))
    }

    var decoderLayerCount: Int { configuration.decoderLayers }
    var decodesUnevenRows: Bool { true }
    var readsPackedRows: Bool { true }
    var padID: Int { 0 }
    var eosID: Int { 1 }
    var decoderStartID: Int { 0 }

    func encode(_ source: TokenBatch) throws -> EncodedSource {
        let x = try shared(source.ids)  // [rows, length, model]
        let length = try source.packing?.longest ?? x.size(1)
        let mask = try source.paddingMask(dtype: x.dtype)
        let bias = try encoder.position(queries: length, keys: length)
        // [1, heads, length, length] and [rows, 1, 1, length].
        return EncodedSource(
            states: try encoder(x, bias: bias, mask: mask, packing: source.packing), mask: mask,
            packing: source.packing)
    }

    func decode(_ tokens: Tensor, source: EncodedSource, cache: DecoderCache?) throws -> Tensor {
        let x = try shared(tokens)
        if let cache { return try decoder.step(x, cache: cache, source: source) }
        let packing = source.targetPacking
        let length = try packing?.longest ?? x.size(1)
        var bias = try decoder.position(queries: length, keys: length)
        if length > 1 {
            let future = try Tensor.full(
                [length, length], TokenBatch.blocked, dtype: x.dtype, device: x.device)
            bias = try bias + future.triu(diagonal: 1)
        }
        return try decoder(x, bias: bias, encoded: source, packing: packing)
    }

    func logits(_ states: Tensor) throws -> Tensor {
        if let head { return try head(states) }
        // The tied head expects states scaled down, because the embeddings are of size one.
        return try shared.scores(states * (1 / Double(configuration.modelSize).squareRoot()))
    }
}
