/// A long short-term memory that reads padded rows from both ends.
///
/// Each direction is one call of libtorch's fused `aten::lstm` (oneDNN on the CPU, cuDNN on CUDA). Rows of unequal
/// length are not packed: reversed within its own length, a row has its padding behind it in both directions, where it
/// reaches no real state. That is three times as fast on a CPU, since the packed operator is not fused there.
///
/// Parameters are named as those of `torch.nn.LSTM(bidirectional=True)`.
/// Sources: Hochreiter and Schmidhuber, "Long Short-Term Memory" (1997); Schuster and Paliwal, "Bidirectional
/// Recurrent Neural Networks" (1997).
public final class BidirectionalLSTM: Module {
    private let hidden: Int
    /// By layer, the parameters of the two directions in the order that `aten::lstm` takes them.
    private let layers: [(forward: [Parameter], reverse: [Parameter])]
    @Part("dropout") private var dropout: Dropout

    /// Makes layers with PyTorch's initial weights.
    ///
    /// - Parameters:
    ///   - inputs: the size of what is read.
    ///   - hidden: the size of one direction's states.
    ///   - layers: at least 1; each reads the states of the one below.
    ///   - dropout: the share of elements dropped between layers.
    public init(inputs: Int, hidden: Int, layers: Int, dropout: Double) throws {
        self.hidden = hidden
        self.layers = try (0..<max(1, layers)).map { layer in
            let size = layer == 0 ? inputs : 2 * hidden
            return (
                try LSTMCell.parameters(inputs: size, hidden: hidden),
                try LSTMCell.parameters(inputs: size, hidden: hidden)
            )
        }
        super.init()
        self.dropout = Dropout(dropout)
        for (index, layer) in self.layers.enumerated() {
            for (name, parameter) in zip(LSTMCell.names, layer.forward) {
                register("\(name)_l\(index)", parameter)
            }
            for (name, parameter) in zip(LSTMCell.names, layer.reverse) {
                register("\(name)_l\(index)_reverse", parameter)
            }
        }
    }

    /// Reads rows.
    ///
    /// - Parameters:
    ///   - x: [rows, length, inputs].
    ///   - lengths: how many positions of each row are real, at least one.
    /// - Returns: the states [rows, length, 2 · hidden], which beyond a row's length mean nothing; and what both
    ///   directions know at their ends, [rows, 2 · hidden].
    public func callAsFunction(_ x: Tensor, lengths: [Int]) throws -> (states: Tensor, last: Tensor) {
        let rows = try x.size(0)
        let padded = try PaddedRows(x, lengths: lengths, reader: "LSTM")
        let zero = try Tensor.zeros([1, rows, hidden], dtype: x.dtype, device: x.device)
        func read(_ x: Tensor, _ parameters: [Parameter]) throws -> Tensor {
            try Op.lstm(
                .tensor(x), .tensors([zero, zero]), .tensors(parameters.map(\.value)), .bool(true),
                .integer(1),
                .real(0), .bool(isTraining), .bool(false), .bool(true))
        }
        var states = x
        var last = x
        for (index, layer) in layers.enumerated() {
            if index > 0 { states = try dropout(states) }
            let forward = try read(states, layer.forward)
            let backward = try read(padded.reverse(states), layer.reverse)
            // In the order in which it was read, the reversed row ends where the forward one does.
            last = try Tensor.cat([padded.last(forward), padded.last(backward)], dim: 1)
            states = try Tensor.cat([forward, padded.reverse(backward)], dim: 2)
        }
        return (states, last)
    }

    private enum Op {
        static let lstm = Operator("aten::lstm", "input")
    }
}
