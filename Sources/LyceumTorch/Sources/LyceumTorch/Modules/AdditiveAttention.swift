/// Where in a source a state looks, by comparing it with all positions: energy · tanh(memory + query + coverage).
///
/// Parameters: `memory`, `query`, `energy` and, with coverage, `coverage`, each a `Linear`.
/// Sources: Bahdanau, Cho and Bengio, "Neural Machine Translation by Jointly Learning to Align and Translate" (2015);
/// See, Liu and Manning, "Get To The Point: Summarization with Pointer-Generator Networks" (2017) for the coverage.
public final class AdditiveAttention: Module {
    @Part("memory") private var memory: Linear
    @Part("query") private(set) var query: Linear
    @Part("energy") private(set) var energy: Linear
    @Part("coverage") private(set) var coverage: Linear?

    /// Makes attention with PyTorch's initial weights.
    ///
    /// - Parameters:
    ///   - source: the size of a source's states.
    ///   - state: the size of what looks.
    ///   - size: that in which both are compared.
    ///   - coverage: whether it knows where it looked before.
    public init(source: Int, state: Int, size: Int, coverage: Bool = false) throws {
        super.init()
        memory = try Linear(source, size, bias: false)
        query = try Linear(state, size)
        energy = try Linear(size, 1, bias: false)
        self.coverage = coverage ? try Linear(1, size, bias: false) : nil
    }

    /// What is compared with the queries, [sources, length, size]: the same at each step.
    public func keys(_ states: Tensor) throws -> Tensor { try memory(states) }

    /// The distribution over the source's positions of each row's state.
    ///
    /// - Parameters:
    ///   - state: [rows, size of a state]; rows are hypotheses, source by source.
    ///   - keys: what `keys` gave, [sources, length, size].
    ///   - mask: added to the scores, [sources, length], float32, if there is padding.
    ///   - covered: the sum of the distributions so far, [rows, length], for attention that knows it.
    /// - Returns: [rows, length], float32.
    public func callAsFunction(
        _ state: Tensor, keys: Tensor, mask: Tensor?, covered: Tensor?
    ) throws -> Tensor {
        let (sources, length, size) = (try keys.size(0), try keys.size(1), try keys.size(2))
        // For all hypotheses of a source at once.
        var features = try keys.unsqueeze(1) + query(state).view(sources, -1, 1, size)
        if let coverage, let covered {
            features = try features + coverage(covered.view(sources, -1, length, 1).to(keys.dtype))
        }
        var scores = try energy(features.tanh()).squeeze(-1).to(.float32)  // [sources, hypotheses, length]
        if let mask { scores = try scores + mask.unsqueeze(1) }
        return try scores.softmax(dim: -1).view(-1, length)
    }

    /// Whether its weights are numbers, not eight bits.
    var isPlain: Bool { [query, energy, coverage].allSatisfy { $0?.weight.quantised == nil } }
}
