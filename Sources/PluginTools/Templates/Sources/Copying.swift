// A transformer that writes words of its own or copies them from the source: options, modules, `encode` and `decode`.
// The rest comes from `SequenceToSequenceStudent`.
// Sources: Vaswani et al., "Attention Is All You Need" (2017), with the norm before each layer; See et al., "Get To The
// Point" (2017), for copying.
import LyceumKit
import LyceumText
import LyceumTorch

/// The options of `student.new("template", { … })`, and what config.json keeps.
struct PointerConfiguration: SequenceToSequenceConfiguration {
    @Setting("vocab_size", in: 16...1_000_000, unit: "words", "maximum vocabulary size, learned in training")
    var vocabularySize = 8000
    @Setting("d_model", in: 1...4096, "size of the hidden states") var size = 128
    @Setting("num_layers", in: 1...100, "layers of the encoder, and of the decoder") var layers = 2
    @Setting("num_heads", in: 1...64, "attention heads; must divide d_model") var heads = 4
    @Setting("dropout_rate", in: 0...0.9, "dropout rate") var dropoutRate = 0.1
    @Setting("copies", "whether words can be copied from the source") var copies = true

    func complete(_ options: Options) throws {
        guard size % heads == 0 else {
            throw $heads.refusal(options, expected: "a divisor of d_model (\(size))")
        }
    }
}

/// Attention to a memory (its own positions, or the source), then a feed-forward network; both add to the states.
final class PointerLayer: Module {
    @Part("norm") private var norms: [LayerNorm]
    @Part("attention") private var attention: MultiheadAttention
    @Part("inner") private var inner: Linear
    @Part("outer") private var outer: Linear
    @Part("dropout") private var dropout: Dropout

    init(_ configuration: PointerConfiguration) throws {
        super.init()
        let size = configuration.size
        norms = [try LayerNorm(size), try LayerNorm(size)]
        attention = try MultiheadAttention(
            size, heads: configuration.heads, dropout: configuration.dropoutRate)
        inner = try Linear(size, 4 * size)
        outer = try Linear(4 * size, size)
        dropout = Dropout(configuration.dropoutRate)
    }

    /// What states of the source are for its attention: the same at each step.
    func memory(of states: Tensor) throws -> (keys: Tensor, values: Tensor) {
        try attention.keysAndValues(states)
    }

    /// [rows, length, size] to the same; without a memory it attends to itself.
    func callAsFunction(_ x: Tensor, _ memory: (keys: Tensor, values: Tensor)?, mask: Tensor?) throws
        -> Tensor
    {
        let normed = try norms[0](x)
        let (keys, values) = try memory ?? attention.keysAndValues(normed)
        let x = try x + dropout(attention(normed, keys: keys, values: values, mask: mask))
        return try x + dropout(outer(inner(norms[1](x)).gelu()))
    }

    /// The same for tokens that follow those in the cache, which keeps what they need of the past; `source` to attend to
    /// that.
    func step(_ x: Tensor, layer: Int, cache: DecoderCache, source: EncodedSource? = nil) throws -> Tensor {
        let normed = try norms[0](x)
        let attended =
            try source.map { try attention.step(normed, layer: layer, cache: cache, source: $0) }
            ?? attention.step(normed, layer: layer, cache: cache)
        let x = try x + attended
        return try outer(inner(norms[1](x), then: .gelu), plus: x)
    }
}

/// The network.
final class PointerTransformer: Module, SequenceToSequenceModel {
    static let architecture = "template"
    let configuration: PointerConfiguration
    @Part("tokens") private var tokens: Embedding
    @Part("positions") private var positions: Embedding
    @Part("encoder") private var encoder: [PointerLayer]
    @Part("own") private var own: [PointerLayer]
    @Part("source") private var source: [PointerLayer]
    @Part("head") private var head: Linear
    @Part("look") private var look: Linear?
    @Part("gate") private var gate: Linear?

    init(_ configuration: PointerConfiguration) throws {
        self.configuration = configuration
        super.init()
        let size = configuration.size
        func layers() throws -> [PointerLayer] {
            try (0..<configuration.layers).map { _ in try PointerLayer(configuration) }
        }
        tokens = try Embedding(configuration.vocabularySize, size, deviation: 0.1)
        positions = try Embedding(512, size, deviation: 0.1)
        (encoder, own, source) = (try layers(), try layers(), try layers())
        head = try Linear(size, configuration.vocabularySize)
        look = configuration.copies ? try Linear(size, size) : nil
        gate = configuration.copies ? try Linear(size, 1) : nil
    }

    var decoderLayerCount: Int { configuration.layers }
    var maxPositions: Int? { 512 }
    var copies: Bool { configuration.copies }
    /// Requests can join and leave a batch at any token, as `lyceum serve` likes it, unless the scores depend on the source.
    var decodesUnevenRows: Bool { !copies }

    /// [rows, length] to [rows, length, size]; each row's positions follow those that it has read.
    private func embed(_ ids: Tensor, after read: [Int] = [0]) throws -> Tensor {
        let length = try ids.size(1)
        let places = try Tensor(read.flatMap { Array($0..<$0 + length) }, shape: [read.count, length])
        // Words that the vocabulary lacks have ids above it, for copying; `embed` reads them as unknown.
        return try embed(ids, tokens) + positions(places.to(ids.device))
    }

    func encode(_ batch: TokenBatch) throws -> EncodedSource {
        var x = try embed(batch.ids)
        let mask = try batch.paddingMask(dtype: x.dtype)
        for layer in encoder { x = try layer(x, nil, mask: mask) }
        return EncodedSource(
            states: x, mask: mask, copyingFrom: batch, vocabulary: configuration.vocabularySize)
    }

    func decode(_ ids: Tensor, source encoded: EncodedSource, cache: DecoderCache?) throws -> Tensor {
        var x = try embed(ids, after: cache?.positions(rows: ids.size(0)) ?? [0])
        if let cache {
            for index in own.indices {
                x = try own[index].step(x, layer: index, cache: cache)
                x = try source[index].step(x, layer: index, cache: cache, source: encoded)
            }
            return try withCopying(x, encoded)
        }
        // No position sees those after it.
        let length = try ids.size(1)
        let future = try Tensor.full([length, length], -1e9, dtype: x.dtype, device: x.device).triu(
            diagonal: 1)
        for index in own.indices {
            x = try own[index](x, nil, mask: future)
            x = try source[index](x, source[index].memory(of: encoded.states), mask: encoded.mask)
        }
        return try withCopying(x, encoded)
    }

    /// The states; next to them, if words can be copied, a gate and where each position looks in the source.
    private func withCopying(_ x: Tensor, _ source: EncodedSource) throws -> Tensor {
        guard let look, let gate else { return x }
        // The hypotheses of a source are so many queries: [sources, hypotheses · length, size].
        let queries = try look(x).view(source.states.size(0), -1, configuration.size)
        var scores = try queries.bmm(source.states.transpose(1, 2)).to(.float32)
        scores = try scores / Double(configuration.size).squareRoot()
        if let mask = source.mask { scores = try scores + mask.squeeze(1) }
        let attention = try scores.softmax(dim: -1).view(x.size(0), x.size(1), -1)
        return try CopyStates.join(x, gate: gate(x), attention: attention)
    }

    func logits(_ states: Tensor) throws -> Tensor { try head(states) }

    /// Words, since only whole words can be copied that the vocabulary lacks.
    static func makeTokenizer(_ texts: some Sequence<String>, size: Int, job: Job) throws -> any Tokenizer {
        try WordTokenizer.train(on: texts, vocabularySize: size, lowercase: true, job: job)
    }
}

extension PointerTransformer {
    /// How students of this architecture are made, trained and loaded.
    static var registration: StudentArchitecture {
        SequenceToSequenceStudent<PointerTransformer>.registration(
            modelTypes: ["template"], summary: "a transformer that copies words from its source",
            learningRate: 1e-3,
            // What makes it small enough to be tried in a second.
            trial: ["d_model": 16, "num_layers": 1])
    }
}
