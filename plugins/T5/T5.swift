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
    private let embedding: Embedding
    private let isBidirectional: Bool
    private let maxDistance: Int
    private let buckets: Int
    /// The bucket of (query, key), [n, n]; it depends only on key - query, so any smaller table is its corner.
    private var table: Tensor?

    init(_ configuration: T5Configuration, isBidirectional: Bool) throws {
        let deviation = configuration.initializerFactor / Double(configuration.modelSize).squareRoot()
        embedding = try Embedding(
            weight: Initializer.normal([configuration.buckets, configuration.heads], deviation: deviation),
            decays: false)
        self.isBidirectional = isBidirectional
        maxDistance = configuration.maxDistance
        buckets = configuration.buckets
        super.init()
        register("relative_attention_bias", embedding)
    }

    /// The biases of queries `first..<first + queries` to keys `0..<keys`: [1, heads, queries, keys].
    func callAsFunction(first: Int = 0, queries: Int, keys: Int) throws -> Tensor {
        let corner = try table(holding: max(first + queries, keys))
            .narrow(dim: 0, start: first, length: queries).narrow(dim: 1, start: 0, length: keys)
        return try embedding(corner).permute(2, 0, 1).unsqueeze(0).contiguous()
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

/// Multi-head attention without biases and without scaling.
final class T5Attention: Module {
    private let q: Linear
    private let k: Linear
    private let v: Linear
    private let o: Linear
    private let heads: Int
    private let dropout: Dropout

    init(_ configuration: T5Configuration) throws {
        let (model, inner) = (configuration.modelSize, configuration.heads * configuration.headSize)
        let factor = configuration.initializerFactor
        let narrow = factor / Double(model).squareRoot()
        q = try Linear(
            weight: Initializer.normal(
                [inner, model], deviation: narrow / Double(configuration.headSize).squareRoot()))
        k = try Linear(weight: Initializer.normal([inner, model], deviation: narrow))
        v = try Linear(weight: Initializer.normal([inner, model], deviation: narrow))
        o = try Linear(
            weight: Initializer.normal([model, inner], deviation: factor / Double(inner).squareRoot()))
        heads = configuration.heads
        dropout = Dropout(configuration.dropoutRate)
        super.init()
        for (name, linear) in [("q", q), ("k", k), ("v", v), ("o", o)] { register(name, linear) }
        register("dropout", dropout)
    }

    /// Keys and values of `x` [rows, length, model]: [rows, heads, length, size] each.
    func keysAndValues(_ x: Tensor) throws -> (keys: Tensor, values: Tensor) {
        (try Attention.split(k(x), heads: heads), try Attention.split(v(x), heads: heads))
    }

    /// Lets `x` [rows, length, model] attend; `sources` rows of keys serve all rows, as many for each.
    func callAsFunction(_ x: Tensor, keys: Tensor, values: Tensor, bias: Tensor?) throws -> Tensor {
        let shape = x.shape
        let sources = try keys.size(0)
        // Hypotheses of one source become queries of one row: (rows, 1, inner) -> (sources, rows / sources, inner).
        let queries = try q(x).view(sources, -1, heads * keys.size(3))
        let mixed = try Attention.attend(
            Attention.split(queries, heads: heads), keys, values, bias: bias, scale: 1, dropout: dropout)
        return try o(Attention.merge(mixed)).view(shape)
    }
}

/// Two linear maps with an activation between, or with a gate (Shazeer, "GLU Variants Improve Transformer", 2020).
final class T5FeedForward: Module {
    private let inputs: [Linear]
    private let wo: Linear
    private let activation: (Tensor) throws -> Tensor
    private let dropout: Dropout

    init(_ configuration: T5Configuration) throws {
        let (model, inner) = (configuration.modelSize, configuration.feedForwardSize)
        let factor = configuration.initializerFactor
        let isGated = configuration.feedForward.hasPrefix("gated-")
        inputs = try (0..<(isGated ? 2 : 1)).map { _ in
            try Linear(
                weight: Initializer.normal([inner, model], deviation: factor / Double(model).squareRoot()))
        }
        wo = try Linear(
            weight: Initializer.normal([model, inner], deviation: factor / Double(inner).squareRoot()))
        switch configuration.feedForward {
        // transformers reads "gated-gelu" as the approximation by tanh that T5 1.1 was trained with.
        case "gated-gelu": activation = { try $0.gelu(approximate: .tanh) }
        case "gelu": activation = { try $0.gelu() }
        case "silu", "gated-silu": activation = { try $0.silu() }
        default: activation = { try $0.relu() }
        }
        dropout = Dropout(configuration.dropoutRate)
        super.init()
        for (index, linear) in inputs.enumerated() { register(isGated ? "wi_\(index)" : "wi", linear) }
        register("wo", wo)
        register("dropout", dropout)
    }

    func callAsFunction(_ x: Tensor) throws -> Tensor {
        var hidden = try activation(inputs[0](x))
        if inputs.count > 1 { hidden = try hidden * inputs[1](x) }
        return try wo(dropout(hidden))
    }
}

/// One layer of the encoder or the decoder: attention, in the decoder attention to the source, feed-forward; each
/// reads the norm of the states and adds to them.
final class T5Block: Module {
    private let selfAttention: T5Attention
    private let crossAttention: T5Attention?
    private let feedForward: T5FeedForward
    private let norms: [RMSNorm]
    private let dropout: Dropout

    init(_ configuration: T5Configuration, isDecoder: Bool) throws {
        selfAttention = try T5Attention(configuration)
        crossAttention = isDecoder ? try T5Attention(configuration) : nil
        feedForward = try T5FeedForward(configuration)
        norms = try (0..<(isDecoder ? 3 : 2)).map { _ in
            try RMSNorm(configuration.modelSize, epsilon: configuration.epsilon)
        }
        dropout = Dropout(configuration.dropoutRate)
        super.init()
        register("layer.0.SelfAttention", selfAttention)
        if let crossAttention { register("layer.1.EncDecAttention", crossAttention) }
        register("layer.\(norms.count - 1).DenseReluDense", feedForward)
        for (index, norm) in norms.enumerated() { register("layer.\(index).layer_norm", norm) }
        register("dropout", dropout)
    }

    /// - Parameters:
    ///   - x: [rows, length, model].
    ///   - bias: of self-attention, [1 or rows, heads, length, keys].
    ///   - encoded: the sources, for the decoder.
    ///   - cache: of this layer, when decoding step by step.
    func callAsFunction(
        _ x: Tensor, bias: Tensor, encoded: EncodedSource? = nil, cache: inout DecoderCache.Layer?
    ) throws -> Tensor {
        var x = x
        let normed = try norms[0](x)
        var (keys, values) = try selfAttention.keysAndValues(normed)
        if let held = cache?.selfAttention { (keys, values) = try held.append(keys, values) }
        x = try x + dropout(selfAttention(normed, keys: keys, values: values, bias: bias))
        if let crossAttention, let encoded {
            let memory = try cache?.crossAttention ?? crossAttention.keysAndValues(encoded.states)
            cache?.crossAttention = memory
            x =
                try x
                + dropout(
                    crossAttention(norms[1](x), keys: memory.keys, values: memory.values, bias: encoded.mask))
        }
        return try x + dropout(feedForward(norms[norms.count - 1](x)))
    }
}

/// The encoder or the decoder.
final class T5Stack: Module {
    let blocks: [T5Block]
    let position: RelativePositionBias
    private let norm: RMSNorm
    private let dropout: Dropout

    init(_ configuration: T5Configuration, isDecoder: Bool) throws {
        let count = isDecoder ? configuration.decoderLayers : configuration.encoderLayers
        blocks = try (0..<count).map { _ in try T5Block(configuration, isDecoder: isDecoder) }
        position = try RelativePositionBias(configuration, isBidirectional: !isDecoder)
        norm = try RMSNorm(configuration.modelSize, epsilon: configuration.epsilon)
        dropout = Dropout(configuration.dropoutRate)
        super.init()
        for (index, block) in blocks.enumerated() { register("block.\(index)", block) }
        // All blocks share the biases; the checkpoint holds them in the first.
        register("block.0.layer.0.SelfAttention", position)
        register("final_layer_norm", norm)
        register("dropout", dropout)
    }

    /// - Parameters: see `T5Block`; `x` are embedded tokens.
    func callAsFunction(
        _ x: Tensor, bias: Tensor, encoded: EncodedSource? = nil, cache: DecoderCache? = nil
    ) throws -> Tensor {
        var x = try dropout(x)
        for (index, block) in blocks.enumerated() {
            var layer = cache?.layers[index]
            x = try block(x, bias: bias, encoded: encoded, cache: &layer)
            if let layer { cache?.layers[index] = layer }
        }
        return try dropout(norm(x))
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
    private let shared: Embedding
    private let encoder: T5Stack
    private let decoder: T5Stack
    private let head: Linear?

    init(_ configuration: T5Configuration) throws {
        let table = [configuration.vocabularySize, configuration.modelSize]
        self.configuration = configuration
        shared = try Embedding(weight: Initializer.normal(table, deviation: configuration.initializerFactor))
        encoder = try T5Stack(configuration, isDecoder: false)
        decoder = try T5Stack(configuration, isDecoder: true)
        head =
            configuration.tiesEmbeddings
            ? nil : try Linear(weight: Initializer.normal(table, deviation: configuration.initializerFactor))
        super.init()
        register("shared", shared)
        register("encoder", encoder)
        register("decoder", decoder)
        if let head { register("lm_head", head) }
    }

    var decoderLayerCount: Int { configuration.decoderLayers }
    var padID: Int { 0 }
    var eosID: Int { 1 }
    var decoderStartID: Int { 0 }

    func encode(_ source: TokenBatch) throws -> EncodedSource {
        let x = try shared(source.ids)  // [rows, length, model]
        let length = try x.size(1)
        let mask = try source.paddingMask(dtype: x.dtype)
        let bias = try encoder.position(queries: length, keys: length)
        // [1, heads, length, length] + [rows, 1, 1, length], once for all layers.
        return EncodedSource(states: try encoder(x, bias: mask.map { try bias + $0 } ?? bias), mask: mask)
    }

    func decode(_ tokens: Tensor, source: EncodedSource, cache: DecoderCache?) throws -> Tensor {
        let x = try shared(tokens)
        let length = try x.size(1)
        let past = cache?.length ?? 0
        var bias = try decoder.position(first: past, queries: length, keys: past + length)
        if length > 1 {
            let future = try Tensor.full(
                [length, past + length], TokenBatch.blocked, dtype: x.dtype, device: x.device)
            bias = try bias + future.triu(diagonal: past + 1)
        }
        return try decoder(x, bias: bias, encoded: source, cache: cache)
    }

    func logits(_ states: Tensor) throws -> Tensor {
        if let head { return try head(states) }
        // The tied head expects states scaled down, because the embeddings are of size one.
        return try (states * (1 / Double(configuration.modelSize).squareRoot())).linear(shared.weight.value)
    }
}
