// A GRU that reads the source from both ends, and one that writes while it attends to what was read; it can copy words.
// The rest comes from `SequenceToSequenceStudent`.
// Sources: Cho et al. (2014) for the units; Luong et al., "Effective Approaches to Attention-based Neural Machine
// Translation" (2015), for the attention; See et al. (2017) for copying.
import LyceumKit
import LyceumText
import LyceumTorch

/// The options of `student.new("template", { … })`, and what config.json keeps.
struct RecurrentConfiguration: SequenceToSequenceConfiguration {
    @Setting("vocab_size", in: 16...1_000_000, unit: "words", "maximum vocabulary size, learned in training")
    var vocabularySize = 8000
    @Setting("hidden_size", in: 1...4096, "size of the states") var size = 128
    @Setting("dropout_rate", in: 0...0.9, "dropout rate") var dropoutRate = 0.1
    @Setting("copies", "whether words can be copied from the source") var copies = true
}

/// The network.
final class Recurrent: Module, SequenceToSequenceModel {
    static let architecture = "template"
    let configuration: RecurrentConfiguration
    @Part("tokens") private var tokens: Embedding
    @Part("encoder") private var encoder: GRU
    @Part("bridge") private var bridge: Linear
    @Part("decoder") private var cell: GRUCell
    @Part("memory") private var memory: Linear
    @Part("mix") private var mix: Linear
    @Part("head") private var head: Linear
    @Part("gate") private var gate: Linear?
    @Part("dropout") private var dropout: Dropout

    init(_ configuration: RecurrentConfiguration) throws {
        self.configuration = configuration
        super.init()
        let size = configuration.size
        tokens = try Embedding(configuration.vocabularySize, size, deviation: 0.1)
        encoder = try GRU(size, size, bidirectional: true)
        bridge = try Linear(2 * size, size)
        cell = try GRUCell(size, size)
        memory = try Linear(2 * size, size, bias: false)
        mix = try Linear(2 * size, size)
        head = try Linear(size, configuration.vocabularySize)
        gate = configuration.copies ? try Linear(size, 1) : nil
        dropout = Dropout(configuration.dropoutRate)
    }

    /// Nothing is kept by layers: what goes from token to token is in `cache.recurrent`.
    var decoderLayerCount: Int { 0 }
    var copies: Bool { configuration.copies }

    func encode(_ batch: TokenBatch) throws -> EncodedSource {
        // Words outside the vocabulary have ids above it, for copying; `embed` reads them as unknown.
        let x = try dropout(embed(batch.ids, tokens))
        let (states, last) = try encoder(x, lengths: batch.lengths)
        let start = try bridge(last.flatten(startDim: 1)).tanh()  // [rows, size]
        return EncodedSource(
            states: try memory(states), mask: try batch.paddingMask(dtype: .float32), copyingFrom: batch,
            vocabulary: configuration.vocabularySize, start: [start])
    }

    func decode(_ ids: Tensor, source: EncodedSource, cache: DecoderCache?) throws -> Tensor {
        let (rows, sources) = (try ids.size(0), try source.states.size(0))
        // Before the first token each hypothesis begins where its source ended: rows come source by source.
        var state = try cache?.recurrent.first ?? source.start[0].repeatInterleave(rows / sources, dim: 0)
        let x = try dropout(embed(ids, tokens))
        var steps: [Tensor] = []
        for step in 0..<(try ids.size(1)) {
            state = try cell(x[.all, step], state)
            // [sources, hypotheses, size] · [sources, size, length]
            var scores = try state.reshape(sources, rows / sources, -1).bmm(source.states.transpose(1, 2))
                .to(.float32)
            if let mask = source.mask { scores = try scores + mask.squeeze(1) }
            let weights = try scores.softmax(dim: -1)
            let context = try weights.to(x.dtype).bmm(source.states).reshape(rows, -1)
            let mixed = try mix(Tensor.cat([state, context], dim: 1)).tanh()
            steps.append(try states(mixed, weights.reshape(rows, -1)))
        }
        cache?.recurrent = [state]
        return try Tensor.stack(steps, dim: 1)
    }

    /// What `logits` and the copying need of one step, side by side: [rows, size], or with the attention to the
    /// source and the gate behind it.
    private func states(_ mixed: Tensor, _ weights: Tensor) throws -> Tensor {
        guard let gate else { return mixed }
        return try CopyStates.join(mixed, gate: gate(mixed), attention: weights)
    }

    func logits(_ states: Tensor) throws -> Tensor { try head(dropout(states)) }

    static func makeTokenizer(_ texts: some Sequence<String>, size: Int, job: Job) throws -> any Tokenizer {
        try WordTokenizer.train(on: texts, vocabularySize: size, lowercase: true, job: job)
    }
}

extension Recurrent {
    /// How students of this architecture are made, trained and loaded.
    static var registration: StudentArchitecture {
        SequenceToSequenceStudent<Recurrent>.registration(
            modelTypes: ["template"], summary: "a GRU that attends to its source and copies from it",
            learningRate: 2e-3,
            // What makes it small enough to be tried in a second.
            trial: ["hidden_size": 16])
    }
}
