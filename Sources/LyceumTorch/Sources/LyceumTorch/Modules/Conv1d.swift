/// A convolution over a sequence: `torch.nn.Conv1d`.
public final class Conv1d: Module {
    /// [outputs, inputs / groups, kernel].
    @Part("weight") public private(set) var weight: Parameter
    /// [outputs], if there is one.
    @Part("bias") public private(set) var bias: Parameter?
    private let stride: Int
    private let padding: Int
    private let dilation: Int
    private let groups: Int

    /// Makes a layer with PyTorch's initial weights.
    public init(
        _ inputs: Int, _ outputs: Int, _ kernel: Int, stride: Int = 1, padding: Int = 0, dilation: Int = 1,
        groups: Int = 1, bias: Bool = true
    ) throws {
        guard groups > 0, inputs % groups == 0, outputs % groups == 0 else {
            throw TorchError.invalid(
                "Conv1d: \(groups) groups must divide \(inputs) inputs and \(outputs) outputs")
        }
        (self.stride, self.padding, self.dilation, self.groups) = (stride, padding, dilation, groups)
        super.init()
        let bound = 1 / Double(max(1, inputs / groups * kernel)).squareRoot()
        weight = try Parameter(Initializer.uniform([outputs, inputs / groups, kernel], bound: bound))
        self.bias = bias ? try Parameter(Initializer.uniform([outputs], bound: bound), decays: false) : nil
    }

    /// Maps [rows, inputs, length] to [rows, outputs, new length].
    public func callAsFunction(_ x: Tensor) throws -> Tensor {
        try x.conv1d(
            weight.value, bias?.value, stride: stride, padding: padding, dilation: dilation, groups: groups)
    }
}
