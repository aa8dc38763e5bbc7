import Testing

@testable import LyceumTorch

@Suite("An LSTM with attention in one operation computes what libtorch's operators compute")
struct AttentiveLSTMTests {
    private func random(_ shape: [Int], _ number: Int) throws -> Tensor {
        try Tensor.normal(shape, key: 17, call: number)
    }

    struct Case: Sendable {
        var steps = 4
        var coverage = false
        var hypotheses = 1
        var isPadded = true
        /// Sizes that are not a multiple of a vector, and that are.
        var inputs = 5
        var hidden = 7
        var size = 19
        var length = 6
        var dtype = DType.float32
        /// The standard deviation of the weights: the larger, the more of an error comes back in the next step.
        var spread = 0.25
    }

    private struct Network {
        let lstm: AttentiveLSTM
        let attention: AdditiveAttention
        var parameters: [(name: String, parameter: Parameter)] {
            lstm.namedParameters() + attention.namedParameters()
        }
    }

    private func network(_ example: Case) throws -> Network {
        let width = 2 * example.hidden
        let made = Network(
            lstm: try AttentiveLSTM(inputs: example.inputs, width: width, hidden: example.hidden),
            attention: try AdditiveAttention(
                source: width, state: width, size: example.size, coverage: example.coverage))
        for (place, (_, parameter)) in made.parameters.enumerated() {
            _ = try noGrad {
                try parameter.tensor.copy_(random(parameter.tensor.shape, 100 + place) * example.spread)
            }
            try parameter.setComputeType(example.dtype)
        }
        return made
    }

    /// All results and all gradients, by name.
    private func run(_ example: Case, fused: Bool) throws -> [(String, Tensor)] {
        let network = try network(example)
        let (sources, rows) = (3, 3 * example.hypotheses)
        let (hidden, length) = (example.hidden, example.length)
        func leaf(_ shape: [Int], _ number: Int, _ dtype: DType) throws -> Tensor {
            try random(shape, number).to(dtype).requiresGrad(true)
        }
        let x = try leaf([rows, example.steps, example.inputs], 1, example.dtype)
        let states = try leaf([sources, length, 2 * hidden], 2, example.dtype)
        let start = try [
            leaf([rows, hidden], 3, example.dtype), leaf([rows, hidden], 4, .float32),
            leaf([rows, 2 * hidden], 5, example.dtype),
        ]
        let covered = try random([rows, length], 6).abs().requiresGrad(example.coverage)
        var blocked = [Float](repeating: 0, count: sources * length)
        blocked[length - 1] = TokenBatch.blocked
        blocked[2 * length - 2] = TokenBatch.blocked
        blocked[2 * length - 1] = TokenBatch.blocked
        let source = AttentionSource(
            keys: try network.attention.keys(states), values: states,
            mask: example.isPadded ? try Tensor(blocked, shape: [sources, length]) : nil)
        let state = AttentiveState(hidden: start[0], cell: start[1], context: start[2], covered: covered)
        let steps =
            try
            (fused
            ? network.lstm.fused(x, state, network.attention, source)
            : network.lstm.composed(x, state, network.attention, source))
        let results = [
            ("states", steps.states), ("cells", steps.cells), ("attention", steps.attention),
            ("covered", steps.covered), ("read", steps.read), ("last hidden", steps.last.hidden),
            ("last cell", steps.last.cell), ("last context", steps.last.context),
            ("last covered", steps.last.covered),
        ]
        var loss = try Tensor.zeros([])
        for (place, (_, result)) in results.enumerated() {
            loss = try loss + (result.to(.float32) * random(result.shape, 50 + place)).sum()
        }
        try loss.backward()
        let leaves =
            [("x", x), ("source", states), ("hidden", start[0]), ("cell", start[1]), ("context", start[2])]
            + (example.coverage ? [("covered", covered)] : [])
        return try results.map { ($0.0, try $0.1.detach()) }
            + leaves.map { ("gradient of \($0.0)", try #require(try $0.1.grad)) }
            + network.parameters.map {
                ("gradient of \($0.name)", try #require(try $0.parameter.tensor.grad))
            }
    }

    @Test(arguments: [
        Case(), Case(coverage: true), Case(steps: 1), Case(steps: 1, coverage: true), Case(hypotheses: 2),
        Case(coverage: true, hypotheses: 3, isPadded: false),
        Case(steps: 9, inputs: 16, hidden: 32, size: 48, length: 40),
        Case(steps: 9, coverage: true, inputs: 16, hidden: 32, size: 50, length: 40),
    ])
    func float32(_ example: Case) throws {
        let (fused, composed) = (try run(example, fused: true), try run(example, fused: false))
        #expect(fused.count == composed.count)
        for (a, b) in zip(fused, composed) {
            try expectClose(a.1, b.1, a.0, absolute: 5e-5 * max(1, b.1.abs().max().item()), relative: 1e-4)
        }
    }

    /// How far what the operation computes, and what libtorch's operators compute, lies from the latter in the type `exact`:
    /// each result's relative error.
    private func errors(_ example: Case, against exact: DType) throws -> [(
        name: String, own: Double, other: Double
    )] {
        var exactly = example
        exactly.dtype = exact
        let fused = try run(example, fused: true)
        let (composed, plain) = (try run(example, fused: false), try run(exactly, fused: false))
        return try fused.indices.map { index in
            let expected = try plain[index].1.to(exact)
            func error(_ x: Tensor) throws -> Double {
                try (x.to(exact) - expected).norm().item() / max(1e-6, expected.norm().item())
            }
            return (fused[index].0, try error(fused[index].1), try error(composed[index].1))
        }
    }

    /// With large weights, where errors grow from step to step, it lies as close to float64 as what libtorch's operators
    /// compute in float32.
    @Test(arguments: [false, true]) func largeWeights(_ coverage: Bool) throws {
        var example = Case(steps: 9, coverage: coverage, inputs: 16, hidden: 32, size: 50, length: 40)
        example.spread = 0.4
        for (name, own, other) in try errors(example, against: .float64) {
            #expect(own < 3 * other + 1e-6, "\(name): \(own), libtorch's \(other)")
        }
    }

    /// In brain floats it lies as close to float32 as what libtorch's operators compute in them.
    @Test(arguments: [Case(steps: 6, dtype: .bfloat16), Case(steps: 6, coverage: true, dtype: .bfloat16)])
    func brainFloats(_ example: Case) throws {
        for (name, own, other) in try errors(example, against: .float32) {
            #expect(own < 2 * other + 0.01, "\(name): \(own), libtorch's \(other)")
        }
    }

    @Test func refusesWhatDoesNotFit() throws {
        let network = try network(Case())
        let x = try Tensor.zeros([3, 2, 5])
        let state = AttentiveState(
            hidden: try .zeros([3, 7]), cell: try .zeros([3, 7]), context: try .zeros([3, 14]),
            covered: try .zeros([3, 6]))
        #expect(throws: TorchError.self) {
            try network.lstm(
                x, from: state, attention: network.attention,
                source: AttentionSource(keys: .zeros([2, 6, 19]), values: .zeros([2, 6, 14]), mask: nil))
        }
        #expect(throws: TorchError.self) {
            try network.lstm(
                x, from: state, attention: network.attention,
                source: AttentionSource(keys: .zeros([3, 6, 19]), values: .zeros([3, 5, 14]), mask: nil))
        }
    }
}

@Suite("The likelihood of labels") struct LabelLikelihoodTests {
    @Test(arguments: [DType.float32, .bfloat16], [1, 7, 48, 1000])
    func isTheLogSoftmax(_ dtype: DType, width: Int) throws {
        let labels = try Tensor([0, width - 1, -100, width / 2, -1])
        func run(_ likelihood: (Tensor) throws -> (label: Tensor, mean: Tensor)) throws -> [Tensor] {
            let scores = try (Tensor.normal([5, width], key: 3, call: width) * 4).to(dtype).requiresGrad(true)
            let (label, mean) = try likelihood(scores)
            let weights = try Tensor([1, -2, 3, 0.5, 4] as [Float])
            try (label * weights + mean * weights.flip([0])).sum().backward()
            return [try label.detach(), try mean.detach(), try #require(try scores.grad)]
        }
        let own = try run { try $0.labelLikelihood(labels) }
        let plain = try run { scores in
            let all = try scores.to(.float32).logSoftmax(dim: 1)
            let label = try all.gather(dim: 1, indices: labels.clamp(min: 0).unsqueeze(1)).squeeze(1)
            return (try label.maskedFill(labels.lt(0), 0), try all.mean(dim: 1))
        }
        for (a, b) in zip(own, plain) {
            try expectClose(a, b, absolute: dtype == .float32 || a.rank == 1 ? 1e-5 : 1e-2, relative: 1e-5)
        }
    }

    @Test func aLabelBeyondTheScoresIsAnError() throws {
        let scores = try Tensor.zeros([2, 3])
        #expect(throws: TorchError.self) { try scores.labelLikelihood(Tensor([0, 3])) }
        #expect(throws: TorchError.self) { try scores.labelLikelihood(Tensor([0])) }
    }
}
