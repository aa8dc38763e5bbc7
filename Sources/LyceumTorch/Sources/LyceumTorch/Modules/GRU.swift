/// Layers of gated recurrent units, which read rows position by position: `torch.nn.GRU(batch_first=True)`.
///
/// Each layer and direction is one call of libtorch's fused `aten::gru`. Unlike in PyTorch a state has the rows first,
/// [rows, layers · directions, hidden]: that is how a `DecoderCache` keeps it. Rows of unequal length are not packed;
/// with `lengths`, a reader from both ends reverses each row within its own length.
///
/// Parameters are named as those of `torch.nn.GRU`.
/// Source: Cho et al., "Learning Phrase Representations using RNN Encoder-Decoder" (2014).
public final class GRU: Module {
    private static let names = ["weight_ih", "weight_hh", "bias_ih", "bias_hh"]

    private let hidden: Int
    /// By layer and direction, the parameters in the order that `aten::gru` takes them.
    private let directions: [[[Parameter]]]
    @Part("dropout") private var dropout: Dropout

    /// Makes layers with PyTorch's initial weights.
    ///
    /// - Parameters:
    ///   - inputs: the size of what is read.
    ///   - hidden: the size of one direction's states.
    ///   - layers: at least 1; each reads the states of the one below.
    ///   - bidirectional: whether each layer reads from both ends; `lengths` must then be given.
    ///   - dropout: the share of elements dropped between layers.
    public init(
        _ inputs: Int, _ hidden: Int, layers: Int = 1, bidirectional: Bool = false, dropout: Double = 0
    ) throws {
        self.hidden = hidden
        let count = bidirectional ? 2 : 1
        directions = try (0..<max(1, layers)).map { layer in
            let bound = 1 / Double(max(1, hidden)).squareRoot()
            let shapes = [
                [3 * hidden, layer == 0 ? inputs : count * hidden], [3 * hidden, hidden], [3 * hidden],
                [3 * hidden],
            ]
            return try (0..<count).map { _ in
                try shapes.map { shape in
                    try Parameter(Initializer.uniform(shape, bound: bound), decays: shape.count > 1)
                }
            }
        }
        super.init()
        self.dropout = Dropout(dropout)
        for (layer, both) in directions.enumerated() {
            for (suffix, parameters) in zip(["", "_reverse"], both) {
                for (name, parameter) in zip(Self.names, parameters) {
                    register("\(name)_l\(layer)\(suffix)", parameter)
                }
            }
        }
    }

    /// Reads rows.
    ///
    /// - Parameters:
    ///   - x: [rows, length, inputs].
    ///   - state: what it knows before, [rows, layers · directions, hidden]; zeros unless given.
    ///   - lengths: how many positions of each row are real; all unless given.
    /// - Returns: the states [rows, length, directions · hidden], which beyond a row's length mean nothing; and what
    ///   it knows at the end of each row, [rows, layers · directions, hidden].
    public func callAsFunction(_ x: Tensor, state: Tensor? = nil, lengths: [Int]? = nil) throws -> (
        states: Tensor, last: Tensor
    ) {
        let (rows, width) = (try x.size(0), try x.size(1))
        let padded = try PaddedRows(
            x, lengths: lengths ?? [Int](repeating: width, count: rows), reader: "GRU")
        var states = x
        var last: [Tensor] = []
        for (layer, both) in directions.enumerated() {
            if layer > 0 { states = try dropout(states) }
            let input = states
            let read = try both.enumerated().map { direction, parameters in
                let start =
                    try state.map {
                        try $0.select(dim: 1, index: layer * both.count + direction).unsqueeze(0).contiguous()
                    } ?? Tensor.zeros([1, rows, hidden], dtype: x.dtype, device: x.device)
                let output = try Op.gru(
                    .tensor(direction == 0 ? input : padded.reverse(input)), .tensor(start),
                    .tensors(parameters.map(\.value)), .bool(true), .integer(1), .real(0),
                    .bool(isTraining), .bool(false), .bool(true))
                // In the order in which it was read, the reversed row ends where the forward one does.
                last.append(try padded.last(output))
                return direction == 0 ? output : try padded.reverse(output)
            }
            states = read.count == 1 ? read[0] : try Tensor.cat(read, dim: 2)
        }
        return (states, try Tensor.stack(last, dim: 1))
    }

    private enum Op {
        static let gru = Operator("aten::gru", "input")
    }
}

/// One step of gated recurrent units: `torch.nn.GRUCell`.
public final class GRUCell: Module {
    @Part("weight_ih") private var inputWeight: Parameter
    @Part("weight_hh") private var hiddenWeight: Parameter
    @Part("bias_ih") private var inputBias: Parameter
    @Part("bias_hh") private var hiddenBias: Parameter

    /// Makes a cell with PyTorch's initial weights.
    ///
    /// - Parameters:
    ///   - inputs: the size of what is read.
    ///   - hidden: the size of the state.
    public init(_ inputs: Int, _ hidden: Int) throws {
        super.init()
        let bound = 1 / Double(max(1, hidden)).squareRoot()
        func parameter(_ shape: [Int]) throws -> Parameter {
            try Parameter(Initializer.uniform(shape, bound: bound), decays: shape.count > 1)
        }
        inputWeight = try parameter([3 * hidden, inputs])
        hiddenWeight = try parameter([3 * hidden, hidden])
        inputBias = try parameter([3 * hidden])
        hiddenBias = try parameter([3 * hidden])
    }

    /// Reads `x` [rows, inputs] in the state [rows, hidden]; gives the next state.
    public func callAsFunction(_ x: Tensor, _ state: Tensor) throws -> Tensor {
        try Op.cell(
            .tensor(x), .tensor(state), .tensor(inputWeight.value), .tensor(hiddenWeight.value),
            .tensor(inputBias.value), .tensor(hiddenBias.value))
    }

    private enum Op {
        static let cell = Operator("aten::gru_cell")
    }
}
