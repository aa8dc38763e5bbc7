// An encoder-decoder transformer, small enough to be read in a sitting: options, modules, `encode` and `decode`.
// The rest comes from `SequenceToSequenceStudent`.
// Source: Vaswani et al., "Attention Is All You Need" (2017), with the norm before each layer.
import LyceumKit
import LyceumTorch

/// The options of `student.new("template", { … })`, and what config.json keeps.
struct TransformerConfiguration: SequenceToSequenceConfiguration {
    @Setting("vocab_size", in: 16...1_000_000, unit: "pieces", "maximum vocabulary size, learned in training")
    var vocabularySize = 8000
    @Setting("d_model", in: 1...4096, "size of the hidden states") var size = 128
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

    /// [rows, length, size] to the same.
    func callAsFunction(_ x: Tensor, _ memory: Memory?, mask: Tensor?) throws -> Tensor {
        let normed = try norms[0](x)
        let (keys, values) = try memory ?? self.memory(of: normed)
        let queries = try Attention.split(query(normed), heads: 1)
        let scale = try 1 / Double(x.size(2)).squareRoot()
        let mixed = try Attention.attend(queries, keys, values, bias: mask, scale: scale, dropout: dropout)
        let x = try x + dropout(mix(Attention.merge(mixed)))
        return try x + dropout(outer(inner(norms[1](x)).gelu()))
    }

    /// The same for tokens that follow those in the cache, which keeps what they need of the past; `source` to attend to
    /// that.
    func step(_ x: Tensor, layer: Int, cache: DecoderCache, source: EncodedSource? = nil) throws -> Tensor {
        let normed = try norms[0](x)
        let scale = try 1 / Double(x.size(2)).squareRoot()
        let mixed: Tensor
        if let source {
            mixed = try cache.attendToSource(
                layer: layer, query(normed), heads: 1, scale: scale, source: source
            ) { (try key($0), try value($0)) }
        } else {
            mixed = try cache.attend(
                layer: layer, query(normed), keys: key(normed), values: value(normed), heads: 1, scale: scale)
        }
        let x = try mix(mixed, plus: x)
        return try outer(inner(norms[1](x), then: .gelu), plus: x)
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

    /// Requests can join and leave a batch at any token, as `lyceum serve` likes it: `step` attends by the cache alone.
    var decodesUnevenRows: Bool { true }

    /// [rows, length] to [rows, length, size]; each row's positions follow those that it has read.
    private func embed(_ ids: Tensor, after read: [Int] = [0]) throws -> Tensor {
        let length = try ids.size(1)
        let places = try Tensor(read.flatMap { Array($0..<$0 + length) }, shape: [read.count, length])
        return try tokens(ids) + positions(places.to(ids.device))
    }

    func encode(_ batch: TokenBatch) throws -> EncodedSource {
        var x = try embed(batch.ids)
        let mask = try batch.paddingMask(dtype: x.dtype)
        for layer in encoder { x = try layer(x, nil, mask: mask) }
        return EncodedSource(states: x, mask: mask)
    }

    func decode(_ ids: Tensor, source encoded: EncodedSource, cache: DecoderCache?) throws -> Tensor {
        var x = try embed(ids, after: cache?.positions(rows: ids.size(0)) ?? [0])
        if let cache {
            for index in own.indices {
                x = try own[index].step(x, layer: index, cache: cache)
                x = try source[index].step(x, layer: index, cache: cache, source: encoded)
            }
            return x
        }
        // No position sees those after it.
        let length = try ids.size(1)
        let future = try Tensor.full([length, length], -1e9, dtype: x.dtype, device: x.device).triu(
            diagonal: 1)
        for index in own.indices {
            x = try own[index](x, nil, mask: future)
            x = try source[index](x, source[index].memory(of: encoded.states), mask: encoded.mask)
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
