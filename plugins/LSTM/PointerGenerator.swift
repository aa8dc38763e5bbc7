// An LSTM that reads a text from both ends, and writes another word by word: with attention to what it read, and with
// a pointer that copies words from there, also such as its vocabulary lacks.
//
// Sources: See, Liu and Manning, "Get To The Point: Summarization with Pointer-Generator Networks" (2017), whose
// equations are numbered below, and their TensorFlow program; Bahdanau, Cho and Bengio, "Neural Machine Translation by
// Jointly Learning to Align and Translate" (2015). Unlike there, the decoder's cell begins with what the encoder's
// states, and not its cells, hold at the ends: libtorch's fused LSTM does not give the cells of padded rows.

import LyceumKit
import LyceumText
import LyceumTorch

/// What the decoder made of some steps, each [rows, steps, …].
struct DecoderSteps {
    /// From which the vocabulary's scores are made.
    let features: Tensor
    /// The score that the word is generated and not copied; nil without a pointer.
    let gate: Tensor?
    /// Where it looked.
    let attention: Tensor
    /// How much of that it had looked at before; nil without coverage.
    let repetition: Tensor?
}

/// The whole network.
final class PointerGenerator: Module, SequenceToSequenceModel {
    static let architecture = "lstm"
    static let transformersClass = ""
    /// `<unk>` is not to be written.
    static let generationDefaults: [String: Value] = ["suppress_tokens": [.integer(unknownID)]]
    private static let unknownID = 2

    let configuration: LSTMConfiguration
    @Part("embedding") private var embedding: Embedding
    @Part("encoder") private var encoder: BidirectionalLSTM
    @Part("start_hidden") private var startHidden: Linear
    @Part("start_cell") private var startCell: Linear
    @Part("decoder") private var decoder: AttentiveLSTM
    @Part("attention") private var attention: AdditiveAttention
    @Part("gate") private var gate: Linear?
    @Part("output") private var output: Linear
    @Part("head") private var head: Linear?
    @Part("head.bias") private var bias: Parameter?
    @Part("dropout") private var dropout: Dropout

    init(_ configuration: LSTMConfiguration) throws {
        self.configuration = configuration
        super.init()
        let (size, hidden) = (configuration.embeddingSize, configuration.hiddenSize)
        let vocabulary = configuration.vocabularySize
        embedding = try Embedding(weight: Initializer.normal([vocabulary, size], deviation: 0.1))
        encoder = try BidirectionalLSTM(
            inputs: size, hidden: hidden, layers: configuration.layers, dropout: configuration.dropoutRate)
        startHidden = try Linear(2 * hidden, hidden)
        startCell = try Linear(2 * hidden, hidden)
        decoder = try AttentiveLSTM(inputs: size, width: 2 * hidden, hidden: hidden)
        attention = try AdditiveAttention(
            source: 2 * hidden, state: 2 * hidden, size: configuration.attentionSize,
            coverage: configuration.hasCoverage)
        gate = configuration.hasPointer ? try Linear(4 * hidden + size, 1) : nil
        output = try Linear(3 * hidden, configuration.featureSize)
        head = configuration.tiesEmbeddings ? nil : try Linear(configuration.featureSize, vocabulary)
        bias = configuration.tiesEmbeddings ? try Parameter(.zeros([vocabulary]), decays: false) : nil
        dropout = Dropout(configuration.dropoutRate)
    }

    var decoderLayerCount: Int { 1 }
    var padID: Int { 0 }
    var eosID: Int { 1 }
    var decoderStartID: Int { 0 }
    var copies: Bool { configuration.hasPointer }

    // MARK: Reading and writing

    func encode(_ source: TokenBatch) throws -> EncodedSource {
        let (states, last) = try encoder(embed(source.ids), lengths: source.lengths)
        return EncodedSource(
            states: states, mask: try source.paddingMask(dtype: .float32), copyingFrom: source,
            vocabulary: configuration.vocabularySize,
            start: [try startHidden(last).tanh(), try startCell(last).tanh()])
    }

    func decode(_ tokens: Tensor, source: EncodedSource, cache: DecoderCache?) throws -> Tensor {
        let steps = try write(tokens, source: source, cache: cache)
        guard let gate = steps.gate else { return steps.features }
        return try CopyStates.join(steps.features, gate: gate, attention: steps.attention)
    }

    func logits(_ states: Tensor) throws -> Tensor {
        let features = try states.narrow(dim: 1, start: 0, length: configuration.featureSize)
            .to(embedding.weight.value.dtype)
        return try head?(features) ?? features.linear(embedding.weight.value, bias?.value)
    }

    /// Reads `tokens` [rows, steps] one after the other.
    private func write(_ tokens: Tensor, source: EncodedSource, cache: DecoderCache?) throws -> DecoderSteps {
        let memory = try cache?.layers.first?.crossAttention ?? (attention.keys(source.states), source.states)
        if cache?.layers.isEmpty == false { cache?.layers[0].crossAttention = memory }
        let hidden = configuration.hiddenSize
        // Equations (1) to (3), (10) and (11); what the cell reads includes the context of the step before.
        let steps = try decoder(
            embed(tokens), from: start(source, rows: tokens.size(0), cache), attention: attention,
            source: AttentionSource(
                keys: memory.keys, values: memory.values,
                mask: source.mask?.view(-1, source.states.size(1)).to(.float32)))
        let last = steps.last
        cache?.recurrent = [last.hidden, last.cell, last.context, last.covered]
        let gate = try gate.map { gate in
            let context = try steps.states.narrow(
                dim: 2, start: hidden, length: steps.states.size(2) - hidden)
            let state = try steps.states.narrow(dim: 2, start: 0, length: hidden)
            return try gate(
                Tensor.cat([context, steps.cells.to(state.dtype), state, steps.read], dim: 2))  // (8)
        }
        return DecoderSteps(
            features: try dropout(output(steps.states)), gate: gate, attention: steps.attention,
            repetition: configuration.hasCoverage
                ? try steps.attention.minimum(steps.covered).sum(dim: 2) : nil)  // (12)
    }

    /// What is carried on from the word before, or, before the first, what the encoder leaves.
    private func start(_ source: EncodedSource, rows: Int, _ cache: DecoderCache?) throws -> AttentiveState {
        if let carried = cache?.recurrent, carried.count == 4 {
            return AttentiveState(
                hidden: carried[0], cell: carried[1], context: carried[2], covered: carried[3])
        }
        let (sources, length) = (try source.states.size(0), try source.states.size(1))
        let begun = try source.start.map { try $0.repeatInterleave(rows / max(1, sources), dim: 0) }
        let (dtype, device) = (source.states.dtype, source.states.device)
        return AttentiveState(
            hidden: begun[0], cell: try begun[1].to(.float32),
            context: try .zeros([rows, 2 * configuration.hiddenSize], dtype: dtype, device: device),
            covered: try .zeros([rows, length], device: device))
    }

    private func embed(_ ids: Tensor) throws -> Tensor { try dropout(embed(ids, embedding)) }

    // MARK: Learning

    /// The negative log-likelihood of the labels, and with coverage the repetition of attention (13). Label smoothing
    /// is that of the vocabulary's distribution.
    func backward(
        _ batch: SequenceToSequenceBatch, scale: Double, labelSmoothing: Double
    ) throws -> Double {
        try backward(batch, scale: scale, labelSmoothing: labelSmoothing, limit: ChunkedCrossEntropy.limit)
    }

    /// - Parameter limit: scores held at once.
    func backward(
        _ batch: SequenceToSequenceBatch, scale: Double, labelSmoothing: Double, limit: Int
    ) throws -> Double {
        try ChunkedCrossEntropy.backward(
            states: labelledStates(batch), labels: batch.labels, vocabulary: configuration.vocabularySize,
            scale: scale, limit: limit
        ) {
            try loss($0, $1, smoothing: labelSmoothing, coverageWeight: configuration.coverageWeight)
        }
    }

    func loss(_ batch: SequenceToSequenceBatch) throws -> Double {
        try ChunkedCrossEntropy.sum(
            states: labelledStates(batch), labels: batch.labels, vocabulary: configuration.vocabularySize
        ) {
            try loss($0, $1, smoothing: 0, coverageWeight: 0)
        }
    }

    /// At each label: the features, the gate's score, the attention to places where the source has the label, and the
    /// repetition: [labels, features + 3], as far as there are such.
    private func labelledStates(_ batch: SequenceToSequenceBatch) throws -> Tensor {
        let source = try encode(batch.source)
        let steps = try write(batch.decoderInput, source: source, cache: nil)
        func labelled(_ x: Tensor) throws -> Tensor {
            try x.flatten(endDim: 1).indexSelect(dim: 0, indices: batch.positions).to(.float32)
        }
        var columns = [try labelled(steps.features)]
        if let gate = steps.gate {
            columns.append(try labelled(gate))
            columns.append(try CopyStates.copied(labelled(steps.attention), batch).unsqueeze(1))
        }
        if let repetition = steps.repetition { columns.append(try labelled(repetition.unsqueeze(2))) }
        return try Tensor.cat(columns, dim: 1)
    }

    /// The summed loss of `states` as `labelledStates` gives them.
    private func loss(
        _ states: Tensor, _ labels: Tensor, smoothing: Double, coverageWeight: Double
    ) throws -> Tensor {
        let size = configuration.featureSize
        func column(_ index: Int) throws -> Tensor { try states.select(dim: 1, index: size + index) }
        let scores = try logits(states)
        let (likelihood, mean) =
            configuration.hasPointer
            ? try CopyStates.logLikelihood(scores: scores, labels: labels, gate: column(0), copied: column(1))
            : try scores.labelLikelihood(labels)
        var loss = try -likelihood
        if smoothing > 0 { loss = try loss * (1 - smoothing) - mean * smoothing }
        if configuration.hasCoverage, coverageWeight > 0 {
            loss = try loss + column(configuration.hasPointer ? 2 : 0) * coverageWeight
        }
        return try loss.maskedFill(labels.lt(0), 0).sum()
    }

    // MARK: Vocabulary

    static func makeTokenizer(
        _ texts: some Sequence<String>, configuration: LSTMConfiguration, job: Job
    ) throws -> any Tokenizer {
        let size = configuration.vocabularySize
        switch configuration.vocabulary {
        case .words:
            return try WordTokenizer.train(
                on: texts, vocabularySize: size, lowercase: configuration.lowercase, job: job)
        case .sentencepiece:
            return try SentencePieceTokenizer.train(
                on: texts, vocabularySize: size, limit: .atMost, job: job)
        }
    }
}
