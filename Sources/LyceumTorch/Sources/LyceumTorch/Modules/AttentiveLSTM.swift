internal import CTorch

/// What an `AttentiveLSTM` looks at.
public struct AttentionSource {
    /// [sources, length, size]; see `AdditiveAttention.keys`.
    public let keys: Tensor
    /// What is seen at each position, [sources, length, width].
    public let values: Tensor
    /// Added to the scores, [sources, length], float32; nil without padding.
    public let mask: Tensor?

    /// Holds what is looked at.
    public init(keys: Tensor, values: Tensor, mask: Tensor?) {
        (self.keys, self.values, self.mask) = (keys, values, mask)
    }
}

/// What an `AttentiveLSTM` carries from step to step.
public struct AttentiveState {
    /// [rows, hidden].
    public let hidden: Tensor
    /// [rows, hidden], float32.
    public let cell: Tensor
    /// What it saw last, [rows, width].
    public let context: Tensor
    /// How much it has looked at each position so far, [rows, length], float32.
    public let covered: Tensor

    /// Holds a state.
    public init(hidden: Tensor, cell: Tensor, context: Tensor, covered: Tensor) {
        (self.hidden, self.cell, self.context, self.covered) = (hidden, cell, context, covered)
    }
}

/// What became of some steps of an `AttentiveLSTM`.
public struct AttentiveSteps {
    /// Hidden state and context after each step, side by side: [rows, steps, hidden + width].
    public let states: Tensor
    /// [rows, steps, hidden], float32.
    public let cells: Tensor
    /// Where each step looked, [rows, steps, length], float32.
    public let attention: Tensor
    /// Where all steps before had looked, [rows, steps, length], float32.
    public let covered: Tensor
    /// What the cell read at each step, [rows, steps, inputs].
    public let read: Tensor
    /// The state after the last step.
    public let last: AttentiveState
}

/// An LSTM that looks at a source at each step, and reads what it saw at the next one together with its input.
///
/// On the CPU all steps are one operation, forward and backward, which keeps little (see AttentiveLSTM.cpp); elsewhere, and
/// with weights in eight bits, they are composed of libtorch's operators. Parameters: `input`, a `Linear` of input and
/// context, and `cell`.
/// Sources: those of `AdditiveAttention`.
public final class AttentiveLSTM: Module {
    private let hidden: Int
    private let inputs: Int
    @Part("input") private var input: Linear
    @Part("cell") private var cell: LSTMCell

    /// Makes layers with PyTorch's initial weights.
    ///
    /// - Parameters:
    ///   - inputs: the size of what is read.
    ///   - width: that of what is seen in the source.
    ///   - hidden: that of the state.
    public init(inputs: Int, width: Int, hidden: Int) throws {
        self.hidden = hidden
        self.inputs = inputs
        super.init()
        input = try Linear(inputs + width, inputs)
        cell = try LSTMCell(inputs: inputs, hidden: hidden)
    }

    /// Reads a text, one step after the other.
    ///
    /// - Parameters:
    ///   - x: what is read, [rows, steps, inputs].
    ///   - state: where it begins.
    ///   - attention: of a state that is [cell, hidden].
    ///   - source: rows are hypotheses, source by source.
    public func callAsFunction(
        _ x: Tensor, from state: AttentiveState, attention: AdditiveAttention, source: AttentionSource
    ) throws -> AttentiveSteps {
        try canFuse(x, attention, source)
            ? fused(x, state, attention, source) : composed(x, state, attention, source)
    }

    private func canFuse(_ x: Tensor, _ attention: AdditiveAttention, _ source: AttentionSource) -> Bool {
        x.suitsKernels && x.count > 0 && source.keys.count > 0 && source.keys.dtype == x.dtype
            && source.keys.device == .cpu && attention.isPlain && input.weight.quantised == nil
    }

    /// In one operation.
    func fused(
        _ x: Tensor, _ state: AttentiveState, _ attention: AdditiveAttention, _ source: AttentionSource
    ) throws -> AttentiveSteps {
        let steps = try x.size(1)
        let bias = try cell.inputBias.value + cell.hiddenBias.value
        let (first, recurrent): (Tensor, Tensor)
        if steps == 1 {
            first = try input(Tensor.cat([x, state.context.unsqueeze(1)], dim: 2))
            recurrent = cell.hiddenWeight.value
        } else {
            // input and the cell's own map are linear, so the context's way through both is one map.
            let weight = input.weight.value
            let width = try weight.size(1) - inputs
            first = try x.linear(weight.narrow(dim: 1, start: 0, length: inputs), input.bias?.value)
            recurrent = try Tensor.cat(
                [
                    cell.hiddenWeight.value,
                    cell.inputWeight.value.mm(weight.narrow(dim: 1, start: inputs, length: width)),
                ], dim: 1)
        }
        let results = try Tensor.attentiveLSTM(
            inputs: first.transpose(0, 1).linear(cell.inputWeight.value, bias), recurrent: recurrent,
            state: state, attention: attention, source: source)
        let (states, cells, looked) = (results[0], results[1], results[2])
        let contexts = try states.narrow(dim: 2, start: hidden, length: states.size(2) - hidden)
        let read =
            try
            (steps == 1
            ? first
            : input(Tensor.cat([x, before(contexts, state.context).transpose(0, 1)], dim: 2)))
        let covered = try before(looked.cumsum(dim: 0) + state.covered, state.covered)
        func last(_ x: Tensor) throws -> Tensor { try x.select(dim: 0, index: steps - 1) }
        return AttentiveSteps(
            states: try states.transpose(0, 1), cells: try cells.transpose(0, 1),
            attention: try looked.transpose(0, 1), covered: try covered.transpose(0, 1), read: read,
            last: AttentiveState(
                hidden: try last(states).narrow(dim: 1, start: 0, length: hidden), cell: try last(cells),
                context: try last(contexts), covered: try last(covered) + last(looked)))
    }

    /// By step, what there was before it: `start`, and what came of the steps before.
    private func before(_ x: Tensor, _ start: Tensor) throws -> Tensor {
        let steps = try x.size(0)
        if steps == 1 { return try start.unsqueeze(0) }
        return try Tensor.cat(
            [start.unsqueeze(0), x.narrow(dim: 0, start: 0, length: steps - 1)], dim: 0)
    }

    /// Step by step, in libtorch's operators.
    func composed(
        _ x: Tensor, _ state: AttentiveState, _ attention: AdditiveAttention, _ source: AttentionSource
    ) throws -> AttentiveSteps {
        let sources = try source.values.size(0)
        var (hiddenState, context, covered) = (state.hidden, state.context, state.covered)
        var cellState = try state.cell.to(x.dtype)
        var states: [Tensor] = []
        var cells: [Tensor] = []
        var looked: [Tensor] = []
        var coverages: [Tensor] = []
        var read: [Tensor] = []
        for step in 0..<(try x.size(1)) {
            let y = try input(Tensor.cat([x.select(dim: 1, index: step), context], dim: 1))
            (hiddenState, cellState) = try cell(y, hidden: hiddenState, cell: cellState)
            let weights = try attention(
                Tensor.cat([cellState, hiddenState], dim: 1), keys: source.keys, mask: source.mask,
                covered: covered)
            // [sources, hypotheses, length] · [sources, length, width]
            context = try weights.view(sources, -1, weights.size(1)).to(x.dtype).matmul(source.values)
                .view(x.size(0), -1)
            states.append(try Tensor.cat([hiddenState, context], dim: 1))
            cells.append(try cellState.to(.float32))
            looked.append(weights)
            coverages.append(covered)
            read.append(y)
            covered = try covered + weights
        }
        return AttentiveSteps(
            states: try Tensor.stack(states, dim: 1), cells: try Tensor.stack(cells, dim: 1),
            attention: try Tensor.stack(looked, dim: 1), covered: try Tensor.stack(coverages, dim: 1),
            read: try Tensor.stack(read, dim: 1),
            last: AttentiveState(
                hidden: hiddenState, cell: try cellState.to(.float32), context: context, covered: covered))
    }
}

extension Tensor {
    /// States, cells and attention of all steps; see `ctorch_attentive_lstm`.
    fileprivate static func attentiveLSTM(
        inputs: Tensor, recurrent: Tensor, state: AttentiveState, attention: AdditiveAttention,
        source: AttentionSource
    ) throws -> [Tensor] {
        let first = try Tensor.cat([state.hidden, state.context], dim: 1)
        let (query, energy) = (attention.query.weight.value, try attention.energy.weight.value.flatten())
        let bias = try attention.query.bias?.value ?? query.select(dim: 1, index: 0).zerosLike()
        let coverage = try attention.coverage?.weight.value.flatten()
        var results = [OpaquePointer?](repeating: nil, count: 3)
        let operands = [
            inputs, recurrent, first, state.cell, query, bias, energy, source.keys, source.values,
        ]
        let status = withExtendedLifetime((operands, source, state, coverage)) {
            var network = CTorchAttentiveLSTM(
                inputs: inputs.handle, recurrent: recurrent.handle, state: first.handle,
                cell: state.cell.handle,
                query: query.handle, query_bias: bias.handle, energy: energy.handle, keys: source.keys.handle,
                values: source.values.handle, mask: source.mask?.handle, coverage: coverage?.handle,
                covered: coverage == nil ? nil : state.covered.handle)
            return ctorch_attentive_lstm(&network, &results)
        }
        try TorchError.check(status, "attentiveLSTM", operands)
        let tensors = results.map { handle in handle.map { handle in Result { try Tensor(owning: handle) } } }
        return try tensors.map { tensor in
            guard let tensor else { throw TorchError.last("attentiveLSTM") }
            return try tensor.get()
        }
    }
}
