// An encoder-decoder transformer, small enough to be read in a sitting: options, modules, `encode` and `decode`.
// The rest comes from `SequenceToSequenceStudent`.
// Source: Vaswani et al., "Attention Is All You Need" (2017), with the norm before each layer.
import LyceumKit
import LyceumTorch

/// The options of `student.new("template", { … })`, and what config.json keeps.
struct TransformerConfiguration: SequenceToSequenceConfiguration {
    @Setting("vocab_size", in: 16...1_000_000, unit: "pieces", "maximum vocabulary size, learned in training")
    var vocabularySize = 8000
    @Setting("d_model", in: 1...4096, "size of the states between layers") var size = 128
    @Setting("num_layers", in: 1...100, "layers of the encoder, and of the decoder") var layers = 2
}

/// Attention to a memory (its own positions, or the source), then a feed-forward network; both add to the states.
final class TransformerLayer: Module {
    @Part("norm") private var norms: [LayerNorm]
    @Part("q") private var query: Linear
    @Part("k") private var key: Linear
    @Part("v") private var value: Linear
    @Part("mix") private var mix: Linear
    @Part("inner") private var inner: Linear
    @Part("outer") private var outer: Linear
    @Part("dropout") private var dropout = Dropout(0.1)

    init(_ size: Int) throws {
        super.init()
        norms = [try LayerNorm(size), try LayerNorm(size)]
        query = try Linear(size, size)
        key = try Linear(size, size)
        value = try Linear(size, size)
        mix = try Linear(size, size)
        inner = try Linear(size, 4 * size)
        outer = try Linear(4 * size, size)
    }

    /// Of states [rows, length, size]: [rows, 1, length, size] each, for one head.
    typealias Memory = (keys: Tensor, values: Tensor)
    func memory(of x: Tensor) throws -> Memory {
        (try Attention.split(key(x), heads: 1), try Attention.split(value(x), heads: 1))
    }

    /// [rows, length, size] to the same; in decoding, several rows (hypotheses) may share one row of the memory.
    func callAsFunction(
        _ x: Tensor, _ memory: Memory?, mask: Tensor?, cache: KeyValueCache? = nil
    ) throws -> Tensor {
        let normed = try norms[0](x)
        var (keys, values) = try memory ?? self.memory(of: normed)
        if let cache { (keys, values) = try cache.append(keys, values) }
        let queries = try Attention.split(query(normed).view(keys.size(0), -1, x.size(2)), heads: 1)
        let scale = try 1 / Double(keys.size(3)).squareRoot()
        let mixed = try Attention.attend(queries, keys, values, bias: mask, scale: scale, dropout: dropout)
        let x = try x + dropout(mix(Attention.merge(mixed)).view(x.shape))
        return try x + dropout(outer(inner(norms[1](x)).gelu()))
    }
}

/// The network.
final class Transformer: Module, SequenceToSequenceModel {
    static let architecture = "template"
    let configuration: TransformerConfiguration
    @Part("tokens") private var tokens: Embedding
    @Part("positions") private var positions: Embedding
    @Part("encoder") private var encoder: [TransformerLayer]
    @Part("own") private var own: [TransformerLayer]
    @Part("source") private var source: [TransformerLayer]
    @Part("head") private var head: Linear

    init(_ configuration: TransformerConfiguration) throws {
        self.configuration = configuration
        super.init()
        let size = configuration.size
        func layers() throws -> [TransformerLayer] {
            try (0..<configuration.layers).map { _ in try TransformerLayer(size) }
        }
        tokens = try Embedding(configuration.vocabularySize, size, deviation: 0.1)
        positions = try Embedding(512, size, deviation: 0.1)
        (encoder, own, source) = (try layers(), try layers(), try layers())
        head = try Linear(size, configuration.vocabularySize)
    }

    var decoderLayerCount: Int { configuration.layers }
    var maxPositions: Int? { 512 }

    /// [rows, length] to [rows, length, size], for positions from `first` on.
    private func embed(_ ids: Tensor, first: Int = 0) throws -> Tensor {
        try tokens(ids) + positions(Tensor.arange(first, first + ids.size(1)).to(ids.device))
    }

    func encode(_ batch: TokenBatch) throws -> EncodedSource {
        var x = try embed(batch.ids)
        let mask = try batch.paddingMask(dtype: x.dtype)
        for layer in encoder { x = try layer(x, nil, mask: mask) }
        return EncodedSource(states: x, mask: mask)
    }

    func decode(_ ids: Tensor, source encoded: EncodedSource, cache: DecoderCache?) throws -> Tensor {
        let (past, length) = (cache?.length ?? 0, try ids.size(1))
        var x = try embed(ids, first: past)
        // No position sees those after it.
        let blocked = try Tensor.full([length, past + length], -1e9, dtype: x.dtype, device: x.device)
        let future = try blocked.triu(diagonal: past + 1)
        for index in own.indices {
            x = try own[index](x, nil, mask: future, cache: cache?.layers[index].selfAttention)
            let memory = try cache?.layers[index].crossAttention ?? source[index].memory(of: encoded.states)
            cache?.layers[index].crossAttention = memory
            x = try source[index](x, memory, mask: encoded.mask)
        }
        return x
    }

    func logits(_ states: Tensor) throws -> Tensor { try head(states) }
}

extension Transformer {
    /// How students of this architecture are made, trained and loaded.
    static var registration: StudentArchitecture {
        SequenceToSequenceStudent<Transformer>.registration(
            modelTypes: ["template"], summary: "a small encoder-decoder transformer", learningRate: 1e-3,
            // What makes it small enough to be tried in a second.
            trial: ["d_model": 16, "num_layers": 1])
    }
}
