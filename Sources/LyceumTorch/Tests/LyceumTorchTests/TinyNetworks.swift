import LyceumKit
import LyceumTorch

/// The shape of the networks of these tests.
struct TinyConfiguration: SequenceToSequenceConfiguration {
    @Setting("vocab_size", in: 16...1000, unit: "pieces", "pieces of the vocabulary")
    var vocabularySize = 120
    @Setting("d_model", in: 1...256, "size of the states")
    var size = 16
    @Setting("uneven", "whether it decodes by DecoderCache.attend")
    var isUneven = false
}

/// A transformer as a plugin's author would write it.
final class TinyTransformer: Module, SequenceToSequenceModel {
    static let architecture = "tiny"
    let configuration: TinyConfiguration
    @Part("tokens") private var tokens: Embedding
    @Part("positions") private var positions: Embedding
    @Part("encoder") private var encoder: MultiheadAttention
    @Part("own") private var own: [MultiheadAttention]
    @Part("source") private var source: [MultiheadAttention]
    @Part("norm") private var norm: [LayerNorm]
    @Part("head") private var head: Linear

    init(_ configuration: TinyConfiguration) throws {
        self.configuration = configuration
        super.init()
        let size = configuration.size
        tokens = try Embedding(configuration.vocabularySize, size)
        positions = try Embedding(128, size)
        encoder = try MultiheadAttention(size, heads: 2)
        own = try (0..<2).map { _ in try MultiheadAttention(size, heads: 2) }
        source = try (0..<2).map { _ in try MultiheadAttention(size, heads: 2) }
        norm = try (0..<4).map { _ in try LayerNorm(size) }
        head = try Linear(size, configuration.vocabularySize)
    }

    var decoderLayerCount: Int { 2 }
    var decodesUnevenRows: Bool { configuration.isUneven }
    var maxPositions: Int? { 128 }

    func encode(_ batch: TokenBatch) throws -> EncodedSource {
        let x = try tokens(batch.ids) + positions(Tensor.arange(0, batch.ids.size(1)).to(batch.ids.device))
        let mask = try batch.paddingMask(dtype: x.dtype)
        return EncodedSource(states: try x + encoder(x, mask: mask), mask: mask)
    }

    func decode(_ ids: Tensor, source encoded: EncodedSource, cache: DecoderCache?) throws -> Tensor {
        if let cache, configuration.isUneven { return try step(ids, source: encoded, cache: cache) }
        let (past, length) = (cache?.length ?? 0, try ids.size(1))
        var x = try tokens(ids) + positions(Tensor.arange(past, past + length).to(ids.device))
        let blocked = try Tensor.full([length, past + length], -1e9, dtype: x.dtype, device: x.device)
        let future = try blocked.triu(diagonal: past + 1)
        for index in own.indices {
            let normed = try norm[2 * index](x)
            var (keys, values) = try own[index].keysAndValues(normed)
            if let held = cache?.layers[index].selfAttention {
                (keys, values) = try held.append(keys, values)
            }
            x = try x + own[index](normed, keys: keys, values: values, mask: future)
            let memory =
                try cache?.layers[index].crossAttention ?? source[index].keysAndValues(encoded.states)
            cache?.layers[index].crossAttention = memory
            x =
                try x
                + source[index](
                    norm[2 * index + 1](x), keys: memory.keys, values: memory.values, mask: encoded.mask)
        }
        return x
    }

    private func step(_ ids: Tensor, source encoded: EncodedSource, cache: DecoderCache) throws -> Tensor {
        let (rows, length) = (try ids.size(0), try ids.size(1))
        let places = cache.positions(rows: rows).flatMap { Array($0..<$0 + length) }
        var x = try tokens(ids) + positions(Tensor(places, shape: [rows, length]).to(ids.device))
        for index in own.indices {
            x = try x + own[index].step(norm[2 * index](x), layer: index, cache: cache)
            x =
                try x
                + source[index].step(norm[2 * index + 1](x), layer: index, cache: cache, source: encoded)
        }
        return x
    }

    func logits(_ states: Tensor) throws -> Tensor { try head(states) }

    static func registration(uneven: Bool) -> StudentArchitecture {
        SequenceToSequenceStudent<TinyTransformer>.registration(
            modelTypes: ["tiny"], summary: "a transformer for tests", learningRate: 1e-2,
            trial: ["uneven": .bool(uneven)])
    }
}
