/// One step of a long short-term memory: `torch.nn.LSTMCell`.
public final class LSTMCell: Module {
    /// In the order that libtorch's operators take them.
    static let names = ["weight_ih", "weight_hh", "bias_ih", "bias_hh"]

    private let own: [Parameter]
    /// [4 · hidden, inputs].
    var inputWeight: Parameter { own[0] }
    /// [4 · hidden, hidden].
    var hiddenWeight: Parameter { own[1] }
    /// [4 · hidden].
    var inputBias: Parameter { own[2] }
    /// [4 · hidden].
    var hiddenBias: Parameter { own[3] }

    /// Makes a cell with PyTorch's initial weights.
    ///
    /// - Parameters:
    ///   - inputs: the size of what is read.
    ///   - hidden: the size of the state.
    public init(inputs: Int, hidden: Int) throws {
        own = try Self.parameters(inputs: inputs, hidden: hidden)
        super.init()
        for (name, parameter) in zip(Self.names, own) { register(name, parameter) }
    }

    /// Reads `x` [rows, inputs] in the state (hidden, cell), each [rows, hidden]; gives the next state.
    public func callAsFunction(
        _ x: Tensor, hidden: Tensor, cell: Tensor
    ) throws -> (hidden: Tensor, cell: Tensor) {
        try Op.cell.pair(
            .tensor(x), .tensors([hidden, cell]), .tensor(own[0].value), .tensor(own[1].value),
            .tensor(own[2].value), .tensor(own[3].value))
    }

    /// The weights of the four gates (input, forget, candidate, output), one above the other.
    static func parameters(inputs: Int, hidden: Int) throws -> [Parameter] {
        let bound = 1 / Double(max(1, hidden)).squareRoot()
        let shapes = [[4 * hidden, inputs], [4 * hidden, hidden], [4 * hidden], [4 * hidden]]
        return try shapes.map {
            try Parameter(Initializer.uniform($0, bound: bound), decays: $0.count > 1)
        }
    }

    private enum Op {
        static let cell = Operator("aten::lstm_cell")
    }
}
