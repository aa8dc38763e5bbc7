import LyceumKit
import LyceumTorch
import Testing

@Suite("Recurrent and other layers compute what PyTorch computes") struct RecurrentLayerTests {
    /// Runs a layer with the fixture's weights: the loss is half the sum of squares of the output.
    @discardableResult private func check<Layer: Module>(
        _ name: String, _ module: Layer, _ forward: (Layer, Tensor) throws -> Tensor
    ) throws -> Layer {
        let example = try ModuleFixture.read("layers").field(name)
        let weights = try #require(example.field("parameters").object)
        #expect(Set(module.namedParameters().map(\.name)) == Set(weights.keys))
        for (path, parameter) in module.namedParameters() {
            let value = try example.field("parameters").tensor(path)
            _ = try noGrad { try parameter.tensor.copy_(value) }
        }
        let input = try example.tensor("input")
        try input.requiresGrad(true)
        let output = try forward(module, input)
        try expectClose(output, example.tensor("output"), "\(name) output")
        try ((output * output).sum() * 0.5).backward()
        try expectClose(
            #require(try input.grad), example.tensor("inputGradient"), "\(name) input gradient")
        for (path, parameter) in module.namedParameters() {
            try expectClose(
                #require(try parameter.tensor.grad), example.field("gradients").tensor(path),
                "\(name) \(path)")
        }
        return module
    }

    @Test func gru() throws {
        let gru = try check("gru", GRU(4, 6, layers: 2)) { try $0($1).states }
        // Two halves, the second from where the first ended, are the whole.
        let x = try Tensor.randn([3, 5, 4])
        let whole = try gru(x)
        let first = try gru(x.narrow(dim: 1, start: 0, length: 2))
        #expect(first.last.shape == [3, 2, 6])
        let second = try gru(x.narrow(dim: 1, start: 2, length: 3), state: first.last)
        try expectClose(Tensor.cat([first.states, second.states], dim: 1), whole.states)
        try expectClose(second.last, whole.last)
    }

    @Test func gruFromBothEnds() throws {
        let lengths = [5, 2, 4]
        let gru = try GRU(4, 6, layers: 2, bidirectional: true)
        let mask = try Tensor(lengths.flatMap { length in (0..<5).map { Float($0 < length ? 1 : 0) } })
            .view(3, 5, 1)
        try check("gruBothEnds", gru) { try $0($1, lengths: lengths).states * mask }
    }

    @Test func gruCell() throws {
        let cell = try GRUCell(4, 6)
        let zero = try Tensor.zeros([3, 6])
        try check("gruCell", cell) { try $0($1, zero) }
    }

    @Test func convolution() throws {
        try check("conv1d", Conv1d(4, 6, 3, stride: 2, padding: 1, groups: 2)) { try $0($1) }
        #expect(throws: TorchError.self) { try Conv1d(4, 6, 3, groups: 3) }
    }

    @Test func batchNorm() throws {
        let norm = try BatchNorm1d(4)
        norm.train()
        try check("batchNorm", norm) { try $0($1) }
        let example = try ModuleFixture.read("layers").field("batchNorm")
        let buffers = Dictionary(uniqueKeysWithValues: norm.namedBuffers())
        try expectClose(#require(buffers["running_mean"]), example.tensor("mean"))
        try expectClose(#require(buffers["running_var"]), example.tensor("variance"))
        norm.eval()
        let x = try Tensor.randn([2, 4, 3])
        #expect(try norm(x).shape == [2, 4, 3])
    }

    @Test func attention() throws {
        let attention = try check("attention", MultiheadAttention(4, heads: 2)) { try $0($1) }
        // One source serves two hypotheses.
        let (source, hypotheses) = (try Tensor.randn([1, 3, 4]), try Tensor.randn([2, 1, 4]))
        let memory = try attention.keysAndValues(source)
        let both = try attention(hypotheses, keys: memory.keys, values: memory.values)
        let second = try attention(hypotheses[1..<2], keys: memory.keys, values: memory.values)
        try expectClose(both[1..<2], second)
        #expect(throws: TorchError.self) { try MultiheadAttention(4, heads: 3) }
    }

    @Test func modulesInARow() throws {
        let row = Sequential(try Linear(2, 3), Apply { try $0.relu() }, Dropout(0.5), try Linear(3, 1))
        #expect(row.namedParameters().map(\.name) == ["0.weight", "0.bias", "3.weight", "3.bias"])
        #expect(try row(.ones([4, 2])).shape == [4, 1] && row.wiringFaults().isEmpty)
        let list = ModuleList([try Linear(2, 2), try Linear(2, 2)])
        #expect(list.namedParameters().map(\.name).first == "0.weight" && list.count == 2)
        #expect(list.wiringFaults().isEmpty)
    }
}
