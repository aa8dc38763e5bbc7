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

/// Where in the source the decoder looks: a distribution over its positions.
final class AdditiveAttention: Module {
    @Part("memory") private var memory: Linear
    @Part("query") private var query: Linear
    @Part("energy") private var energy: Linear
    @Part("coverage") private var coverage: Linear?

    init(_ configuration: LSTMConfiguration) throws {
        super.init()
        let (hidden, size) = (configuration.hiddenSize, configuration.attentionSize)
        memory = try Linear.initial(2 * hidden, size, bias: false)
        query = try Linear.initial(2 * hidden, size)
        energy = try Linear.initial(size, 1, bias: false)
        coverage = configuration.hasCoverage ? try Linear.initial(1, size, bias: false) : nil
    }

    /// What is compared with the queries, [sources, length, size]: the same at each step.
    func keys(_ states: Tensor) throws -> Tensor { try memory(states) }

    /// - Parameters:
    ///   - state: the decoder's, [rows, 2 · hidden].
    ///   - keys: [sources, length, size]; rows are hypotheses, source by source.
    ///   - mask: [sources, 1, 1, length], if there is padding.
    ///   - covered: the sum of the distributions so far, [rows, length], for attention that knows it.
    /// - Returns: [rows, length], float32.
    func callAsFunction(_ state: Tensor, keys: Tensor, mask: Tensor?, covered: Tensor?) throws -> Tensor {
        let (sources, length, size) = (try keys.size(0), try keys.size(1), try keys.size(2))
        // (1) and (11): vᵀ tanh(W_h h_i + W_s s_t + w_c c_i + b), for all hypotheses of a source at once.
        var features = try keys.unsqueeze(1) + query(state).view(sources, -1, 1, size)
        if let coverage, let covered {
            features = try features + coverage(covered.view(sources, -1, length, 1).to(keys.dtype))
        }
        var scores = try energy(features.tanh()).squeeze(-1).to(.float32)  // [sources, hypotheses, length]
        if let mask { scores = try scores + mask.squeeze(1).to(.float32) }
        return try scores.softmax(dim: -1).view(-1, length)  // (2)
    }
}

/// What the decoder made of some steps, each [rows, steps, …].
struct DecoderSteps {
    /// From which the vocabulary's scores are made.
    var features: [Tensor] = []
    /// The score that the word is generated and not copied; empty without a pointer.
    var gates: [Tensor] = []
    /// Where it looked.
    var attention: [Tensor] = []
    /// How much of that it had looked at before; empty without coverage.
    var repetition: [Tensor] = []
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
    @Part("decoder.input") private var input: Linear
    @Part("decoder.cell") private var cell: LSTMCell
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
        startHidden = try Linear.initial(2 * hidden, hidden)
        startCell = try Linear.initial(2 * hidden, hidden)
        input = try Linear.initial(size + 2 * hidden, size)
        cell = try LSTMCell(inputs: size, hidden: hidden)
        attention = try AdditiveAttention(configuration)
        gate = configuration.hasPointer ? try Linear.initial(4 * hidden + size, 1) : nil
        output = try Linear.initial(3 * hidden, configuration.featureSize)
        head = configuration.tiesEmbeddings ? nil : try Linear.initial(configuration.featureSize, vocabulary)
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
        let features = try Tensor.stack(steps.features, dim: 1)
        guard configuration.hasPointer else { return features }
        return try CopyStates.join(
            features, gate: Tensor.stack(steps.gates, dim: 1),
            attention: Tensor.stack(steps.attention, dim: 1))
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
        let embedded = try embed(tokens)
        var carried = cache?.recurrent ?? []
        if carried.isEmpty { carried = try start(source, rows: tokens.size(0)) }
        var (hidden, cellState, context, covered) = (carried[0], carried[1], carried[2], carried[3])
        let sources = try source.states.size(0)
        var steps = DecoderSteps()
        for step in 0..<(try tokens.size(1)) {
            let x = try input(Tensor.cat([embedded.select(dim: 1, index: step), context], dim: 1))
            (hidden, cellState) = try cell(x, hidden: hidden, cell: cellState)
            let state = try Tensor.cat([cellState, hidden], dim: 1)
            let weights = try attention(state, keys: memory.keys, mask: source.mask, covered: covered)
            // (3): [sources, hypotheses, length] · [sources, length, 2 hidden]
            context = try weights.view(sources, -1, weights.size(1)).to(x.dtype).matmul(memory.values)
                .view(x.size(0), -1)
            steps.features.append(try dropout(output(Tensor.cat([hidden, context], dim: 1))))
            steps.attention.append(weights)
            if let gate { steps.gates.append(try gate(Tensor.cat([context, state, x], dim: 1))) }  // (8)
            if configuration.hasCoverage {
                steps.repetition.append(try weights.minimum(covered).sum(dim: 1))  // (12)
                covered = try covered + weights  // (10)
            }
        }
        cache?.recurrent = [hidden, cellState, context, covered]
        return steps
    }

    /// Hidden state, cell, context and coverage before the first word.
    private func start(_ source: EncodedSource, rows: Int) throws -> [Tensor] {
        let (sources, length) = (try source.states.size(0), try source.states.size(1))
        let begun = try source.start.map { try $0.repeatInterleave(rows / max(1, sources), dim: 0) }
        let (dtype, device) = (source.states.dtype, source.states.device)
        return begun + [
            try Tensor.zeros([rows, 2 * configuration.hiddenSize], dtype: dtype, device: device),
            try Tensor.zeros([rows, length], device: device),
        ]
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
        func labelled(_ parts: [Tensor]) throws -> Tensor {
            try Tensor.stack(parts, dim: 1).flatten(endDim: 1)
                .indexSelect(dim: 0, indices: batch.positions).to(.float32)
        }
        var columns = [try labelled(steps.features)]
        if configuration.hasPointer {
            columns.append(try labelled(steps.gates))
            columns.append(try CopyStates.copied(labelled(steps.attention), batch).unsqueeze(1))
        }
        if configuration.hasCoverage {
            columns.append(try labelled(steps.repetition.map { try $0.unsqueeze(1) }))
        }
        return try Tensor.cat(columns, dim: 1)
    }

    /// The summed loss of `states` as `labelledStates` gives them.
    private func loss(
        _ states: Tensor, _ labels: Tensor, smoothing: Double, coverageWeight: Double
    ) throws -> Tensor {
        let size = configuration.featureSize
        func column(_ index: Int) throws -> Tensor { try states.select(dim: 1, index: size + index) }
        let isLabel = try labels.ge(0)
        let logProbabilities = try logits(states).to(.float32).logSoftmax(dim: 1)
        let likelihood =
            configuration.hasPointer
            ? try CopyStates.logLikelihood(
                logProbabilities, labels: labels, gate: column(0), copied: column(1))
            : try logProbabilities.gather(dim: 1, indices: labels.clamp(min: 0).unsqueeze(1)).squeeze(1)
        var loss = try likelihood * -1
        if smoothing > 0 {
            loss = try loss * (1 - smoothing) - logProbabilities.mean(dim: 1) * smoothing
        }
        if configuration.hasCoverage, coverageWeight > 0 {
            loss = try loss + column(configuration.hasPointer ? 2 : 0) * coverageWeight
        }
        return try loss.maskedFill(isLabel.logicalNot(), 0).sum()
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

extension Linear {
    /// A layer with PyTorch's initial weights.
    fileprivate static func initial(_ inputs: Int, _ outputs: Int, bias: Bool = true) throws -> Linear {
        let bound = 1 / Double(inputs).squareRoot()
        return try Linear(
            weight: Initializer.uniform([outputs, inputs], bound: bound),
            bias: bias ? Initializer.uniform([outputs], bound: bound) : nil)
    }
}
